//! The HTTP side: who may call from a browser, and what strangers may see.

use serde::Deserialize;

/// Settings of the HTTP side; section `http` of `app.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// `TROUPE_ALLOWED_ORIGINS`: pages of these origins may call from a browser; exact, e.g. `https://app.example.com`.
    /// Default: none but our own pages.
    pub allowed_origins: Vec<String>,
    /// `TROUPE_PUBLIC_INTROSPECTION`: the schema is shown without a key. Default: only in `troupe dev`.
    pub public_introspection: bool,
}
