//! Secrets that are known by the word before them: passwords, PINs, passphrases, keys.

use std::ops::Range;

use super::{
    RedactionKind,
    pattern::{Found, Pattern, whole},
};

/// Words for a password in the languages of the shipped templates, and some more.
const PASSWORD: &str = "(?:pass(?:word|code|wd)s?|passw(?:ort|örter)|kennw(?:ort|örter)|pwd|mot de passe|contraseña|senha|wachtwoord)";
/// Words for a key or a token; a name of a variable may go before them.
const KEY: &str = "(?:(?:api|access|secret|signing|private|encryption)[ _-]?keys?(?:[ _-]?id)?|secret[ _-]access[ _-]key|client[ _-]secret|api[ _-]?schlüssel|(?:access|auth|refresh|session|api)[ _-]?token|token|secret)";
/// Words between the word for a password and a colon.
const BETWEEN: &str = "(?:for|of|to|the|my|your|our|new|old|temporary|is|account|login|portal|router|wi-?fi|wlan|für|zu[mr]?|von|das|de[nrm]|die|mein|dein|ihr|ist|lautet|konto)";
/// Words between a name and its value.
const IS: &str = "(?:is|are|was|ist|sind|war|lautet|lauten|heißt|est|es)";
/// The characters of a value: neither blanks nor what encloses or ends one.
const VALUE: &str = r#"[^\s"'“”„,;`<>&]"#;
/// The fewest characters of a password.
const SHORTEST: usize = 3;

/// The patterns of secrets with a word before them.
pub(super) fn patterns() -> Vec<Pattern> {
    let of = |kind, regex: String, accept| Pattern {
        kind,
        regex,
        accept,
    };
    vec![
        // "Password: …", "DB_PASSWORD=…", {"password": "…"}
        of(
            RedactionKind::Password,
            format!(
                r#"(?i){PASSWORD}["'”*]{{0,3}}[ \t]*(?::|=>?)[\s"'“„`*]{{0,8}}(?P<found>{VALUE}{{3,}})"#
            ),
            trimmed,
        ),
        // "das Passwort für das WLAN lautet: …"
        of(
            RedactionKind::Password,
            format!(
                r#"(?i){PASSWORD}(?:[ \t]+{BETWEEN}){{1,5}}[ \t]*[:=][\s"'“„`*]{{0,8}}(?P<found>{VALUE}{{3,}})"#
            ),
            trimmed,
        ),
        // "my password for the wifi is …"
        of(
            RedactionKind::Password,
            format!(
                r#"(?i){PASSWORD}(?:[ \t]+[^\s:=.,!?]{{1,20}}){{0,4}}?[ \t]+{IS}[\s"'“„`]{{1,4}}(?P<found>{VALUE}{{4,}})"#
            ),
            unlike_a_word,
        ),
        of(
            RedactionKind::Password,
            format!(
                r"(?i)\b(?:pin|puk|tan|cvc|cvv)(?:[ -]?(?:code|nummer|number))?[ \t]*(?:[:=]|\b{IS}\b)[ \t]*(?P<found>\d{{3,8}})\b"
            ),
            whole,
        ),
        of(
            RedactionKind::Password,
            r"(?i)\b(?:pass ?phrase|seed[ -]phrase|recovery[ -]phrase|wiederherstellungsphrase)\b[^\n:=]{0,30}[:=][ \t]*(?P<found>[^\n]+)".to_owned(),
            trimmed,
        ),
        of(
            RedactionKind::ApiKey,
            format!(
                r#"(?i)(?:\b|_){KEY}["'”*]{{0,3}}[ \t]*(?::|=>?|\b{IS}\b)[\s"'“„`*]{{0,8}}(?P<found>{VALUE}{{8,}})"#
            ),
            with_digit,
        ),
    ]
}

/// The value without the punctuation after it.
fn trimmed(found: &Found<'_>) -> Option<Range<usize>> {
    let part = found.part();
    let end = |c: char| c.is_whitespace() || ".,;:!?)]}*\"'”".contains(c);
    let length = part.trim_end_matches(end).len();
    let start = found.range.start;
    (length >= SHORTEST).then(|| start..start + length)
}

/// The value, unless it could be the next word of a sentence, as in "the password is required".
fn unlike_a_word(found: &Found<'_>) -> Option<Range<usize>> {
    let range = trimmed(found)?;
    let value = found.text.get(range.clone())?;
    let is_sign = |c: char| c.is_ascii_digit() || "!@#$%^*+=_~?|\\".contains(c);
    let mut after_first = value.chars().skip(1);
    let is_mixed = value.contains(char::is_lowercase) && after_first.any(char::is_uppercase);
    (value.contains(is_sign) || is_mixed).then_some(range)
}

/// The value, if it has a digit, as keys and tokens have.
fn with_digit(found: &Found<'_>) -> Option<Range<usize>> {
    let range = trimmed(found)?;
    let value = found.text.get(range.clone())?;
    value
        .contains(|c: char| c.is_ascii_digit())
        .then_some(range)
}
