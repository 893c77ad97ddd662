//! Logs each origin whose pages were refused once, with the setting that would allow it.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use axum::http::HeaderValue;

use crate::domain::excerpt;

/// The maximum number of origins to remember; further ones are not logged.
const MOST: usize = 128;

/// The origins that were logged already.
#[derive(Default)]
pub(super) struct RefusedOrigins(Mutex<HashSet<String>>);

impl RefusedOrigins {
    /// Logs the refusal of an origin, unless it was logged before.
    pub(super) fn log(&self, origin: &HeaderValue) {
        let shown = shown(origin);
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.len() >= MOST || !logged.insert(shown.clone()) {
            return;
        }
        let is_last = logged.len() == MOST;
        drop(logged);
        let variable = variable_for(origin);
        tracing::warn!(
            origin = shown,
            "refused a page of the origin {shown}; {variable} allows it"
        );
        if is_last {
            tracing::warn!("{MOST} origins were refused; further ones are not logged");
        }
    }
}

/// The origin in a message or in the log.
pub(super) fn shown(origin: &HeaderValue) -> String {
    excerpt(&String::from_utf8_lossy(origin.as_bytes()))
}

/// The setting that allows an origin.
fn variable_for(origin: &HeaderValue) -> &'static str {
    if origin == "null" {
        "TROUPE_ALLOW_NULL_ORIGIN"
    } else {
        "TROUPE_ALLOWED_ORIGINS"
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::{MOST, RefusedOrigins};

    #[test]
    fn the_memory_for_origins_is_bounded() {
        let refused = RefusedOrigins::default();
        for number in 0..MOST * 2 {
            let origin = format!("https://{number}.{}", "a".repeat(1000));
            refused.log(&HeaderValue::from_str(&origin).unwrap());
        }
        let logged = refused.0.lock().unwrap();
        assert_eq!(logged.len(), MOST);
        assert!(logged.iter().all(|origin| origin.len() < 300));
    }
}
