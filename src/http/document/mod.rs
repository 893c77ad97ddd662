//! The document guard: measures what a document asks for before the framework processes it.
//!
//! The order matters. [`tokens`] scans the text without a stack or a tree, so a text that is too large or too deep
//! never reaches the parser. [`shape`] and [`cost`] then walk the parsed document once per fragment, regardless of the
//! number of its uses: the framework's own checks walk a fragment at every use, and 900 bytes of doubling fragments
//! would occupy a core for seconds. The guard's time is linear in the length of the text.

mod arguments;
mod cost;
mod inputs;
mod operation;
mod parsed;
mod registration;
mod shape;
mod subscription;
mod tokens;
mod typename;
mod types;
mod variables;
mod visible;

use async_graphql::{
    Pos, Variables,
    parser::{
        self,
        types::{ExecutableDocument, OperationDefinition},
    },
};

use crate::{
    config::DocumentLimits,
    error::{Error, Problem, Result},
};

use self::{
    arguments::ArgumentLimits, inputs::Inputs, parsed::ParsedDocuments, types::Types,
    visible::VisibleFields,
};
pub(crate) use self::{
    cost::{CostExcess, OperationCost},
    operation::select,
    registration::RegistrationCheck,
};

/// The reason for refusing a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Violation {
    /// The document asks for more than is allowed.
    TooComplex(String),
    /// The document asks for more items than is allowed.
    TooCostly(CostExcess),
    /// The document does not parse.
    Syntax(String, Vec<Pos>),
    /// The document parses, but cannot be executed.
    Invalid(String, Vec<Pos>),
    /// The document asks for a field that the caller may not read.
    Hidden(String, Vec<Pos>),
    /// The document asks for a field that needs credentials.
    NeedsCredentials(Vec<Pos>),
    /// The variables or arguments are not valid.
    Input(Problem),
}

impl Violation {
    /// The reason in words.
    pub(crate) fn message(self) -> String {
        match self {
            Self::TooComplex(message)
            | Self::Syntax(message, _)
            | Self::Invalid(message, _)
            | Self::Hidden(message, _) => message,
            Self::TooCostly(excess) => excess.message(),
            Self::NeedsCredentials(_) => "asks for a field that needs credentials".to_owned(),
            Self::Input(problem) => format!("{}: {}", problem.path, problem.message),
        }
    }
}

/// Facts about an accepted document, for later steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Whether the document asks about the schema.
    pub(crate) introspects: bool,
    /// The cost of the document's most expensive operation.
    pub(crate) cost: OperationCost,
}

/// Decides whether a document may be executed.
#[derive(Debug)]
pub(crate) struct Guard {
    types: Types,
    visible: VisibleFields,
    visible_without_credentials: VisibleFields,
    inputs: Inputs,
    limits: DocumentLimits,
    parsed: ParsedDocuments,
}

impl Guard {
    /// A guard for the schema with this SDL.
    pub(crate) fn new(sdl: &str, limits: DocumentLimits) -> Result<Self> {
        let schema = parser::parse_schema(sdl)
            .map_err(|error| Error::internal("read the schema's own text").with_source(error))?;
        let inputs = Inputs::of(&schema);
        let types = Types::of(schema);
        Ok(Self {
            visible: VisibleFields::of_end_users(&types),
            visible_without_credentials: VisibleFields::of_anonymous(&types),
            inputs,
            types,
            limits,
            parsed: ParsedDocuments::default(),
        })
    }

    /// Parses a document, after checking that its text is small enough.
    pub(crate) fn parse(&self, text: &str) -> Result<ExecutableDocument, Violation> {
        self.parsed.get_or_parse(text, || {
            tokens::check(text, &self.limits)?;
            let mut document = parser::parse_query(text).map_err(|error| syntax(&error))?;
            subscription::flatten(&mut document)?;
            Ok(document)
        })
    }

    /// Refuses a document with a field that end users may not read. Call it after [`Self::check`], which bounds the walk.
    pub(crate) fn check_for_end_user(
        &self,
        document: &ExecutableDocument,
    ) -> Result<(), Violation> {
        self.visible.check(document, &self.types)
    }

    /// Refuses a document with a field that needs credentials. Call it after [`Self::check`], which bounds the walk.
    pub(crate) fn check_for_anonymous(
        &self,
        document: &ExecutableDocument,
    ) -> Result<(), Violation> {
        self.visible_without_credentials
            .check(document, &self.types)
    }

    /// Measures a whole document, and checks the variables of the operation that will run.
    pub(crate) fn check(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        values: &Variables,
    ) -> Result<Summary, Violation> {
        variables::check(operation, values)?;
        self.measure(document, operation, values)
    }

    /// Measures a whole document, with the given values of variables.
    pub(crate) fn measure(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        values: &Variables,
    ) -> Result<Summary, Violation> {
        shape::check(document, &self.limits)?;
        typename::check(document)?;
        let cost = cost::check(document, &self.types, &self.limits, values)?;
        let limits = ArgumentLimits {
            types: &self.types,
            inputs: &self.inputs,
            list_items: self.limits.list_items,
        };
        arguments::check(document, operation, values, limits)?;
        Ok(Summary {
            introspects: shape::introspects(document),
            cost,
        })
    }
}

fn syntax(error: &parser::Error) -> Violation {
    let at: Vec<Pos> = error.positions().take(1).collect();
    let message = match (error, at.first()) {
        // the parser's own text quotes the line of the document; the position is enough
        (parser::Error::Syntax { .. }, Some(at)) => {
            format!("syntax error at line {}, column {}", at.line, at.column)
        }
        _ => format!("the document cannot be read: {error}"),
    };
    Violation::Syntax(message, at)
}
