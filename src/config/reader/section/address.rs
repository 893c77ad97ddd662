//! Addresses of other systems, and what every request to them has.

use serde_json::Value;
use url::Url;

use super::{Section, Setting};
use crate::domain::Secret;

/// The operations of the APIs of models: an address that was pasted from an example of a request ends with one.
const OPERATIONS: [&str; 5] = [
    "/messages",
    "/chat/completions",
    "/completions",
    "/embeddings",
    "/responses",
];

impl Section<'_, '_> {
    /// A web URL without a trailing slash and without a query, e.g. `https://api.example.com`.
    pub(crate) fn web_address(&mut self, setting: impl Into<Setting>) -> Option<String> {
        let setting = setting.into();
        let text = self.text(setting)?;
        let url = self.parse_address(setting.name, &text)?;
        if url.query().is_some() {
            self.wrong_address(setting.name, text);
            return None;
        }
        Some(text.trim_end_matches('/').to_owned())
    }

    /// The base URL of an API, without the path of one of its operations. It may have a query.
    pub(crate) fn api_address(&mut self, setting: impl Into<Setting>) -> Option<String> {
        let setting = setting.into();
        let text = self.text(setting)?;
        let mut url = self.parse_address(setting.name, &text)?;
        // pasted from an example of a request
        let path = url.path().trim_end_matches('/');
        let base = OPERATIONS
            .iter()
            .find_map(|operation| path.strip_suffix(operation));
        let base = base.unwrap_or(path).to_owned();
        url.set_path(&base);
        url.set_fragment(None);
        // `Url` writes an empty path as a slash
        match url.query() {
            Some(_) => Some(url.to_string()),
            None => Some(url.as_str().trim_end_matches('/').to_owned()),
        }
    }

    /// The URL of an HTTP proxy; it may contain a user and a password.
    pub(crate) fn proxy(&mut self, setting: impl Into<Setting>) -> Option<Secret> {
        let setting = setting.into();
        let text = self.text(setting)?;
        let is_url = Url::parse(&text)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_url {
            // the text may contain a password, so it is not repeated
            self.problem(
                setting.name,
                "is no URL, expected one such as http://proxy.internal:3128",
            );
            return None;
        }
        Some(Secret::new(text))
    }

    /// Headers of HTTP requests, an object of names and texts. Their values may be secrets.
    pub(crate) fn headers(&mut self, name: &'static str) -> Vec<(String, Secret)> {
        let mut headers = Vec::new();
        for (header, value) in self.object(name) {
            let is_name = !header.is_empty()
                && header
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            match value {
                Value::String(text) if is_name && text.bytes().all(|byte| (32..127).contains(&byte)) => {
                    headers.push((header, Secret::new(text)));
                }
                _ => self.problem(
                    name,
                    "has a header that cannot be sent, expected names of letters, digits and hyphens with texts of printable ASCII",
                ),
            }
        }
        headers
    }

    /// Parses a web URL without a user and a password.
    fn parse_address(&mut self, name: &str, text: &str) -> Option<Url> {
        let parsed = Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(url) = parsed else {
            self.wrong_address(name, text.to_owned());
            return None;
        };
        if !url.username().is_empty() || url.password().is_some() {
            // the text may contain a password, so it is not repeated
            self.problem(
                name,
                "has a user or a password in it, which belong in a key setting",
            );
            return None;
        }
        Some(url)
    }

    fn wrong_address(&mut self, name: &str, text: String) {
        let expected = "an address such as https://api.example.com/v1";
        self.wrong(name, &Value::String(text), expected);
    }
}
