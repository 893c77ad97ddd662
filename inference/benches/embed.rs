//! How fast a sentence model loads, answers one short question and reads passages:
//! `cargo bench -p inference --bench embed -- <folder>`.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use inference::{EmbeddingEngine, EmbeddingOptions, Urgency};

/// Where the model lies when no folder is given; benches run in this package's folder.
const DEFAULT_MODEL: &str = "../data/models/all-MiniLM-L6-v2";

const QUESTION: &str = "How do I reset my password?";
const QUESTIONS: u32 = 50;
const PASSAGES: u32 = 60;
/// Tokens of a passage.
const LENGTHS: [usize; 3] = [32, 66, 254];

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let given = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let folder = PathBuf::from(given.unwrap_or_else(|| DEFAULT_MODEL.to_owned()));
    if !folder.exists() {
        println!(
            "No model at {}; name a folder as the first argument.",
            folder.display()
        );
        return Ok(());
    }
    measure(&folder)
}

fn measure(folder: &Path) -> Result<(), Failure> {
    let begin = Instant::now();
    let engine = EmbeddingEngine::start(folder, EmbeddingOptions::default())?;
    println!("load {:.2} s", begin.elapsed().as_secs_f64());

    // the first pass touches the weights for the first time
    embed(&engine, vec![QUESTION.to_owned()], Urgency::Question)?;
    let mut times = (0..QUESTIONS)
        .map(|_| embed(&engine, vec![QUESTION.to_owned()], Urgency::Question))
        .collect::<Result<Vec<_>, _>>()?;
    times.sort();
    let milliseconds = |time: Option<&Duration>| time.map_or(0.0, Duration::as_secs_f64) * 1000.0;
    println!(
        "a question of {} tokens: median {:.1} ms, slowest {:.1} ms",
        engine.count_tokens(QUESTION)?,
        milliseconds(times.get(times.len() / 2)),
        milliseconds(times.last()),
    );

    println!("| tokens of a passage | passages/s |");
    println!("|---|---|");
    for tokens in LENGTHS {
        let mut passage = String::new();
        while engine.count_tokens(&passage)? < tokens {
            passage.push_str(" tide");
        }
        let passages = vec![passage; PASSAGES as usize];
        let time = embed(&engine, passages, Urgency::Passage)?;
        println!(
            "| {tokens} | {:.1} |",
            f64::from(PASSAGES) / time.as_secs_f64()
        );
    }
    Ok(())
}

/// How long the texts took.
fn embed(
    engine: &EmbeddingEngine,
    texts: Vec<String>,
    urgency: Urgency,
) -> Result<Duration, Failure> {
    let (sender, vectors) = channel();
    let begin = Instant::now();
    let sink = Box::new(move |result| drop(sender.send(result)));
    engine.submit(texts, urgency, sink)?;
    vectors.recv()??;
    Ok(begin.elapsed())
}
