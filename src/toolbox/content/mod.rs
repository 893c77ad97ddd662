//! Content: list, search, measure and compare the documents of an agent, by their words alone.

mod comparison;
mod document;
mod phrases;
mod reading;
mod statistics;

use super::{server::BuiltInServer, tool::Tool};

/// The content analysis server.
pub(super) struct Content;

impl BuiltInServer for Content {
    fn kind(&self) -> &'static str {
        "content"
    }

    fn name(&self) -> &'static str {
        "Content"
    }

    fn about(&self) -> &'static str {
        "What an agent of the account was given to know. Documents are listed, searched by their words, read in passages, \
         measured (words, sentences, reading time), boiled down to key phrases, and compared with each other. A caller that is \
         no agent says whose documents it means with `agent`."
    }

    fn tools(&self) -> Vec<Tool> {
        [
            document::tools(),
            statistics::tools(),
            phrases::tools(),
            comparison::tools(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
