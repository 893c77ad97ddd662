//! Reads section `http` of `app.yaml`, whatever settings it has, and checks the origins in it.

use url::Url;

use super::{HttpConfig, Mode, reader::Section};
use crate::domain::excerpt;

/// The variables of the section; what `HttpConfig` has besides is set in the file.
const VARIABLES: [(&str, &str); 2] = [
    ("allowed_origins", "TROUPE_ALLOWED_ORIGINS"),
    ("public_introspection", "TROUPE_PUBLIC_INTROSPECTION"),
];

pub(super) fn read(top: &mut Section<'_, '_>, mode: Mode) -> HttpConfig {
    let usual = [("public_introspection", (mode == Mode::Dev).into())];
    let http: HttpConfig = top.structure("http", &VARIABLES, &["allowed_origins"], &usual);
    for origin in &http.allowed_origins {
        if !is_origin(origin) {
            top.problem(
                "http.allowed_origins",
                &format!(
                    "\"{}\" given, expected a scheme, a host and no path, such as https://app.example.com",
                    excerpt(origin)
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
