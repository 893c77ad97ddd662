//! The document guard: what a document asks for is known before the framework sees it.
//!
//! The order matters. [`tokens`] reads the text without a stack and without a tree, so a text that is too large or too
//! deep never reaches the parser. [`shape`] and [`cost`] then walk the parsed document once per fragment, whatever the
//! number of its uses: the framework's own checks walk fragments at every use, and 900 bytes of fragments that double
//! each other would hold a core for seconds. Nothing here runs longer than the text is long.

mod arguments;
mod cost;
mod inputs;
mod operation;
mod shape;
mod subscription;
mod tokens;
mod types;
mod variables;

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

pub(crate) use self::operation::select;
use self::{inputs::Inputs, types::Types};

/// Why a document is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Violation {
    /// It asks for more than is allowed.
    TooComplex(String),
    /// It does not parse.
    Syntax(String, Vec<Pos>),
    /// It parses, and it cannot be executed.
    Invalid(String, Vec<Pos>),
    /// What came along with it does not fit.
    Input(Problem),
}

/// Says whether a document may be executed.
#[derive(Debug)]
pub(crate) struct Guard {
    types: Types,
    inputs: Inputs,
    limits: DocumentLimits,
}

impl Guard {
    /// A guard for the schema that is written as `sdl`.
    pub(crate) fn new(sdl: &str, limits: DocumentLimits) -> Result<Self> {
        let schema = parser::parse_schema(sdl)
            .map_err(|error| Error::internal("read the schema's own text").because(error))?;
        Ok(Self {
            inputs: Inputs::of(&schema),
            types: Types::of(schema),
            limits,
        })
    }

    /// Reads the text of a document that is small enough to be read.
    pub(crate) fn parse(&self, text: &str) -> Result<ExecutableDocument, Violation> {
        tokens::check(text, &self.limits)?;
        let mut document = parser::parse_query(text).map_err(|error| syntax(&error))?;
        subscription::flatten(&mut document)?;
        Ok(document)
    }

    /// Measures a whole document, and looks at the variables of the one operation that will run.
    pub(crate) fn check(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        values: &Variables,
    ) -> Result<shape::Summary, Violation> {
        variables::check(operation, values)?;
        shape::check(document, &self.limits)?;
        cost::check(document, &self.types, &self.limits, values)?;
        let known = (&self.types, &self.inputs, self.limits.list_items);
        arguments::check(document, operation, values, known)?;
        Ok(shape::summary(document))
    }
}

fn syntax(error: &parser::Error) -> Violation {
    let at: Vec<Pos> = error.positions().take(1).collect();
    let message = match (error, at.first()) {
        // The parser's own text draws the line of the document; the position says it as well.
        (parser::Error::Syntax { .. }, Some(at)) => {
            format!("syntax error at line {}, column {}", at.line, at.column)
        }
        _ => format!("the document cannot be read: {error}"),
    };
    Violation::Syntax(message, at)
}
