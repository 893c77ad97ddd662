//! What is expected of one answer.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};

use super::one_or_many::one_or_many;

/// What is expected of one answer; everything that is set must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(in crate::app::eval) struct Expectations {
    /// The slugs of the agents of which the router has to choose one, for a reason other than `FALLBACK`.
    #[serde(deserialize_with = "one_or_many")]
    pub(in crate::app::eval) agent: Vec<String>,
    /// Whether the message is about no agent's skills: the route's reason is `FALLBACK`.
    pub(in crate::app::eval) refused: Option<bool>,
    /// The calls, in this order; other calls may come between them.
    pub(in crate::app::eval) tools: Vec<ExpectedCall>,
    /// Whether no tool is called.
    pub(in crate::app::eval) no_tools: bool,
    /// Texts that the answer contains; white space counts as one blank.
    #[serde(deserialize_with = "one_or_many")]
    pub(in crate::app::eval) contains: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(in crate::app::eval) not_contains: Vec<String>,
    /// Regular expressions that match a part of the answer.
    #[serde(deserialize_with = "one_or_many")]
    pub(in crate::app::eval) matches: Vec<String>,
    /// The documents that the answer cites; other ones may be cited too.
    pub(in crate::app::eval) cites: Vec<ExpectedCitation>,
    /// Whether nothing is cited.
    pub(in crate::app::eval) no_citations: bool,
    /// Whether every number of the answer stands in the question, in a source or in its document's title.
    pub(in crate::app::eval) grounded_numbers: bool,
    /// The slug of the agent that the conversation is handed over to.
    pub(in crate::app::eval) handoff_to: Option<String>,
    /// A part of the conversation's context after the answer.
    pub(in crate::app::eval) context: Option<Map<String, Value>>,
    /// The code of the error with which the run fails, for example `UNAVAILABLE`.
    pub(in crate::app::eval) fails: Option<String>,
    /// Why the answer ended, for example `TOOL_LIMIT`.
    pub(in crate::app::eval) finish_reason: Option<String>,
    /// Texts that a request to the scripted model contains.
    #[serde(deserialize_with = "one_or_many")]
    pub(in crate::app::eval) prompt_contains: Vec<String>,
    /// Texts that no request to the scripted model contains.
    #[serde(deserialize_with = "one_or_many")]
    pub(in crate::app::eval) prompt_not_contains: Vec<String>,
    /// Tools that the scripted model is offered.
    #[serde(deserialize_with = "one_or_many")]
    pub(in crate::app::eval) offered: Vec<String>,
    /// Tools that the scripted model is not offered.
    #[serde(deserialize_with = "one_or_many")]
    pub(in crate::app::eval) not_offered: Vec<String>,
}

/// A call of a tool.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::app::eval) struct ExpectedCall {
    /// The name of the tool on its server.
    pub(in crate::app::eval) name: String,
    /// A part of the arguments.
    #[serde(default)]
    pub(in crate::app::eval) arguments: Map<String, Value>,
    /// A part of the result.
    pub(in crate::app::eval) result: Option<Value>,
    /// The status of the call at the end, for example `SUCCEEDED`.
    pub(in crate::app::eval) status: Option<String>,
    /// A text that the call's error contains.
    pub(in crate::app::eval) error: Option<String>,
}

/// A cited document, and a text that its cited passage contains.
#[derive(Debug, Clone, Default)]
pub(in crate::app::eval) struct ExpectedCitation {
    /// The title of the document.
    pub(in crate::app::eval) document: String,
    pub(in crate::app::eval) contains: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WrittenCitation {
    document: String,
    contains: Option<String>,
}

impl Expectations {
    /// Whether nothing is expected.
    pub(super) fn is_empty(&self) -> bool {
        let lists = [
            &self.agent,
            &self.contains,
            &self.not_contains,
            &self.matches,
            &self.prompt_contains,
            &self.prompt_not_contains,
            &self.offered,
            &self.not_offered,
        ];
        let texts = [&self.handoff_to, &self.fails, &self.finish_reason];
        lists.iter().all(|list| list.is_empty())
            && texts.iter().all(|text| text.is_none())
            && self.refused.is_none()
            && self.tools.is_empty()
            && self.cites.is_empty()
            && self.context.is_none()
            && !(self.no_tools || self.no_citations || self.grounded_numbers)
    }

    /// Whether the route alone is judged.
    pub(super) fn is_of_route(&self) -> bool {
        let route = Self {
            agent: self.agent.clone(),
            refused: self.refused,
            ..Self::default()
        };
        let others = Self {
            agent: Vec::new(),
            refused: None,
            ..self.clone()
        };
        !route.is_empty() && others.is_empty()
    }
}

impl<'de> Deserialize<'de> for ExpectedCitation {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(CitationVisitor)
    }
}

/// Reads a title, or an object with a title.
struct CitationVisitor;

impl<'de> Visitor<'de> for CitationVisitor {
    type Value = ExpectedCitation;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the title of a document, or an object with document and contains")
    }

    fn visit_str<E>(self, title: &str) -> Result<Self::Value, E> {
        Ok(ExpectedCitation {
            document: title.to_owned(),
            contains: None,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        let written = WrittenCitation::deserialize(MapAccessDeserializer::new(fields))?;
        Ok(ExpectedCitation {
            document: written.document,
            contains: written.contains,
        })
    }
}
