//! Traces: the own settings before the standard variables, and secrets that are never shown.

use super::*;
use crate::domain::GenAiConventions;

/// The settings of traces with this file and these variables.
fn traces(app_yaml: &str, environment: &[(&str, &str)]) -> TracesConfig {
    load(Mode::Dev, app_yaml, environment).unwrap().traces
}

/// The headers with their values.
fn headers(config: &TracesConfig) -> Vec<(&str, &str)> {
    let headers = config.headers.iter();
    headers
        .map(|(name, value)| (name.as_str(), value.reveal()))
        .collect()
}

#[test]
fn traces_are_off_until_a_collector_is_named() {
    let usual = traces("", &[]);
    assert_eq!(usual.otlp_endpoint, None);
    assert_eq!(usual.sample.to_bits(), 1_f64.to_bits());
    assert_eq!(usual.conventions, GenAiConventions::V0_1_0);
    assert_eq!(usual.service_name, "troupe");
    let named = traces(
        "traces: {otlp_endpoint: 'http://one:4318/v1/traces', sample: 0.25, conventions: gen_ai-1.36.0}",
        &[],
    );
    assert_eq!(named.otlp_endpoint.as_deref(), Some("http://one:4318"));
    assert_eq!(named.sample.to_bits(), 0.25_f64.to_bits());
    assert_eq!(named.conventions, GenAiConventions::V1_36_0);
}

#[test]
fn standard_variables_count_where_the_own_setting_is_missing() {
    let standard = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://standard:4318/"),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=Bearer%20hunter2, x-a=b",
        ),
        ("OTEL_SERVICE_NAME", "answers"),
    ];
    let config = traces("", &standard);
    assert_eq!(
        config.otlp_endpoint.as_deref(),
        Some("http://standard:4318")
    );
    assert_eq!(config.service_name, "answers");
    assert_eq!(
        headers(&config),
        [("authorization", "Bearer hunter2"), ("x-a", "b")]
    );
    // the secrets of one collector are not sent to another one
    let own = "traces: {otlp_endpoint: 'http://own:4318', service_name: mine}";
    let config = traces(own, &standard);
    assert_eq!(config.otlp_endpoint.as_deref(), Some("http://own:4318"));
    assert_eq!(config.service_name, "mine");
    assert!(headers(&config).is_empty());
    let with_headers = "traces: {headers: {x-file: c}}";
    assert_eq!(headers(&traces(with_headers, &standard)), [("x-file", "c")]);
    let variable = [&standard[..], &[("TROUPE_TRACES_HEADERS", "x-own=d")]].concat();
    assert_eq!(headers(&traces(with_headers, &variable)), [("x-own", "d")]);
}

#[test]
fn wrong_settings_are_named_without_their_secrets() {
    let yaml = "traces: {otlp_endpoint: 'collector:4318', sample: 1.5, conventions: gen_ai-9.9.9, nothing: 1}";
    let environment = [("TROUPE_TRACES_HEADERS", "x-a=b,authorization hunter2")];
    let found = problems(Mode::Dev, yaml, &environment);
    let expected = [
        "app.yaml: traces.otlp_endpoint: \"collector:4318\" given, expected an address",
        "app.yaml: traces.sample: 1.5 given, expected a number from 0 to 1",
        "app.yaml: traces.conventions: \"gen_ai-9.9.9\" given, expected one of: gen_ai-0.1.0, gen_ai-1.36.0",
        "app.yaml: traces.nothing: unknown setting, expected one of: otlp_endpoint, headers, sample",
        "TROUPE_TRACES_HEADERS: header 2 cannot be sent, expected name=value",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for start in expected {
        let is_there = found.iter().any(|problem| problem.starts_with(start));
        assert!(is_there, "{start}: {found:#?}");
    }
    assert!(!found.concat().contains("hunter2"), "{found:#?}");
}

#[test]
fn the_check_shows_the_names_of_headers_and_no_values() {
    let environment = [
        ("TROUPE_TRACES_OTLP_ENDPOINT", "https://collector:4318"),
        ("TROUPE_TRACES_HEADERS", "authorization=hunter2"),
    ];
    let shown = report(&load(Mode::Dev, "", &environment).unwrap());
    let line = shown
        .lines()
        .find(|line| line.starts_with("traces"))
        .unwrap();
    for part in [
        "https://collector:4318",
        "the headers authorization",
        "a share of 1",
        "gen_ai-0.1.0",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!shown.contains("hunter2"), "{shown}");
    let without = report(&load(Mode::Dev, "", &[]).unwrap());
    assert!(!without.contains("traces"), "{without}");
}
