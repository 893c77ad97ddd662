//! How fast a sentence model loads, how long a text takes by its length, and what the process keeps in memory:
//! `cargo bench -p inference --bench embed -- <folder>`.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use inference::{EmbeddingEngine, EmbeddingOptions, Urgency};

/// Where the model lies when no folder is given; benches run in this package's folder.
const DEFAULT_MODEL: &str = "../data/models/all-MiniLM-L6-v2";

/// A message of nine words.
const MESSAGE: &str = "I would like to change my delivery address please";

/// A message of forty words.
const LETTER: &str = "Last week I ordered two chairs and a table from your shop, and only the chairs have arrived \
    so far. Could you please tell me when the table will be delivered, or return what I paid for it to my card?";

/// The number of tokens of the passage, without the special ones.
const PASSAGE: usize = 200;

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
    let before = resident();
    let begin = Instant::now();
    let engine = EmbeddingEngine::start(folder, EmbeddingOptions::default())?;
    let load = begin.elapsed().as_secs_f64();
    println!("load {load:.2} s, {}", grown(before));

    println!("| text | tokens | p50, ms | p99, ms |");
    println!("|---|---|---|---|");
    let mut passage = String::new();
    while engine.count_tokens(&passage)? < PASSAGE {
        passage.push_str(" tide");
    }
    for (name, text, times) in [
        ("9 words", MESSAGE, 300),
        ("40 words", LETTER, 200),
        ("passage", passage.as_str(), 60),
    ] {
        // the first pass touches weights and buffers for the first time
        embed(&engine, text)?;
        let mut times = (0..times)
            .map(|_| embed(&engine, text))
            .collect::<Result<Vec<_>, _>>()?;
        times.sort();
        println!(
            "| {name} | {} | {:.2} | {:.2} |",
            engine.count_tokens(text)?,
            milliseconds(&times, 50),
            milliseconds(&times, 99),
        );
    }
    println!("after them, {}", grown(before));
    Ok(())
}

/// The value below which `percent` of the sorted times lie.
fn milliseconds(sorted: &[Duration], percent: usize) -> f64 {
    let place = (sorted.len() * percent / 100).min(sorted.len() - 1);
    sorted.get(place).map_or(0.0, Duration::as_secs_f64) * 1000.0
}

/// How long a text took.
fn embed(engine: &EmbeddingEngine, text: &str) -> Result<Duration, Failure> {
    let (sender, vectors) = channel();
    let begin = Instant::now();
    let sink = Box::new(move |result| drop(sender.send(result)));
    engine.submit(vec![text.to_owned()], Urgency::Question, sink)?;
    vectors.recv()??;
    Ok(begin.elapsed())
}

/// The resident size in KiB, as Linux reports it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn grown(before: Option<u64>) -> String {
    match (before, resident()) {
        (Some(before), Some(now)) => {
            format!(
                "{} MiB resident more than before",
                now.saturating_sub(before) / 1024
            )
        }
        _ => "resident size unknown".to_owned(),
    }
}
