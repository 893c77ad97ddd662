//! Credentials that are known by their shape: keys of APIs, tokens, PEM, and URLs with a password.

use std::ops::Range;

use super::{
    RedactionKind,
    pattern::{Found, Pattern, whole},
};

/// The beginnings of keys of well-known services and of Troupe, each with what follows.
const API_KEYS: [&str; 22] = [
    // OpenAI, Anthropic, OpenRouter, DeepSeek
    r"sk-[A-Za-z0-9_-]{16,}",
    // Stripe
    r"[rsp]k_(?:live|test)_[A-Za-z0-9]{10,}",
    r"whsec_[A-Za-z0-9+/]{16,}=*",
    // GitHub, GitLab
    r"gh[pousr]_[A-Za-z0-9]{16,}",
    r"github_pat_[A-Za-z0-9_]{16,}",
    r"glpat-[A-Za-z0-9_-]{16,}",
    // AWS
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    // Slack
    r"xox[a-z]-[A-Za-z0-9-]{8,}",
    r"xapp-[A-Za-z0-9-]{8,}",
    // Google
    r"AIza[A-Za-z0-9_-]{30,}",
    r"ya29\.[A-Za-z0-9_-]{16,}",
    r"GOCSPX-[A-Za-z0-9_-]{16,}",
    // Hugging Face, npm, PyPI, SendGrid, Pinecone, Groq, xAI, DigitalOcean, Shopify
    r"hf_[A-Za-z0-9]{16,}",
    r"npm_[A-Za-z0-9]{30,}",
    r"pypi-[A-Za-z0-9_-]{30,}",
    r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    r"pcsk_[A-Za-z0-9_]{16,}",
    r"(?:gsk_|xai-)[A-Za-z0-9]{20,}",
    r"(?:dop_v1|shpat|shpss)_[a-f0-9]{32,}",
    // bots of Telegram
    r"[0-9]{8,10}:[A-Za-z0-9_-]{35}",
    // keys and session tokens of Troupe
    r"troupe_[A-Za-z0-9_-]{32,}",
    r"ts_[A-Za-z0-9_-]{43}",
];

/// The patterns of credentials.
pub(super) fn patterns() -> Vec<Pattern> {
    let of = |kind, regex: &str, accept| Pattern {
        kind,
        regex: regex.to_owned(),
        accept,
    };
    vec![
        // a block whose end is missing goes on to the end of the text
        of(
            RedactionKind::Pem,
            r"(?s)-----BEGIN [A-Z0-9 ]{1,60}-----.*?(?:-----END [A-Z0-9 ]{1,60}-----|\z)",
            whole,
        ),
        of(
            RedactionKind::Jwt,
            r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,3}\.[A-Za-z0-9_-]+",
            whole,
        ),
        of(
            RedactionKind::ApiKey,
            &format!(r"\b(?:{})", API_KEYS.join("|")),
            random,
        ),
        of(
            RedactionKind::Token,
            r"(?i)\bbearer\s+(?P<found>[a-z0-9._~+/-]{12,}=*)",
            token,
        ),
        of(
            RedactionKind::Token,
            r"(?i)\bauthorization\s*:\s*[a-z]{3,12}\s+(?P<found>[a-z0-9._~+/-]{8,}=*)",
            whole,
        ),
        of(
            RedactionKind::Credentials,
            r#"(?i)\b[a-z][a-z0-9+.-]{1,20}://(?P<found>[^\s/?#:@"'<>]*:[^\s/?#"'<>]+@[^\s/?#"'<>)\]},;]+)"#,
            whole,
        ),
        of(
            RedactionKind::Credentials,
            r#"(?i)\b[a-z][a-z0-9+.-]{1,20}://(?P<found>[a-z0-9_-]{20,}@[^\s/?#"'<>)\]},;]+)"#,
            whole,
        ),
    ]
}

/// A key has a digit or a capital letter; names of programs and metrics with the same beginning have neither.
fn random(found: &Found<'_>) -> Option<Range<usize>> {
    let is_random = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
    found
        .part()
        .contains(is_random)
        .then(|| found.range.clone())
}

/// A token has a digit or is long; a word after "bearer" has and is neither.
fn token(found: &Found<'_>) -> Option<Range<usize>> {
    let part = found.part();
    let is_token = part.contains(|c: char| c.is_ascii_digit()) || part.len() >= 32;
    is_token.then(|| found.range.clone())
}
