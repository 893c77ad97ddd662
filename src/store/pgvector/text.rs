//! pgvector's text format of vectors, `[0.1,0.2]`. Every number is read back unchanged.

use std::fmt::Write;

use crate::error::{Error, Result};

/// Writes a vector as text.
pub(super) fn of(values: &[f32]) -> String {
    let mut text = String::with_capacity(values.len() * 12 + 2);
    text.push('[');
    for (at, value) in values.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // writing to a string never fails
        let _ = write!(text, "{comma}{value}");
    }
    text.push(']');
    text
}

/// Parses the text of a vector.
pub(super) fn read(text: &str) -> Result<Vec<f32>> {
    let numbers = text.trim_start_matches('[').trim_end_matches(']');
    numbers
        .split(',')
        .map(|number| {
            number
                .parse()
                .map_err(|cause| Error::internal("read a vector of pgvector").with_source(cause))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{of, read};

    #[test]
    fn a_text_is_read_back_unchanged() {
        let values = [0.1, -1.0, 1e-12, 0.0, f32::MIN_POSITIVE, 0.333_333_34];
        assert_eq!(read(&of(&values)).unwrap(), values);
        assert_eq!(of(&[0.5, -2.0]), "[0.5,-2]");
        assert_eq!(read("[1e-07,2.5]").unwrap(), [1e-7, 2.5]);
        read("[1,x]").unwrap_err();
    }
}
