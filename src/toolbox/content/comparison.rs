//! Compares two documents: their similarity, the phrases that they share, and the phrases that only one of them has.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    document::shown,
    phrases::phrases,
    reading::{Content, agent_of, aside, content_of, existing, named_agent, named_document},
    words::frequencies,
};
use crate::{
    error::{Error, Result},
    toolbox::{
        desk::ToolContext,
        schema,
        server::{Tool, ToolDoc, read},
    },
};

/// The maximum number of phrases in each list of the result.
const MOST_PHRASES: usize = 10;

pub(super) fn tools() -> Vec<Tool> {
    vec![Tool::reads(
        ToolDoc {
            name: "compare_documents",
            title: "Compare two documents",
            about: "Compares two documents by their words: how alike they are from 0 to 1, how many passages are the same, which \
                    key phrases both have, and which only one of them has.",
        },
        schema::object(
            &["documentId", "otherDocumentId"],
            [
                named_document("documentId", "One document."),
                named_document("otherDocumentId", "The other one."),
                named_agent(),
            ],
        ),
        schema::answer(&[
            ("document", "object"),
            ("other", "object"),
            ("similarity", "number"),
            ("sharedVocabulary", "number"),
            ("samePassages", "integer"),
            ("sharedPhrases", "array"),
            ("onlyInDocument", "array"),
            ("onlyInOther", "array"),
            ("isCut", "boolean"),
        ]),
        |desk, arguments| Box::pin(compare(desk, arguments)),
    )]
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Compare {
    document_id: String,
    other_document_id: String,
    agent: Option<String>,
}

async fn compare(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let wanted: Compare = read(arguments)?;
    let agent = agent_of(desk, wanted.agent.as_deref()).await?;
    let document = existing(desk, agent, "documentId", &wanted.document_id).await?;
    let other = existing(desk, agent, "otherDocumentId", &wanted.other_document_id).await?;
    if document.id == other.id {
        return Err(Error::bad_input(
            "otherDocumentId",
            "is the same document, expected another one",
        ));
    }
    let (one, two) = futures::try_join!(content_of(desk, &document), content_of(desk, &other))?;
    let mut compared = aside(move || compared(&one, &two)).await?;
    if let Some(fields) = compared.as_object_mut() {
        fields.insert("document".to_owned(), shown(&document));
        fields.insert("other".to_owned(), shown(&other));
    }
    Ok(compared)
}

fn compared(one: &Content, other: &Content) -> Value {
    let texts = |content: &'_ Content| -> HashMap<String, u64> {
        frequencies(content.passages.iter().map(String::as_str))
    };
    let (words, other_words) = (texts(one), texts(other));
    let shared = words
        .keys()
        .filter(|word| other_words.contains_key(*word))
        .count();
    let all = words.len() + other_words.len() - shared;
    let passages: HashSet<&str> = one.passages.iter().map(|text| text.trim()).collect();
    let same = other
        .passages
        .iter()
        .filter(|text| passages.contains(text.trim()));
    let of = |content: &Content| phrases(content.passages.iter().map(String::as_str));
    let (ours, theirs) = (of(one), of(other));
    let has = |phrases: &[super::phrases::Phrase]| -> HashSet<String> {
        phrases.iter().map(|phrase| phrase.text.clone()).collect()
    };
    let (in_ours, in_theirs) = (has(&ours), has(&theirs));
    let first =
        |phrases: &[super::phrases::Phrase], wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
            let wanted = phrases.iter().filter(|phrase| wanted(&phrase.text));
            wanted
                .take(MOST_PHRASES)
                .map(|phrase| phrase.text.clone())
                .collect()
        };
    json!({
        "similarity": thousandths(cosine(&words, &other_words)),
        "sharedVocabulary": thousandths(share(shared, all)),
        "samePassages": same.count(),
        "sharedPhrases": first(&ours, &|text| in_theirs.contains(text)),
        "onlyInDocument": first(&ours, &|text| !in_theirs.contains(text)),
        "onlyInOther": first(&theirs, &|text| !in_ours.contains(text)),
        "isCut": one.is_cut || other.is_cut,
    })
}

/// The cosine similarity of two word frequency vectors.
fn cosine(one: &HashMap<String, u64>, other: &HashMap<String, u64>) -> f64 {
    let number = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let length = |counts: &HashMap<String, u64>| {
        let squares = counts.values().map(|count| number(*count).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let together: f64 = one
        .iter()
        .filter_map(|(word, count)| Some(number(*count) * number(*other.get(word)?)))
        .sum();
    let lengths = length(one) * length(other);
    if lengths == 0.0 {
        0.0
    } else {
        together / lengths
    }
}

fn share(part: usize, whole: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 {
        0.0
    } else {
        number(part) / number(whole)
    }
}

fn thousandths(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::{Content, compared};

    fn content(text: &str) -> Content {
        Content {
            passages: vec![text.to_owned()],
            ..Content::default()
        }
    }

    #[test]
    fn what_is_alike_and_what_is_not_is_told() {
        let pump = content("Our heat pump is quiet. Delivery takes two weeks.");
        let same = compared(&pump, &pump.clone());
        assert_eq!(same["similarity"], 1.0);
        assert_eq!(same["samePassages"], 1);
        let boiler = content("Their gas boiler is loud. Delivery takes two weeks.");
        let other = compared(&pump, &boiler);
        let similarity = other["similarity"].as_f64().unwrap();
        assert!(similarity > 0.3 && similarity < 0.9, "{similarity}");
        assert_eq!(other["samePassages"], 0);
        let lists = |key: &str, phrase: &str| {
            let phrases = other[key].as_array().unwrap();
            assert!(phrases.iter().any(|known| known == phrase), "{other:#}");
        };
        lists("onlyInDocument", "heat pump");
        lists("onlyInOther", "gas boiler");
        let nothing = compared(&Content::default(), &pump);
        assert_eq!(nothing["similarity"], 0.0);
    }
}
