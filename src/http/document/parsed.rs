//! Documents that were parsed before: clients send the same few again and again, and parsing is a tenth of the cost of a
//! short query.

use std::sync::Arc;

use async_graphql::parser::types::ExecutableDocument;
use moka::sync::Cache;

/// The maximum length of all cached texts together, in bytes. A parsed document takes about twenty times its text.
const MOST_BYTES: u64 = 256 * 1024;
/// The maximum length of a cached text, in bytes: longer ones are rarely sent twice.
const LONGEST: usize = 8 * 1024;

/// Parsed documents by their text. They have passed the checks of the text, and only those.
#[derive(Debug)]
pub(super) struct ParsedDocuments(Cache<Arc<str>, Arc<ExecutableDocument>>);

impl Default for ParsedDocuments {
    fn default() -> Self {
        let cache = Cache::builder()
            .max_capacity(MOST_BYTES)
            .weigher(|text: &Arc<str>, _| u32::try_from(text.len()).unwrap_or(u32::MAX))
            .build();
        Self(cache)
    }
}

impl ParsedDocuments {
    /// The document of a text, which `parse` parses if it is not known.
    pub(super) fn get_or_parse<E>(
        &self,
        text: &str,
        parse: impl FnOnce() -> Result<ExecutableDocument, E>,
    ) -> Result<ExecutableDocument, E> {
        if let Some(known) = self.0.get(text) {
            return Ok(ExecutableDocument::clone(&known));
        }
        let document = parse()?;
        if text.len() <= LONGEST {
            self.0.insert(text.into(), Arc::new(document.clone()));
        }
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::{self, types::ExecutableDocument};

    use super::{LONGEST, ParsedDocuments};

    fn parsed(documents: &ParsedDocuments, text: &str) -> (bool, ExecutableDocument) {
        let mut was_parsed = false;
        let document = documents.get_or_parse(text, || {
            was_parsed = true;
            parser::parse_query(text)
        });
        (was_parsed, document.unwrap())
    }

    #[test]
    fn a_text_is_parsed_once_unless_it_is_long() {
        let documents = ParsedDocuments::default();
        let text = "query A { viewer { account { id } } } query B { __typename }";
        let (first, again) = (parsed(&documents, text), parsed(&documents, text));
        assert!(first.0 && !again.0);
        assert_eq!(format!("{:?}", first.1), format!("{:?}", again.1));
        let long = format!("{{ __typename {} }}", " ".repeat(LONGEST));
        assert!(parsed(&documents, &long).0 && parsed(&documents, &long).0);
        assert!(
            documents
                .get_or_parse("{", || parser::parse_query("{"))
                .is_err()
        );
    }
}
