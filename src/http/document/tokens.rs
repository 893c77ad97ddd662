//! Counts the lexical tokens and the nesting depth of a text in one pass, without a tree or a stack.

use crate::config::DocumentLimits;

use super::Violation;

/// Refuses a text with too many bytes, tokens or nested brackets.
pub(super) fn check(text: &str, limits: &DocumentLimits) -> Result<(), Violation> {
    if text.len() > limits.bytes {
        return Err(Violation::TooComplex(format!(
            "the document has {} bytes, at most {} are allowed",
            text.len(),
            limits.bytes
        )));
    }
    let (mut tokens, mut open) = (0_usize, 0_usize);
    for token in Tokens(text.as_bytes()) {
        tokens += 1;
        match token {
            b'{' | b'(' | b'[' => open += 1,
            b'}' | b')' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
        if tokens > limits.tokens {
            return Err(Violation::TooComplex(format!(
                "the document has more than the {} tokens that are allowed",
                limits.tokens
            )));
        }
        if open > limits.brackets {
            return Err(Violation::TooComplex(format!(
                "the document nests brackets more than {} levels deep",
                limits.brackets
            )));
        }
    }
    Ok(())
}

/// Iterates over the first byte of each token.
struct Tokens<'a>(&'a [u8]);

impl Iterator for Tokens<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.skip_ignored();
        let (&first, rest) = self.0.split_first()?;
        self.0 = match first {
            b'"' => after_string(self.0),
            b'.' => rest.strip_prefix(b"..").unwrap_or(rest),
            _ if is_word(first) => {
                let number = first.is_ascii_digit() || first == b'-';
                let inside = |byte| is_word(byte) || (number && byte == b'.');
                let end = rest.iter().position(|&byte| !inside(byte));
                rest.get(end.unwrap_or(rest.len())..).unwrap_or_default()
            }
            _ => rest,
        };
        Some(first)
    }
}

impl Tokens<'_> {
    fn skip_ignored(&mut self) {
        while let Some((first, rest)) = self.0.split_first() {
            self.0 = match first {
                b' ' | b'\t' | b'\n' | b'\r' | b',' => rest,
                b'#' => after(rest, |byte| matches!(byte, b'\n' | b'\r')),
                // a byte order mark
                0xEF if rest.starts_with(&[0xBB, 0xBF]) => rest.get(2..).unwrap_or_default(),
                _ => return,
            };
        }
    }
}

/// Whether the byte belongs to a name or a number; the scan does not distinguish them.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+')
}

fn after(text: &[u8], end: impl Fn(u8) -> bool) -> &[u8] {
    let at = text.iter().position(|&byte| end(byte));
    text.get(at.map_or(text.len(), |at| at + 1)..)
        .unwrap_or_default()
}

/// The text after the string that `text` starts with; a string without an end extends to the end of the text.
fn after_string(text: &[u8]) -> &[u8] {
    let (quotes, mut rest) = match text.strip_prefix(b"\"\"\"") {
        Some(rest) => (b"\"\"\"".as_slice(), rest),
        None => (b"\"".as_slice(), text.get(1..).unwrap_or_default()),
    };
    while !rest.is_empty() {
        if let Some(rest) = rest.strip_prefix(quotes) {
            return rest;
        }
        let escaped = match rest.strip_prefix(b"\\") {
            Some(after) if quotes.len() == 1 => 1 + usize::from(!after.is_empty()),
            Some(after) if after.starts_with(quotes) => 1 + quotes.len(),
            _ => 1,
        };
        rest = rest.get(escaped..).unwrap_or_default();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::{DocumentLimits, Tokens, Violation, check};

    fn count(text: &str) -> usize {
        Tokens(text.as_bytes()).count()
    }

    #[test]
    fn names_numbers_punctuators_and_spreads_are_one_token_each() {
        assert_eq!(count("{ a: thing(id: -1.5e3, on: [$x]) @skip }"), 18);
        assert_eq!(count("{ ...F ... on T { b } }"), 10);
    }

    #[test]
    fn comments_commas_and_a_byte_order_mark_are_not_tokens() {
        assert_eq!(count("\u{feff}# { { {\n{ a,, b }"), 4);
    }

    #[test]
    fn a_string_is_one_token_whatever_it_contains() {
        assert_eq!(count(r#"a "{ \" { \\" b"#), 3);
        assert_eq!(count("a \"\"\"{ \" \\\"\"\" { \"\"\" b"), 3);
        assert_eq!(count("a \"never closed { { {"), 2);
        assert_eq!(count("a \"\\"), 2);
    }

    #[test]
    fn a_text_over_a_limit_is_refused_with_the_limit() {
        let limits = DocumentLimits {
            tokens: 4,
            bytes: 30,
            brackets: 2,
            ..DocumentLimits::default()
        };
        assert_eq!(check("{ a b }", &limits), Ok(()));
        for (text, word) in [
            ("{ a b c }", "4 tokens"),
            ("{ a                             }", "at most 30"),
            ("{{{", "2 levels"),
        ] {
            let Err(Violation::TooComplex(message)) = check(text, &limits) else {
                panic!("{text} passed");
            };
            assert!(message.contains(word), "{message}");
        }
    }
}
