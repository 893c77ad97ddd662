//! How long a response asks to wait before a retry, in every spelling that servers use.
//!
//! Source: RFC 9110, section 10.2.3 (seconds or a date). `retry-after-ms` and `x-ms-retry-after-ms` are sent by Azure and
//! OpenAI; fractions of seconds by several gateways.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// Headers with milliseconds.
const MILLISECONDS: [HeaderName; 2] = [
    HeaderName::from_static("retry-after-ms"),
    HeaderName::from_static("x-ms-retry-after-ms"),
];

/// The pause that the headers of a response ask for.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let exact = MILLISECONDS
        .iter()
        .find_map(|name| text(name)?.parse::<f64>().ok());
    if let Some(milliseconds) = exact {
        return Duration::try_from_secs_f64(milliseconds / 1_000.0).ok();
    }
    let value = text(&RETRY_AFTER)?;
    if let Some(pause) = parse_seconds(value) {
        return Some(pause);
    }
    let until = httpdate::parse_http_date(value).ok()?;
    // the server's own clock, where it is sent: the two clocks may differ
    let now = text(&DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    let pause = until.duration_since(now.unwrap_or_else(SystemTime::now));
    Some(pause.unwrap_or_default())
}

/// Parses a number of seconds, with a fraction or with the unit `s`.
pub fn parse_seconds(text: &str) -> Option<Duration> {
    let number = text.trim().trim_end_matches('s').trim_end();
    let seconds = number.parse::<f64>().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::retry_after;

    fn pause(headers: &[(&'static str, &str)]) -> Option<Duration> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                let value = HeaderValue::from_str(value).unwrap();
                (HeaderName::from_static(name), value)
            })
            .collect();
        retry_after(&headers)
    }

    #[test]
    fn every_spelling_of_a_pause_is_read() {
        let seconds = |text: &str| pause(&[("retry-after", text)]);
        assert_eq!(seconds("3"), Some(Duration::from_secs(3)));
        assert_eq!(seconds(" 1.5 "), Some(Duration::from_millis(1_500)));
        assert_eq!(seconds("20s"), Some(Duration::from_secs(20)));
        for nonsense in ["", "soon", "-1", "NaN", "1e300"] {
            assert_eq!(seconds(nonsense), None, "{nonsense}");
        }
        let exact = [("retry-after-ms", "250"), ("retry-after", "1")];
        assert_eq!(pause(&exact), Some(Duration::from_millis(250)));
        assert_eq!(
            pause(&[("x-ms-retry-after-ms", "40")]),
            Some(Duration::from_millis(40))
        );
    }

    #[test]
    fn a_date_counts_from_the_servers_own_clock() {
        let until = ("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT");
        let now = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(pause(&[until, now]), Some(Duration::from_secs(3)));
        assert_eq!(pause(&[until]), Some(Duration::ZERO));
        let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_mins(1));
        let soon = pause(&[("retry-after", &soon)]).unwrap();
        assert!(soon > Duration::from_secs(50) && soon <= Duration::from_mins(1));
    }
}
