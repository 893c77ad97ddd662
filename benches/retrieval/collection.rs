//! A public test collection in a folder: `documents.jsonl`, `queries.jsonl` and `relevance.tsv`.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    Result,
    questions::{Answer, Kind, Labelled, Question, Source},
};

/// A line of `documents.jsonl`.
#[derive(Deserialize)]
struct DocumentLine {
    id: Value,
    text: String,
}

/// A line of `queries.jsonl`.
#[derive(Deserialize)]
struct QueryLine {
    text: String,
}

/// Reads a collection. A line of `relevance.tsv` has the number of a question, from 1 in the order of the file, and the id of a
/// document; a grade behind them is ignored. Questions without a relevant document are left out.
pub(crate) fn load(folder: &Path) -> Result<Labelled> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(|error| format!("reading {}: {error}", path.display()))
    };
    let mut documents = Vec::new();
    for line in read("documents.jsonl")?.lines() {
        let line: DocumentLine = serde_json::from_str(line)?;
        // the collection has documents without a text
        if !line.text.trim().is_empty() {
            documents.push(Source {
                path: id_of(&line.id),
                text: line.text,
                media_type: "text/plain",
            });
        }
    }
    let mut relevant: BTreeMap<usize, Vec<Answer>> = BTreeMap::new();
    for line in read("relevance.tsv")?.lines() {
        let mut fields = line.split('\t');
        let (Some(number), Some(path)) = (fields.next(), fields.next()) else {
            return Err(format!("relevance.tsv: \"{line}\"").into());
        };
        let answers = relevant.entry(number.parse()?).or_default();
        answers.push(Answer {
            path: path.to_owned(),
            quote: None,
        });
    }
    let mut questions = Vec::new();
    for (line, number) in read("queries.jsonl")?.lines().zip(1..) {
        let line: QueryLine = serde_json::from_str(line)?;
        if let Some(answers) = relevant.remove(&number) {
            questions.push(Question {
                ask: line.text,
                kind: Kind::Public,
                language: "en".to_owned(),
                answers,
            });
        }
    }
    Ok(Labelled {
        documents,
        questions,
    })
}

/// An id is a text or a number.
fn id_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
