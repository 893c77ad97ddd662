//! Reads section `http` of `app.yaml`, whatever settings it has, and checks the origins in it.

use url::Url;

use super::{HttpConfig, Mode, reader::Section};
use crate::domain::excerpt;

/// The origins that may call from a browser.
const ORIGINS: &str = "allowed_origins";
/// Whether the schema is shown without a key.
const INTROSPECTION: &str = "public_introspection";

/// Two settings have variables; the limits are set in the file.
pub(super) fn read(top: &mut Section<'_, '_>, mode: Mode) -> HttpConfig {
    let http: HttpConfig = top.structure("http", |fields| {
        fields.usual(INTROSPECTION, mode == Mode::Dev);
        fields.list(ORIGINS, "TROUPE_ALLOWED_ORIGINS");
        fields.value(INTROSPECTION, "TROUPE_PUBLIC_INTROSPECTION");
    });
    for origin in &http.allowed_origins {
        if !is_origin(origin) {
            let shown = excerpt(origin);
            top.problem(
                "http.allowed_origins",
                &format!(
                    "\"{shown}\" given, expected a scheme, a host and no path, such as https://app.example.com"
                ),
            );
        }
    }
    http
}

/// Whether a browser could send exactly this as `Origin`.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let origin = url.origin();
        origin.is_tuple() && origin.ascii_serialization() == text
    })
}
