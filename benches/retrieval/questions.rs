//! The questions, and what answers them: quotes of the repository's documents, or documents of a public collection.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

use crate::Result;

const FILE: &str = "benches/retrieval/questions.yaml";

/// Documents, and questions with known answers.
pub(crate) struct Labelled {
    pub(crate) documents: Vec<Source>,
    /// The questions, in the order of the file.
    pub(crate) questions: Vec<Question>,
}

/// A document of the repository, or of a public collection.
pub(crate) struct Source {
    /// The path in the repository, or the id in the collection.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) media_type: &'static str,
}

/// A question about the documents.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// The text of the question.
    pub(crate) ask: String,
    /// How much of the document's wording the question uses.
    pub(crate) kind: Kind,
    /// The language of the question and of its answers, a code of ISO 639-1.
    #[serde(default = "english")]
    pub(crate) language: String,
    /// The answers, each in another passage.
    pub(crate) answers: Vec<Answer>,
}

fn english() -> String {
    "en".to_owned()
}

/// How much of its document's wording a question uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// The question avoids the words of the document.
    Meaning,
    /// The question has identifiers of the document.
    Words,
    /// The question has some words of the document.
    Mixed,
    /// A question of a public collection.
    Public,
}

/// A verbatim part of a passage that answers a question; in a public collection any part of a document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    /// The path of the document.
    #[serde(rename = "in")]
    pub(crate) path: String,
    /// The quote; line breaks count as spaces.
    pub(crate) quote: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    documents: Vec<String>,
    questions: Vec<Question>,
}

impl Labelled {
    /// Reads the questions and their documents. Fails when a quote is no longer in its document.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let file: File = serde_saphyr::from_str(&fs::read_to_string(root.join(FILE))?)?;
        let mut documents = Vec::with_capacity(file.documents.len());
        for path in file.documents {
            let text = fs::read_to_string(root.join(&path))
                .map_err(|error| format!("reading {path}: {error}"))?;
            documents.push(Source {
                path,
                text,
                media_type: "text/markdown",
            });
        }
        let texts: BTreeMap<&str, &str> = documents
            .iter()
            .map(|document| (document.path.as_str(), document.text.as_str()))
            .collect();
        let answers = file.questions.iter().flat_map(|question| &question.answers);
        let lost: Vec<String> = answers
            .filter(|answer| {
                let text = texts.get(answer.path.as_str());
                !text.is_some_and(|text| answer.is_in(&answer.path, text))
            })
            .map(Answer::shown)
            .collect();
        if !lost.is_empty() {
            let lost = lost.concat();
            return Err(format!("quotes of {FILE} that are not in their documents:{lost}").into());
        }
        if let Some(open) = file.questions.iter().find(|one| one.answers.is_empty()) {
            return Err(format!("{FILE}: nothing answers \"{}\"", open.ask).into());
        }
        Ok(Self {
            documents,
            questions: file.questions,
        })
    }
}

impl Answer {
    /// Whether this passage of a document has the answer.
    pub(crate) fn is_in(&self, path: &str, text: &str) -> bool {
        let quote = self.quote.as_deref().map(on_one_line);
        let has_quote = quote.is_none_or(|quote| on_one_line(text).contains(&quote));
        path == self.path && has_quote
    }

    /// The answer as a line of an error.
    pub(crate) fn shown(&self) -> String {
        let quote = self.quote.as_deref().unwrap_or_default();
        format!("\n  {}: {quote}", self.path)
    }
}

/// The text with single spaces.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
