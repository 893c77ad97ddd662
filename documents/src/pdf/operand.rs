//! The operands of drawing operations, decoded leniently (ISO 32000-1, 7.3).

use super::operations::{Token, Tokens};

/// The maximum nesting depth of arrays and dictionaries; deeper ones count as missing.
const DEEPEST_OPERAND: usize = 16;

/// A decoded operand.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Number(f32),
    Name(Vec<u8>),
    String(Vec<u8>),
    Array(Vec<Operand>),
    /// The keys and values of a dictionary, in turn.
    Dictionary(Vec<Operand>),
    /// `true`, `false`, `null`, and what is too deep.
    Other,
}

impl Operand {
    /// The operands in the source text of an operation. They must be bounded by the caller.
    pub(super) fn all(text: &[u8]) -> Vec<Self> {
        let mut tokens = Tokens::new(text);
        let mut operands = Self::list(&mut tokens, 0);
        // the operator
        operands.pop();
        operands
    }

    fn list(tokens: &mut Tokens<'_>, depth: usize) -> Vec<Self> {
        let mut operands = Vec::new();
        while let Some(token) = tokens.next() {
            operands.push(match token {
                Token::Value(name @ [b'/', ..]) => Self::Name(decode_name(name)),
                Token::Value(number) => Self::Number(decode_number(number)),
                Token::String(string) => Self::String(decode_string(string)),
                Token::Open(_) if depth >= DEEPEST_OPERAND => Self::Other,
                Token::Open(b"[") => Self::Array(Self::list(tokens, depth + 1)),
                Token::Open(_) => Self::Dictionary(Self::list(tokens, depth + 1)),
                Token::Close if depth > 0 => return operands,
                Token::Close => continue,
                Token::Keyword(_) => Self::Other,
            });
        }
        operands
    }

    pub(super) fn number(&self) -> Option<f32> {
        match self {
            Self::Number(number) if number.is_finite() => Some(*number),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The value of a key, if this is a dictionary.
    pub(super) fn get(&self, key: &[u8]) -> Option<&Self> {
        let Self::Dictionary(items) = self else {
            return None;
        };
        let mut pairs = items.chunks_exact(2);
        pairs.find_map(|pair| match pair {
            [name, value] if name.name() == Some(key) => Some(value),
            _ => None,
        })
    }
}

/// A number as readers tolerate it: `--5`, `5-3` and `1.2.3` are read up to the sign or point that does not belong there.
fn decode_number(text: &[u8]) -> f32 {
    let negative = text.first() == Some(&b'-');
    let digits = text.iter().position(|byte| !matches!(byte, b'+' | b'-'));
    let digits = text.get(digits.unwrap_or_default()..).unwrap_or_default();
    let mut has_point = false;
    let length = digits
        .iter()
        .take_while(|byte| {
            let is_second = **byte == b'.' && has_point;
            has_point |= **byte == b'.';
            !is_second && (byte.is_ascii_digit() || **byte == b'.')
        })
        .count();
    let digits = digits.get(..length).unwrap_or_default();
    let number = std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0.0_f32);
    if negative { -number } else { number }
}

/// A name without its `/`, in which `#` and two hexadecimal digits stand for a byte.
fn decode_name(text: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(text.len());
    let mut rest = text.get(1..).unwrap_or_default();
    while let [first, after @ ..] = rest {
        if *first == b'#'
            && let [high, low, after @ ..] = after
            && let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low))
        {
            name.push(high << 4 | low);
            rest = after;
            continue;
        }
        name.push(*first);
        rest = after;
    }
    name
}

/// The bytes of a string in parentheses or in hexadecimal digits.
pub(super) fn decode_string(text: &[u8]) -> Vec<u8> {
    match text {
        [b'<', digits @ ..] => decode_hex(digits),
        [b'(', inner @ .., b')'] => decode_literal(inner),
        _ => Vec::new(),
    }
}

fn decode_hex(digits: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = digits.iter().filter_map(|byte| hex_digit(*byte)).collect();
    let byte = |pair: &[u8]| match pair {
        [high, low] => high << 4 | low,
        [high] => high << 4,
        _ => 0,
    };
    digits.chunks(2).map(byte).collect()
}

fn decode_literal(inner: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'\\', [escaped, after @ ..]) => {
                rest = after;
                match escaped {
                    b'n' => bytes.push(b'\n'),
                    b'r' => bytes.push(b'\r'),
                    b't' => bytes.push(b'\t'),
                    b'b' => bytes.push(8),
                    b'f' => bytes.push(12),
                    // a line that continues
                    b'\r' => rest = after.strip_prefix(b"\n").unwrap_or(after),
                    b'\n' => {}
                    b'0'..=b'7' => {
                        let digits = after.iter().take(2);
                        let digits = digits.take_while(|byte| matches!(byte, b'0'..=b'7'));
                        let more = digits.clone().count();
                        let code = digits.fold(u32::from(escaped - b'0'), |code, digit| {
                            code << 3 | u32::from(digit - b'0')
                        });
                        bytes.extend(code.to_le_bytes().first());
                        rest = after.get(more..).unwrap_or_default();
                    }
                    other => bytes.push(*other),
                }
            }
            (b'\\', []) => {}
            (byte, _) => bytes.push(*byte),
        }
    }
    bytes
}

pub(super) fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_are_decoded() {
        let text = b"[(a\\)\\101\\n(b)) -2.5 <61 62 7>] /A#20B << /K (v) /L [1] >> true TJ";
        let expected = [
            Operand::Array(vec![
                Operand::String(b"a)A\n(b)".to_vec()),
                Operand::Number(-2.5),
                Operand::String(b"abp".to_vec()),
            ]),
            Operand::Name(b"A B".to_vec()),
            Operand::Dictionary(vec![
                Operand::Name(b"K".to_vec()),
                Operand::String(b"v".to_vec()),
                Operand::Name(b"L".to_vec()),
                Operand::Array(vec![Operand::Number(1.0)]),
            ]),
            Operand::Other,
        ];
        assert_eq!(Operand::all(text), expected);
        let value = expected[2].get(b"K");
        assert_eq!(value, Some(&Operand::String(b"v".to_vec())));
    }

    #[test]
    fn malformed_numbers_have_a_value() {
        for (text, value) in [
            ("--5", -5.0),
            ("5-3", 5.0),
            ("1.2.3", 1.2),
            (".5", 0.5),
            ("-.", -0.0),
            ("+7.", 7.0),
        ] {
            let operands = Operand::all(format!("{text} Td").as_bytes());
            assert_eq!(operands, [Operand::Number(value)], "{text}");
        }
    }

    #[test]
    fn deep_operands_end() {
        let text = format!("{} Tj", "[".repeat(500));
        assert_eq!(Operand::all(text.as_bytes()).len(), 0);
    }
}
