//! The JSON of `/embeddings`, and the validation and normalisation of the vectors.

use serde::{Deserialize, Serialize};

/// The request body.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    pub(super) model: &'a str,
    pub(super) input: Vec<&'a str>,
    /// Always "float": some servers return base64 by default.
    pub(super) encoding_format: &'static str,
}

/// The response body.
#[derive(Deserialize)]
pub(super) struct Response {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    embedding: Vec<f32>,
}

impl Response {
    /// The vectors of `count` texts in the order of the texts, each of length 1. The error is the reason why they are
    /// invalid.
    pub(super) fn into_vectors(mut self, count: usize) -> Result<Vec<Vec<f32>>, String> {
        self.data.sort_by_key(|item| item.index);
        let indices = self.data.iter().map(|item| item.index);
        if !indices.eq(0..count) {
            let found = self.data.len();
            return Err(format!(
                "{found} vectors for {count} texts, or indices that are not theirs"
            ));
        }
        let vectors = self.data.into_iter().map(|item| {
            let index = item.index;
            normalised(item.embedding)
                .ok_or_else(|| format!("vector {index} is empty, zero or not finite"))
        });
        vectors.collect()
    }
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
    fn vectors_that_cannot_be_compared_are_refused() {
        for json in [
            r#"{"data": []}"#,
            r#"{"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1]}]}"#,
            r#"{"data": [{"index": 1, "embedding": [1]}]}"#,
            r#"{"data": [{"embedding": [1]}]}"#,
            r#"{"data": [{"index": 0, "embedding": []}]}"#,
            r#"{"data": [{"index": 0, "embedding": [0, 0]}]}"#,
            r#"{"data": [{"index": 0, "embedding": [1, null]}]}"#,
            r#"{"data": [{"index": 0, "embedding": [1e39, 1]}]}"#,
            r#"{"data": [{"index": 0, "embedding": [NaN]}]}"#,
            r#"{"data": [{"index": 0, "embedding": "AACAPw=="}]}"#,
        ] {
            assert!(vectors(json, 1).is_err(), "{json}");
        }
    }
}
