//! Grammars: the JSON texts that an answer may be, as a finite automaton over bytes.
//!
//! A [`Grammar`] is compiled from a JSON Schema. Every text of it is compact JSON that the schema allows, with the properties
//! of objects in the order of the schema. The automaton has no cycle and no dead end, so an answer always comes to its end.
//! A [`Matcher`] follows an answer through it, and masks the tokens that cannot continue the answer.

mod compiler;
mod matcher;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::Value;

pub(crate) use matcher::Matcher;

use compiler::{Compiler, Dialect};

/// The texts that an answer may be. A clone is cheap.
#[derive(Debug, Clone)]
pub struct Grammar {
    states: Arc<[State]>,
    start: u32,
}

/// Why no grammar can be made of a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrammarError {
    /// The schema has a keyword, or a value of one, that grammars do not know.
    #[error("{path}: {what} is not supported")]
    Unsupported {
        /// The place in the schema, such as `properties.name`; empty for the schema itself.
        path: String,
        /// The keyword or the value.
        what: String,
    },
    /// The texts of the schema need too large an automaton.
    #[error("the schema allows too many texts")]
    TooLarge,
}

/// A state of the automaton. The states that it leads to have smaller indexes, except for the start.
#[derive(Debug, Clone)]
enum State {
    /// The text has ended.
    End,
    /// A byte in a range leads to the next state.
    Byte { low: u8, high: u8, next: u32 },
    /// Continues as one of these states.
    Either(Box<[u32]>),
}

impl Grammar {
    /// The grammar of the JSON texts that a schema allows. Every object is closed: properties that the schema does not
    /// name are not written.
    pub fn of_schema(schema: &Value) -> Result<Self, GrammarError> {
        Compiler::new(Dialect::Exact).compile("", schema, "")
    }

    /// The grammar of a tool's arguments between two literal texts. A text has the structure that the schema allows;
    /// patterns, formats and bounds of numbers are to be checked afterwards.
    pub(crate) fn of_arguments(
        before: &str,
        schema: &Value,
        after: &str,
    ) -> Result<Self, GrammarError> {
        Compiler::new(Dialect::Arguments).compile(before, schema, after)
    }

    /// The grammar of these texts, at least one.
    pub(crate) fn of_texts(texts: &[String]) -> Result<Self, GrammarError> {
        Compiler::new(Dialect::Exact).compile_texts(texts)
    }
}
