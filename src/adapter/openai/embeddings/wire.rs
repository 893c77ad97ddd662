//! The JSON of `/embeddings`, and the validation and normalisation of the vectors.
//!
//! Read leniently: the index of a vector counts only when the indices are those of the texts, each once, and a vector is
//! a list of numbers or the base64 of them, whatever was requested.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The request body.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    pub(super) model: &'a str,
    pub(super) input: &'a [&'a str],
    /// "float": some servers return base64 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encoding_format: Option<&'static str>,
}

/// The response body.
#[derive(Deserialize)]
pub(super) struct Response {
    data: Vec<Item>,
    #[serde(default)]
    usage: Value,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    index: Value,
    embedding: Embedding,
}

/// A vector as it was sent.
#[derive(Deserialize)]
#[serde(untagged)]
enum Embedding {
    Numbers(Vec<f32>),
    /// Little-endian numbers of 32 bits.
    Base64(String),
}

impl Embedding {
    fn into_numbers(self) -> Option<Vec<f32>> {
        match self {
            Self::Numbers(numbers) => Some(numbers),
            Self::Base64(text) => {
                let bytes = BASE64_STANDARD.decode(text.trim()).ok()?;
                let (numbers, rest) = bytes.as_chunks::<4>();
                let numbers = numbers.iter().map(|number| f32::from_le_bytes(*number));
                rest.is_empty().then(|| numbers.collect())
            }
        }
    }
}

impl Response {
    /// The number of tokens of the texts as the provider counts them; none when it tells none.
    pub(super) fn tokens(&self) -> Option<i64> {
        ["prompt_tokens", "total_tokens"]
            .iter()
            .find_map(|name| self.usage.get(name)?.as_i64())
            .filter(|tokens| *tokens >= 0)
    }

    /// The vectors of `count` texts in the order of the texts, each of length 1. The error is the reason why they are
    /// invalid.
    pub(super) fn into_vectors(mut self, count: usize) -> Result<Vec<Vec<f32>>, String> {
        let found = self.data.len();
        if found != count {
            return Err(format!("{found} vectors for {count} texts"));
        }
        let mut indices: Vec<_> = self.data.iter().map(Item::index).collect();
        indices.sort_unstable();
        if indices.into_iter().eq((0..count).map(Some)) {
            self.data.sort_by_key(Item::index);
        }
        let vectors = self.data.into_iter().enumerate().map(|(position, item)| {
            let numbers = item.embedding.into_numbers();
            numbers
                .and_then(normalised)
                .ok_or_else(|| format!("vector {position} is empty, zero or not finite"))
        });
        vectors.collect()
    }
}

impl Item {
    fn index(&self) -> Option<usize> {
        usize::try_from(self.index.as_u64()?).ok()
    }
}

/// The mean of vectors of the same length, scaled to length 1; `None` when it is zero.
pub(super) fn mean(vectors: &[Vec<f32>]) -> Option<Vec<f32>> {
    let (first, rest) = vectors.split_first()?;
    let mut sum = first.clone();
    for vector in rest {
        for (sum, number) in sum.iter_mut().zip(vector) {
            *sum += number;
        }
    }
    normalised(sum)
}

/// Scales a vector to length 1; `None` for a vector that is zero, empty or not finite.
fn normalised(mut vector: Vec<f32>) -> Option<Vec<f32>> {
    // in double precision, so that no finite f32 overflows when it is squared
    let squares = vector
        .iter()
        .map(|&number| f64::from(number) * f64::from(number));
    let length = squares.sum::<f64>().sqrt();
    if !length.is_normal() {
        return None;
    }
    for number in &mut vector {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "no number of a vector is longer than the vector"
        )]
        let share = (f64::from(*number) / length) as f32;
        *number = share;
    }
    Some(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(json: &str, count: usize) -> Result<Vec<Vec<f32>>, String> {
        let response: Response = serde_json::from_str(json).map_err(|error| error.to_string())?;
        response.into_vectors(count)
    }

    #[test]
    fn vectors_are_normalized_and_in_the_order_of_the_texts() {
        let json = r#"{"data": [{"index": 1, "embedding": [0, -2]}, {"index": 0, "embedding": [3, 4]}], "usage": {}}"#;
        assert_eq!(vectors(json, 2), Ok(vec![vec![0.6, 0.8], vec![0.0, -1.0]]));
        let large = r#"{"data": [{"index": 0, "embedding": [3e38, 3e38]}]}"#;
        let root = 0.5_f32.sqrt();
        assert_eq!(vectors(large, 1), Ok(vec![vec![root, root]]));
    }

    #[test]
    fn tokens_are_those_of_the_provider() {
        let tokens = |usage: &str| {
            let json = format!("{{\"data\": []{usage}}}");
            let response: Response = serde_json::from_str(&json).unwrap();
            response.tokens()
        };
        assert_eq!(
            tokens(r#", "usage": {"prompt_tokens": 7, "total_tokens": 8}"#),
            Some(7)
        );
        assert_eq!(tokens(r#", "usage": {"total_tokens": 8}"#), Some(8));
        for none in [
            "",
            r#", "usage": null"#,
            r#", "usage": {"prompt_tokens": -1}"#,
            r#", "usage": 3"#,
        ] {
            assert_eq!(tokens(none), None, "{none}");
        }
    }

    #[test]
    fn the_order_counts_unless_every_index_is_that_of_a_text() {
        for (first, second) in [
            ("", ", \"index\": 1"),
            ("", ""),
            (", \"index\": 0", ", \"index\": 0"),
            (", \"index\": 2", ", \"index\": 1"),
            (", \"index\": null", ", \"index\": \"x\""),
        ] {
            let json = format!(
                r#"{{"data": [{{"embedding": [1, 0]{first}}}, {{"embedding": [0, 1]{second}}}]}}"#
            );
            assert_eq!(
                vectors(&json, 2),
                Ok(vec![vec![1.0, 0.0], vec![0.0, 1.0]]),
                "{json}"
            );
        }
        let base64 = r#"{"data": [{"index": 0, "embedding": "AACAPwAAAAA="}]}"#;
        assert_eq!(vectors(base64, 1), Ok(vec![vec![1.0, 0.0]]));
    }

    #[test]
    fn vectors_that_cannot_be_compared_are_refused() {
        for json in [
            r#"{"data": []}"#,
            r#"{"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1]}]}"#,
            r#"{"data": [{"index": 0, "embedding": []}]}"#,
            r#"{"data": [{"index": 0, "embedding": [0, 0]}]}"#,
            r#"{"data": [{"index": 0, "embedding": [1, null]}]}"#,
            r#"{"data": [{"index": 0, "embedding": [1e39, 1]}]}"#,
            r#"{"data": [{"index": 0, "embedding": [NaN]}]}"#,
            r#"{"data": [{"index": 0, "embedding": "AACAP"}]}"#,
            r#"{"data": [{"index": 0, "embedding": "no"}]}"#,
        ] {
            assert!(vectors(json, 1).is_err(), "{json}");
        }
    }
}
