//! The engine as a caller uses it, on a tiny random model, and the real model against a reference.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvError, channel};

use serde::Deserialize;
use serde_json::json;

use super::tiny::{PLACES, TinyBert, WIDTH};
use super::{EmbeddingEngine, EmbeddingOptions, Urgency};
use crate::{LoadError, SubmitError};

type Vectors = Result<Vec<Vec<f32>>, String>;

fn start(tiny: &TinyBert) -> EmbeddingEngine {
    EmbeddingEngine::start(tiny.folder(), EmbeddingOptions::default()).unwrap()
}

fn submit(engine: &EmbeddingEngine, texts: &[&str]) -> Receiver<Vectors> {
    let (sender, vectors) = channel();
    let texts = texts.iter().map(|&text| text.to_owned()).collect();
    let sink = Box::new(move |result| drop(sender.send(result)));
    engine.submit(texts, Urgency::Passage, sink).unwrap();
    vectors
}

fn embed(engine: &EmbeddingEngine, texts: &[&str]) -> Vec<Vec<f32>> {
    submit(engine, texts).recv().unwrap().unwrap()
}

fn dot(left: &[f32], right: &[f32]) -> f64 {
    let products = left.iter().zip(right);
    products
        .map(|(left, right)| f64::from(*left) * f64::from(*right))
        .sum()
}

#[test]
fn every_text_has_a_vector_of_length_one_in_its_place() {
    let engine = start(&TinyBert::new(1));
    let texts = ["a", "the sea is calm", "", "the sea"];
    let together = embed(&engine, &texts);
    assert_eq!(together.len(), 4);
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(vector.len(), WIDTH);
        assert!((dot(vector, vector) - 1.0).abs() < 1e-5, "{text}");
        assert_eq!(embed(&engine, &[text])[0], *vector);
    }
    assert_eq!(engine.dimensions(), WIDTH);
    assert!(dot(&together[1], &together[3]) < 0.9999);
    assert_eq!(embed(&engine, &[]), Vec::<Vec<f32>>::new());
}

#[test]
fn order_and_place_matter_and_case_and_accents_do_not() {
    let engine = start(&TinyBert::new(2));
    let vectors = embed(&engine, &["ab cd", "cd ab", "ÄB  Cd"]);
    assert!(dot(&vectors[0], &vectors[1]) < 0.9999);
    assert_eq!(vectors[0], vectors[2]);
}

#[test]
fn a_long_text_counts_as_far_as_the_model_reads() {
    let engine = start(&TinyBert::new(3));
    let longest = engine.longest_text();
    assert_eq!(longest, PLACES - 2);
    let fits = "a ".repeat(longest);
    let longer = format!("{fits}b c d");
    assert_eq!(engine.count_tokens(&fits).unwrap(), longest);
    assert_eq!(engine.count_tokens(&longer).unwrap(), longest + 3);
    let other_end = format!("{} b", "a ".repeat(longest - 1));
    let vectors = embed(&engine, &[&fits, &longer, &other_end]);
    assert_eq!(vectors[0], vectors[1]);
    assert_ne!(vectors[0], vectors[2]);
}

#[test]
fn a_question_overtakes_passages_and_what_is_cancelled_is_dropped_uncalled() {
    let engine = start(&TinyBert::new(4));
    let (order, finished) = channel();
    let (entered, is_busy) = channel();
    let (release, gate) = channel::<()>();
    // blocks the engine's thread, so that the following jobs have to wait
    let hold = Box::new(move |_| {
        entered.send(()).unwrap();
        gate.recv().unwrap();
    });
    engine.submit(vec![], Urgency::Question, hold).unwrap();
    is_busy.recv().unwrap();
    let queue = |name: &'static str, texts: usize, urgency| {
        let order = order.clone();
        let sink =
            Box::new(move |vectors: Vectors| order.send((name, vectors.unwrap().len())).unwrap());
        engine
            .submit(vec!["a".to_owned(); texts], urgency, sink)
            .unwrap()
    };
    queue("long", 5, Urgency::Passage);
    let cancelled = queue("cancelled", 1, Urgency::Passage);
    queue("short", 1, Urgency::Passage);
    queue("question", 2, Urgency::Question);
    cancelled.cancel();
    release.send(()).unwrap();
    let seen: Vec<_> = (0..3).map(|_| finished.recv().unwrap()).collect();
    assert_eq!(seen, [("question", 2), ("short", 1), ("long", 5)]);
    drop(engine);
    drop(order);
    assert_eq!(
        finished.recv(),
        Err(RecvError),
        "the cancelled one was called"
    );
}

#[test]
fn cancelling_stops_between_two_texts() {
    let engine = start(&TinyBert::new(5));
    let (sender, vectors) = channel::<Vectors>();
    let sink = Box::new(move |result| drop(sender.send(result)));
    let many = vec!["a b c d e f".to_owned(); 100_000];
    let ticket = engine.submit(many, Urgency::Passage, sink).unwrap();
    ticket.cancel();
    // the sink is dropped without a call, long before all texts are read
    assert_eq!(vectors.recv(), Err(RecvError));
    assert_eq!(embed(&engine, &["a"]).len(), 1);
}

#[test]
fn too_much_is_refused_and_an_ending_engine_lets_go() {
    let options = EmbeddingOptions {
        passages: 1,
        ..EmbeddingOptions::default()
    };
    let tiny = TinyBert::new(6);
    let engine = EmbeddingEngine::start(tiny.folder(), options).unwrap();
    let (entered, is_busy) = channel();
    let (release, gate) = channel::<()>();
    let hold = Box::new(move |_| {
        entered.send(()).unwrap();
        let _ = gate.recv();
    });
    engine.submit(vec![], Urgency::Passage, hold).unwrap();
    is_busy.recv().unwrap();
    let waits = submit(&engine, &["a"]);
    let refused = engine.submit(vec!["b".to_owned()], Urgency::Passage, Box::new(|_| ()));
    assert!(matches!(refused, Err(SubmitError::Busy { waiting: 1 })));
    let ending = std::thread::spawn(move || drop(engine));
    assert_eq!(waits.recv(), Err(RecvError));
    drop(release);
    ending.join().unwrap();
}

#[test]
fn a_folder_that_is_no_such_model_says_why() {
    let tiny = TinyBert::new(7);
    let load = || match EmbeddingEngine::start(tiny.folder(), EmbeddingOptions::default()) {
        Ok(_) => panic!("loaded"),
        Err(error) => error,
    };
    tiny.set("num_hidden_layers", json!(3));
    assert!(matches!(load(), LoadError::Unsupported(why) if why.contains("encoder.layer.2")));
    tiny.set("vocab_size", json!(10));
    assert!(matches!(load(), LoadError::Unsupported(why) if why.contains("word_embeddings")));
    tiny.set("hidden_act", json!("relu"));
    assert!(matches!(load(), LoadError::Unsupported(why) if why == "hidden_act relu"));
    tiny.set("hidden_size", json!("wide"));
    assert!(matches!(load(), LoadError::Settings(_)));
    std::fs::remove_file(tiny.folder().join("config.json")).unwrap();
    assert!(matches!(load(), LoadError::Open { .. }));
}

/// Vectors computed in double precision by an independent program.
#[derive(Deserialize)]
struct Reference {
    texts: Vec<ReferenceText>,
    cosines: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct ReferenceText {
    text: String,
    /// Including the special tokens, and truncated to the model's maximum.
    tokens: usize,
    /// The first numbers of the vector.
    first: Vec<f64>,
}

/// The folder that `troupe models fetch` fills when it is run in this repository, as `make test` does.
fn all_minilm() -> EmbeddingEngine {
    let models = std::env::var_os("TROUPE_MODELS_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/models")),
        PathBuf::from,
    );
    let folder = models.join("all-MiniLM-L6-v2");
    assert!(
        folder.is_dir(),
        "{} is missing: run `troupe models fetch`",
        folder.display()
    );
    EmbeddingEngine::start(&folder, EmbeddingOptions::default()).unwrap()
}

#[test]
fn all_minilm_gives_the_vectors_of_the_reference() {
    let reference: Reference = serde_json::from_str(include_str!("reference.json")).unwrap();
    let engine = all_minilm();
    assert_eq!((engine.dimensions(), engine.longest_text()), (384, 254));
    let texts: Vec<&str> = reference.texts.iter().map(|text| &*text.text).collect();
    let vectors = embed(&engine, &texts);
    for (expected, vector) in reference.texts.iter().zip(&vectors) {
        let tokens = engine.count_tokens(&expected.text).unwrap() + 2;
        assert_eq!(tokens.min(256), expected.tokens, "{}", expected.text);
        assert!((dot(vector, vector) - 1.0).abs() < 1e-5);
        for (found, expected_number) in vector.iter().zip(&expected.first) {
            let difference = (f64::from(*found) - expected_number).abs();
            assert!(difference < 1e-4, "{}: {difference}", expected.text);
        }
    }
    for (left, row) in vectors.iter().zip(&reference.cosines) {
        for (right, expected) in vectors.iter().zip(row) {
            assert!((dot(left, right) - expected).abs() < 1e-4);
        }
    }
}
