//! The embeddings of the scripted provider: only texts with common words are similar.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// The settings that make agents embed through the scripted provider.
pub(crate) const EMBEDDINGS: (&str, &str) = ("TROUPE_EMBEDDING_MODEL", "words");

/// The length of a vector.
const DIMENSIONS: usize = 256;

/// A way in which an embedding API differs from the usual one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum EmbeddingHabit {
    #[default]
    None,
    /// The index 0 is left out.
    FirstIndexMissing,
    /// No vector has an index.
    NoIndex,
    /// Vectors are base64 of numbers.
    Base64,
    /// Refuses more texts than this in one request.
    MostTexts(usize),
    /// Refuses a text of more tokens than this; a character beyond Latin is a token, otherwise a word.
    MostTokens(usize),
    /// Refuses `encoding_format`.
    NoFormat,
    /// Refuses everything, with this status.
    RefuseAll(u16),
    /// Vectors have half of the usual length.
    Short,
}

/// The state of the embedding endpoint.
#[derive(Default)]
pub(crate) struct Embeddings {
    /// The number of next requests that fail.
    failures: AtomicUsize,
    /// A gate that requests pass one by one, if it is set.
    gate: Mutex<Option<Arc<Semaphore>>>,
    /// The number of requests that wait at the gate.
    held: AtomicUsize,
    /// The number of embedded texts.
    texts: AtomicUsize,
    habit: Mutex<EmbeddingHabit>,
}

impl Embeddings {
    /// Fails this number of next requests with a temporary status.
    pub(crate) fn fail(&self, requests: usize) {
        self.failures.store(requests, Ordering::SeqCst);
    }

    /// Plays a habit from now on.
    pub(crate) fn play(&self, habit: EmbeddingHabit) {
        *self.habit.lock().unwrap() = habit;
    }

    /// Holds requests back; each permit of the gate lets one pass.
    pub(crate) fn hold(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        *self.gate.lock().unwrap() = Some(Arc::clone(&gate));
        gate
    }

    /// The number of requests that are held back now.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }

    /// The number of embedded texts.
    pub(crate) fn texts(&self) -> usize {
        self.texts.load(Ordering::SeqCst)
    }

    async fn pass(&self) -> bool {
        let gate = self.gate.lock().unwrap().clone();
        if let Some(gate) = gate {
            self.held.fetch_add(1, Ordering::SeqCst);
            gate.acquire().await.unwrap().forget();
            self.held.fetch_sub(1, Ordering::SeqCst);
        }
        let left = self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        left.is_err()
    }
}

/// `POST /v1/embeddings`
pub(super) async fn embed(
    State(embeddings): State<Arc<Embeddings>>,
    Json(asked): Json<Value>,
) -> Response {
    if !embeddings.pass().await {
        let error = json!({"error": {"message": "overloaded"}});
        return (StatusCode::SERVICE_UNAVAILABLE, Json(error)).into_response();
    }
    let texts: Vec<&str> = match &asked["input"] {
        Value::String(text) => vec![text],
        Value::Array(texts) => texts.iter().map(|text| text.as_str().unwrap()).collect(),
        other => panic!("input is {other}"),
    };
    let habit = *embeddings.habit.lock().unwrap();
    if let Some((status, message)) = refusal(habit, &texts, &asked) {
        let error = json!({"error": {"message": message, "type": "invalid_request_error"}});
        return (StatusCode::from_u16(status).unwrap(), Json(error)).into_response();
    }
    embeddings.texts.fetch_add(texts.len(), Ordering::SeqCst);
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| item(habit, index, text))
        .collect();
    Json(json!({"object": "list", "model": asked["model"], "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}}))
        .into_response()
}

fn refusal(habit: EmbeddingHabit, texts: &[&str], asked: &Value) -> Option<(u16, String)> {
    let tokens = |text: &str| {
        let words = text.split_whitespace().count();
        text.chars().filter(|c| *c > '\u{2e80}').count().max(words)
    };
    let longest = texts.iter().map(|text| tokens(text)).max().unwrap_or(0);
    match habit {
        EmbeddingHabit::MostTexts(most) if texts.len() > most => Some((
            400,
            format!("batch size is invalid, it should not be larger than {most}"),
        )),
        EmbeddingHabit::MostTokens(most) if longest > most => Some((
            413,
            format!("inputs must have less than {most} tokens. Given: {longest}"),
        )),
        EmbeddingHabit::NoFormat if !asked["encoding_format"].is_null() => Some((
            422,
            "encoding_format: Extra inputs are not permitted".to_owned(),
        )),
        EmbeddingHabit::RefuseAll(status) => Some((status, "this model is for birds".to_owned())),
        _ => None,
    }
}

fn item(habit: EmbeddingHabit, index: usize, text: &str) -> Value {
    let mut numbers = vector(text);
    if let EmbeddingHabit::Short = habit {
        numbers.truncate(DIMENSIONS / 2);
    }
    let embedding = if let EmbeddingHabit::Base64 = habit {
        let bytes: Vec<u8> = numbers
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        json!(base64::Engine::encode(
            &base64::prelude::BASE64_STANDARD,
            bytes
        ))
    } else {
        json!(numbers)
    };
    let has_index = match habit {
        EmbeddingHabit::FirstIndexMissing => index > 0,
        EmbeddingHabit::NoIndex => false,
        _ => true,
    };
    if has_index {
        json!({"object": "embedding", "index": index, "embedding": embedding})
    } else {
        json!({"object": "embedding", "embedding": embedding})
    }
}

/// Counts each word in a position that follows from its first letters.
fn vector(text: &str) -> Vec<f32> {
    let mut values = vec![0.0_f32; DIMENSIONS];
    values[0] = 0.1;
    for word in text.split(|letter: char| !letter.is_alphanumeric()) {
        let stem: String = word.to_lowercase().chars().take(5).collect();
        if stem.chars().count() < 3 {
            continue;
        }
        let mut hasher = DefaultHasher::new();
        stem.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % (DIMENSIONS as u64 - 1)).unwrap();
        values[place + 1] += 1.0;
    }
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.iter().map(|value| value / length).collect()
}
