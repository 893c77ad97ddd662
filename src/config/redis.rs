//! Redis, which several processes need for events, wake-ups, the cache and rate limits.

use super::reader::Section;
use crate::domain::{Secret, excerpt};

/// The maximum length of the prefix in characters: it is part of every key.
const LONGEST_PREFIX: usize = 64;

/// Redis; section `redis` of `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisConfig {
    /// `TROUPE_REDIS_URL`: `redis://` or `rediss://`. Default: none, which allows only a single process.
    pub url: Secret,
    /// `TROUPE_REDIS_PREFIX`: the prefix of every key, so that several installations can share one Redis. Default:
    /// `troupe`.
    pub prefix: String,
}

impl RedisConfig {
    /// Reads the section; none without a URL.
    pub(super) fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        let url = read_url(section);
        let prefix = read_prefix(section).unwrap_or_else(|| "troupe".to_owned());
        url.map(|url| Self { url, prefix })
    }
}

fn read_url(section: &mut Section<'_, '_>) -> Option<Secret> {
    let url = section.secret("url")?;
    let is_redis = url::Url::parse(url.reveal())
        .is_ok_and(|url| matches!(url.scheme(), "redis" | "rediss") && url.has_host());
    if !is_redis {
        section.problem(
            "url",
            "is no address of Redis, expected redis://host:6379 or rediss://user:password@host:6379",
        );
    }
    Some(url)
}

fn read_prefix(section: &mut Section<'_, '_>) -> Option<String> {
    let prefix = section.text("prefix")?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if prefix.len() > LONGEST_PREFIX || !prefix.chars().all(is_plain) {
        let shown = excerpt(&prefix);
        section.problem(
            "prefix",
            &format!("\"{shown}\" given, expected 1 to {LONGEST_PREFIX} of A-Z, a-z, 0-9, - and _"),
        );
        return None;
    }
    Some(prefix)
}
