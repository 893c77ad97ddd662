//! The embedder against correct and faulty providers.

use std::time::Duration;

use serde_json::json;

use super::{
    provider::{Provider, Reply},
    *,
};

use crate::{domain::Secret, error::Kind};

const KEY: &str = "sk-very-secret";

fn embedder(provider: &Provider, dimensions: Option<usize>) -> OpenAiEmbedder {
    // Another test may have installed the provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().no_proxy().build().unwrap();
    OpenAiEmbedder::new(
        client,
        OpenAiEmbedderOptions {
            endpoint: EndpointOptions {
                base_url: provider.url.clone(),
                api_key: Some(Secret::new(KEY)),
                api_key_header: None,
                headers: Vec::new(),
            },
            model: "embed-3".to_owned(),
            dimensions,
            batch: None,
            longest_text: None,
            price_per_million_usd: 2.0,
            timeouts: ModelTimeouts {
                first_byte: Duration::from_secs(2),
                idle: Duration::from_secs(2),
            },
        },
    )
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// The error of embedding one text with a provider that always replies with `reply`, and the number of requests.
async fn refused_with(reply: impl Fn() -> Reply + Send + 'static) -> (Error, usize) {
    let provider = Provider::start(move |_, _| reply()).await;
    let embedder = embedder(&provider, None);
    let failed = embedder.embed(&texts(&["a"]), Purpose::Question).await;
    let error = failed.unwrap_err();
    let told = format!("{} {:?}", error.message(), error.cause());
    assert!(!told.contains(KEY), "{told}");
    assert_eq!(*error.kind(), Kind::Unavailable, "{told}");
    (error, provider.asked().len())
}

fn status(status: u16, headers: &'static str) -> impl Fn() -> Reply + Send + 'static {
    let body = json!({"error": {"message": "no", "type": "x"}}).to_string();
    move || Reply::Full(status, headers, body.clone())
}

#[tokio::test]
async fn vectors_are_returned_in_the_order_of_the_texts() {
    let provider = Provider::start(|_, asked| Reply::lengths(asked)).await;
    let embedder = embedder(&provider, None);
    let given = texts(&["four", "one two three", "ü"]);
    let vectors = embedder
        .embed(&given, Purpose::Passage)
        .await
        .unwrap()
        .vectors;
    let ratios: Vec<f32> = vectors.iter().map(|v| (v[0] / v[1]).round()).collect();
    assert_eq!(ratios, [4.0, 13.0, 1.0]);
    for vector in &vectors {
        let length: f32 = vector.iter().map(|number| number * number).sum();
        assert!((length - 1.0).abs() < 1e-6);
    }

    let asked = provider.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].head[0], "POST /v1/embeddings HTTP/1.1");
    assert!(
        asked[0]
            .head
            .contains(&format!("authorization: Bearer {KEY}"))
    );
    assert_eq!(
        asked[0].body,
        json!({"model": "embed-3", "input": given, "encoding_format": "float"})
    );
    assert_eq!(embedder.model(), "embed-3");
    // The first reply contained the length of the vectors.
    assert_eq!(embedder.dimensions().await.unwrap(), 2);
    assert_eq!(provider.asked().len(), 1);
    let none = embedder.embed(&[], Purpose::Passage).await.unwrap().vectors;
    assert_eq!((none.len(), provider.asked().len()), (0, 1));
}

#[tokio::test]
async fn many_texts_are_batched() {
    let provider = Provider::start(|_, asked| Reply::lengths(asked)).await;
    let embedder = embedder(&provider, None);
    let given: Vec<String> = (1..=100).map(|length| "ä".repeat(length)).collect();
    let vectors = embedder
        .embed(&given, Purpose::Passage)
        .await
        .unwrap()
        .vectors;
    let lengths: Vec<f32> = vectors.iter().map(|v| (v[0] / v[1]).round()).collect();
    let expected: Vec<f32> = (1_u8..=100).map(f32::from).collect();
    assert_eq!(lengths, expected);
    let sizes: Vec<usize> = provider
        .asked()
        .iter()
        .map(|asked| asked.body["input"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [96, 4]);
}

#[tokio::test]
async fn a_refused_batch_is_halved_and_the_size_is_remembered() {
    let refusal =
        json!({"error": {"message": "batch size is invalid, it should not be larger than 10"}});
    let provider = Provider::start(move |_, asked| {
        if asked.body["input"].as_array().unwrap().len() > 10 {
            Reply::Full(400, "", refusal.to_string())
        } else {
            Reply::lengths(asked)
        }
    })
    .await;
    let embedder = embedder(&provider, None);
    let given: Vec<String> = (1..=20).map(|length| "ä".repeat(length)).collect();
    let mut requests = Vec::new();
    for _ in 0..2 {
        let vectors = embedder
            .embed(&given, Purpose::Passage)
            .await
            .unwrap()
            .vectors;
        let lengths: Vec<f32> = vectors.iter().map(|v| (v[0] / v[1]).round()).collect();
        assert_eq!(lengths, (1_u8..=20).map(f32::from).collect::<Vec<_>>());
        requests.push(provider.asked().len());
    }
    // refused with 20 texts, then twice 10; later only twice 10
    assert_eq!(requests, [3, 5]);
}

#[tokio::test]
async fn a_text_that_the_model_refuses_as_too_long_is_divided() {
    let refusal =
        json!({"message": "inputs must have less than 100 tokens. Given: 640", "code": 413});
    let provider = Provider::start(move |_, asked| {
        let texts = asked.body["input"].as_array().unwrap().iter();
        if texts.map(|text| text.as_str().unwrap().len()).max() > Some(320) {
            Reply::Full(413, "", refusal.to_string())
        } else {
            Reply::lengths(asked)
        }
    })
    .await;
    let embedder = embedder(&provider, None);
    assert_eq!(embedder.longest_text(), LONGEST_TEXT);
    let given = texts(&["word ".repeat(120).as_str()]);
    let vectors = embedder
        .embed(&given, Purpose::Passage)
        .await
        .unwrap()
        .vectors;
    assert_eq!(vectors.len(), 1);
    assert_eq!(embedder.longest_text(), 101);
    // each half was embedded whole
    let asked = provider.asked();
    let sent: usize = asked.last().unwrap().body["input"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap().len())
        .sum();
    assert_eq!(sent, 600);
}

#[tokio::test]
async fn a_permanent_refusal_is_lasting_and_has_the_providers_words() {
    let (error, _) = refused_with(status(400, "")).await;
    assert!(error.is_lasting());
    assert!(error.message().ends_with(": no"), "{}", error.message());
    let (error, _) = refused_with(status(503, "retry-after: 0\r\n")).await;
    assert!(!error.is_lasting());
}

#[tokio::test]
async fn the_vector_length_is_requested_once_or_configured() {
    let provider = Provider::start(|_, asked| Reply::lengths(asked)).await;
    let asking = embedder(&provider, None);
    assert_eq!(asking.dimensions().await.unwrap(), 2);
    assert_eq!(asking.dimensions().await.unwrap(), 2);
    assert_eq!(provider.asked().len(), 1);

    let configured = embedder(&provider, Some(3));
    assert_eq!(configured.dimensions().await.unwrap(), 3);
    assert_eq!(provider.asked().len(), 1);
    let failed = configured.embed(&texts(&["a"]), Purpose::Question).await;
    let error = failed.unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert!(error.message().contains("2 numbers, expected 3"));
}

#[tokio::test]
async fn a_failed_vector_length_request_is_repeated() {
    let provider = Provider::start(|count, asked| match count {
        0 => Reply::Full(401, "", "{}".to_owned()),
        _ => Reply::lengths(asked),
    })
    .await;
    let embedder = embedder(&provider, None);
    let error = embedder.dimensions().await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert_eq!(embedder.dimensions().await.unwrap(), 2);
}

#[tokio::test]
async fn a_temporary_failure_is_retried() {
    let provider = Provider::start(|count, asked| match count {
        0 => Reply::Full(429, "retry-after: 0\r\n", "{}".to_owned()),
        1 => Reply::Cut,
        3 => Reply::Full(408, "retry-after: 0\r\n", String::new()),
        _ => Reply::lengths(asked),
    })
    .await;
    let embedder = embedder(&provider, None);
    for asked_so_far in [3, 5] {
        let vectors = embedder.embed(&texts(&["a"]), Purpose::Question).await;
        assert_eq!(vectors.unwrap().vectors.len(), 1);
        assert_eq!(provider.asked().len(), asked_so_far);
    }
}

#[tokio::test]
async fn the_number_of_retries_is_bounded() {
    let (error, asked) = refused_with(status(503, "retry-after: 0\r\n")).await;
    assert_eq!(asked, 3);
    assert!(error.cause().unwrap().contains("503"));
    let (_, asked) = refused_with(status(429, "retry-after: 0\r\n")).await;
    assert_eq!(asked, 3);
    // The requested delay is longer than the maximum wait.
    let (_, asked) = refused_with(status(429, "retry-after: 60\r\n")).await;
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_job_learns_how_long_the_provider_asks_to_wait() {
    let provider =
        Provider::start(|_, _| Reply::Full(429, "retry-after: 60\r\n", "{}".to_owned())).await;
    let failed = embedder(&provider, None)
        .embed(&texts(&["a"]), Purpose::Passage)
        .await;
    let minute = Some(Duration::from_mins(1));
    assert_eq!(*failed.unwrap_err().kind(), Kind::RateLimited(minute));
}

#[tokio::test]
async fn a_permanent_failure_is_reported_at_once() {
    let (error, asked) = refused_with(status(401, "")).await;
    assert_eq!(asked, 1);
    assert!(error.message().contains("refuses our key"));
    let too_long = json!({"error": {"message": "long", "code": "context_length_exceeded"}});
    let too_long = move || Reply::Full(400, "", too_long.to_string());
    let (error, asked) = refused_with(too_long).await;
    assert_eq!(asked, 1);
    assert!(error.message().contains("too long"));
    let (error, asked) = refused_with(|| Reply::Silence).await;
    assert_eq!(asked, 1);
    assert!(error.message().contains("silent"));
}

#[tokio::test]
async fn a_malformed_response_is_refused() {
    let answers = [
        json!({"data": []}),
        json!({"data": [{"index": 0, "embedding": [0.0, 0.0]}]}),
        json!({"data": [{"index": 0, "embedding": []}]}),
        json!("<html>"),
    ];
    for answer in answers {
        let (error, asked) = refused_with(move || Reply::of(&answer)).await;
        assert_eq!(asked, 1);
        assert!(error.message().contains("no list of vectors"));
    }
    let endless = || Reply::Full(200, "", " ".repeat(LARGEST_ANSWER + 1));
    let (error, asked) = refused_with(endless).await;
    assert_eq!(asked, 1);
    assert!(error.message().contains("far more"));
}

#[tokio::test]
async fn vectors_of_different_lengths_are_refused() {
    let answer =
        json!({"data": [{"index": 0, "embedding": [1, 2]}, {"index": 1, "embedding": [1]}]});
    let provider = Provider::start(move |_, _| Reply::of(&answer)).await;
    let failed = embedder(&provider, None)
        .embed(&texts(&["a", "b"]), Purpose::Passage)
        .await;
    assert_eq!(*failed.unwrap_err().kind(), Kind::Unavailable);
}
