//! Splits a content stream into operations and counts their operands before any of them is decoded.
//!
//! A byte of a content stream can become an object of fifty bytes when it is decoded, so an operation is decoded only
//! when it has few operands. Syntax: ISO 32000-1, 7.2, 7.3 and 7.8.2; inline images: 8.9.7.

use crate::problem::Problem;

/// The maximum number of operands of an operation, including those inside arrays and dictionaries. Strings are counted
/// separately, and each allows one more operand, for the gap before it.
const MOST_OPERANDS: usize = 1_000;
/// The maximum number of strings in an operation.
const MOST_STRINGS: usize = 50_000;
/// The maximum length of an operation in bytes.
const LONGEST_OPERATION: usize = 1024 * 1024;
/// The number of bytes after an inline image that must be text, so that the image counts as ended.
const TEXT_AFTER_IMAGE: usize = 16;

/// An operation that is not decoded yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RawOperation<'c> {
    pub(super) operator: &'c [u8],
    /// The source text of the operands and the operator.
    pub(super) text: &'c [u8],
}

/// The operations of a content stream, without inline images. What is no operation is skipped.
pub(super) struct Operations<'c> {
    rest: &'c [u8],
}

impl<'c> Operations<'c> {
    pub(super) fn new(content: &'c [u8]) -> Self {
        Self { rest: content }
    }

    /// The next operation. An error when it has too many operands.
    pub(super) fn next(&mut self) -> Result<Option<RawOperation<'c>>, Problem> {
        loop {
            let Some(operation) = self.cut()? else {
                if self.rest.is_empty() {
                    return Ok(None);
                }
                continue;
            };
            if operation.operator != b"BI" {
                return Ok(Some(operation));
            }
            // the image's dictionary has the syntax of operands, and ends with the operator `ID`
            match self.cut()? {
                Some(dictionary) if dictionary.operator == b"ID" => {
                    self.rest = after_image(self.rest);
                }
                _ => self.rest = b"",
            }
        }
    }

    /// Removes the next operation from the content. `None` when a syntax error was removed instead.
    fn cut(&mut self) -> Result<Option<RawOperation<'c>>, Problem> {
        let start = self.rest;
        let mut tokens = Tokens::new(start);
        let (mut operands, mut strings, mut depth) = (0_usize, 0_usize, 0_usize);
        while let Some(token) = tokens.next() {
            let end = start.len() - tokens.rest.len();
            match token {
                Token::String(_) => strings += 1,
                Token::Open(_) => {
                    operands += 1;
                    depth += 1;
                }
                Token::Close if depth == 0 => {
                    self.rest = tokens.rest;
                    return Ok(None);
                }
                Token::Close => depth -= 1,
                Token::Keyword(word) if depth == 0 && is_operator(word) => {
                    self.rest = tokens.rest;
                    return Ok(start.get(..end).map(|text| RawOperation {
                        operator: word,
                        text,
                    }));
                }
                Token::Keyword(_) | Token::Value(_) => operands += 1,
            }
            let is_too_much = operands > MOST_OPERANDS + strings
                || strings > MOST_STRINGS
                || end > LONGEST_OPERATION;
            if is_too_much {
                return Err(Problem::TooManyOperands);
            }
        }
        // the byte that is no token is skipped, with the operands before it. A string without an end is searched only once
        self.rest = match tokens.rest {
            [b'(' | b'<', ..] => b"",
            rest => rest.get(1..).unwrap_or_default(),
        };
        Ok(None)
    }
}

fn is_operator(word: &[u8]) -> bool {
    !matches!(word, b"true" | b"false" | b"null")
}

/// The content after an inline image. The image's data has no length: it ends at an `EI` after white space that is
/// followed by text.
fn after_image(content: &[u8]) -> &[u8] {
    let ends = content
        .windows(3)
        .enumerate()
        .filter(|(_, window)| matches!(window, [before, b'E', b'I'] if is_white_space(*before)));
    for (at, _) in ends {
        let rest = content.get(at + 3..).unwrap_or_default();
        let is_text = rest
            .iter()
            .take(TEXT_AFTER_IMAGE)
            .all(|byte| is_white_space(*byte) || byte.is_ascii_graphic());
        if is_text && rest.first().is_none_or(|byte| is_white_space(*byte)) {
            return rest;
        }
    }
    b""
}

/// The number of values in an object stream, including names in dictionaries. Stops counting at `most` + 1.
pub(super) fn count_values(content: &[u8], most: usize) -> usize {
    let mut tokens = Tokens::new(content);
    let mut values = 0;
    while values <= most {
        match tokens.next() {
            Some(Token::Close) => {}
            Some(_) => values += 1,
            // not a value; skip one byte, because values may follow
            None if tokens.rest.is_empty() => break,
            None => tokens.rest = tokens.rest.get(1..).unwrap_or_default(),
        }
    }
    values
}

/// A token of PDF's syntax, with its source text.
pub(super) enum Token<'c> {
    /// A number or a name.
    Value(&'c [u8]),
    String(&'c [u8]),
    /// `[` or `<<`.
    Open(&'c [u8]),
    /// `]` or `>>`.
    Close,
    Keyword(&'c [u8]),
}

/// The tokens of a text. `None` at its end, and at a syntax error.
pub(super) struct Tokens<'c> {
    pub(super) rest: &'c [u8],
}

impl<'c> Tokens<'c> {
    pub(super) fn new(text: &'c [u8]) -> Self {
        Self { rest: text }
    }

    pub(super) fn next(&mut self) -> Option<Token<'c>> {
        self.skip_space();
        let text = self.rest;
        let (kind, length): (fn(&'c [u8]) -> Token<'c>, usize) = match text {
            [b'<', b'<', ..] => (Token::Open, 2),
            [b'>', b'>', ..] => (|_| Token::Close, 2),
            [b'[', ..] => (Token::Open, 1),
            [b']', ..] => (|_| Token::Close, 1),
            [b'<', ..] => (
                Token::String,
                1 + text.iter().position(|byte| *byte == b'>')?,
            ),
            [b'(', ..] => (Token::String, literal_length(text)?),
            [b'/', name @ ..] => (Token::Value, 1 + length_while(name, is_regular)),
            [first, ..] if is_numeric(*first) => (Token::Value, length_while(text, is_numeric)),
            [first, ..] if is_regular(*first) => (Token::Keyword, length_while(text, is_regular)),
            _ => return None,
        };
        let (source, rest) = text.split_at_checked(length)?;
        self.rest = rest;
        Some(kind(source))
    }

    fn skip_space(&mut self) {
        loop {
            self.rest = self
                .rest
                .get(length_while(self.rest, is_white_space)..)
                .unwrap_or_default();
            if self.rest.first() != Some(&b'%') {
                return;
            }
            let comment = length_while(self.rest, |byte| !matches!(byte, b'\r' | b'\n'));
            self.rest = self.rest.get(comment..).unwrap_or_default();
        }
    }
}

/// The length of a literal string in parentheses, which may contain balanced parentheses.
fn literal_length(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut bytes = text.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn length_while(text: &[u8], holds: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|byte| holds(**byte)).count()
}

fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0 | 0x0c)
}

fn is_regular(byte: u8) -> bool {
    !is_white_space(byte)
        && !matches!(
            byte,
            b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
        )
}

fn is_numeric(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operators(content: &[u8]) -> Result<Vec<String>, Problem> {
        let mut operations = Operations::new(content);
        let mut found = Vec::new();
        while let Some(operation) = operations.next()? {
            found.push(String::from_utf8_lossy(operation.text).trim().to_owned());
        }
        Ok(found)
    }

    #[test]
    fn operations_are_split_at_their_ends() {
        let content = b"q 1 0 0 1 72 720cm % a comment\n/F1 12 Tf[(a\\)b(c))-2.5<6162>]TJ\n\
            /P << /A [1 2] /B true >> BDC (x)' 0 g";
        let expected = [
            "q",
            "1 0 0 1 72 720cm",
            "% a comment\n/F1 12 Tf",
            "[(a\\)b(c))-2.5<6162>]TJ",
            "/P << /A [1 2] /B true >> BDC",
            "(x)'",
            "0 g",
        ];
        assert_eq!(operators(content).unwrap(), expected);
    }

    #[test]
    fn inline_images_are_left_out() {
        let content = b"q BI /W 4 /H 1 /BPC 8 ID \x00 EI\xff\xfe EI Q (a) Tj";
        assert_eq!(operators(content).unwrap(), ["q", "Q", "(a) Tj"]);
        assert_eq!(operators(b"q BI /W 4 ID \x00\x01").unwrap(), ["q"]);
    }

    #[test]
    fn invalid_syntax_is_skipped() {
        for (broken, left) in [
            ("] Tj", &["q", "Tj"][..]),
            ("} Q", &["q", "Q"]),
            (">> Q", &["q", "Q"]),
            ("(open", &["q"]),
            ("<6162", &["q"]),
        ] {
            let content = format!("q {broken}");
            assert_eq!(operators(content.as_bytes()).unwrap(), left, "{broken}");
        }
    }

    #[test]
    fn operands_and_strings_have_separate_limits() {
        let kerned = format!("[{}] TJ", "(a) -20 ".repeat(40_000));
        assert_eq!(operators(kerned.as_bytes()).unwrap().len(), 1);
        for much in [
            format!("[{}] TJ", "0 ".repeat(1_001)),
            format!("{} re", "0 ".repeat(1_001)),
            format!("{}{} re", "[".repeat(600), "]".repeat(600)).replace("re", &"0 ".repeat(500)),
            format!("/P << /A [{}] >> BDC", "/N ".repeat(1_001)),
            format!("BI /D [{}] ID", "0 ".repeat(1_001)),
            format!("[{}] TJ", "()".repeat(50_001)),
            format!("({}) Tj", "a".repeat(LONGEST_OPERATION)),
        ] {
            assert_eq!(
                operators(much.as_bytes()),
                Err(Problem::TooManyOperands),
                "{}",
                &much[..20]
            );
        }
    }

    #[test]
    fn values_of_an_object_stream_are_counted_up_to_a_bound() {
        assert_eq!(count_values(b"1 0 2 9 << /A [1 (b)] >> true", 100), 10);
        assert_eq!(count_values("0 ".repeat(500).as_bytes(), 100), 101);
        assert_eq!(count_values(b") ) (", 100), 0);
    }
}
