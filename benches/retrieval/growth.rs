//! The time of a search as an agent's knowledge grows.
//!
//! Texts are made up: words by Zipf's law, so that a question has words that occur everywhere and words that occur rarely.
//! Embedding 100,000 passages would take most of an hour, so a server of this process returns made-up vectors at once; the time
//! that the embedded model takes for a question has to be added (`cargo bench -p inference --bench embed`).

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use axum::{Json, Router, routing::post};
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime::Handle};

use crate::{Result, library::Library, questions::Source};

/// The numbers of passages at which searches are measured.
const SIZES: [usize; 2] = [10_000, 100_000];
/// The number of passages of a document.
const PASSAGES: usize = 500;
/// The number of words of a passage.
const WORDS: usize = 110;
/// The number of different words.
const VOCABULARY: u32 = 50_000;
/// The number of questions that are timed.
const QUESTIONS: u64 = 200;
/// The length of a vector: that of the embedded model.
const DIMENSIONS: u64 = 384;

/// Prints the times of searches at each size.
pub(crate) async fn measure(database: Option<&str>) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = Router::new().route("/v1/embeddings", post(embeddings));
    let serving = Handle::current().spawn(async move { axum::serve(listener, server).await });
    let settings = [
        ("TROUPE_OPENAI_BASE_URL", format!("http://{address}/v1")),
        ("TROUPE_EMBEDDING_MODEL", "made-up".to_owned()),
        ("TROUPE_EMBEDDING_BATCH", "2048".to_owned()),
    ];
    let mut library = Box::pin(Library::open(database, &settings)).await?;
    println!("# Searches\n\n| passages | first, ms | p50, ms | p99, ms |\n|---|---|---|---|");
    let measured = grow(&mut library).await;
    library.close().await?;
    serving.abort();
    measured
}

async fn grow(library: &mut Library) -> Result<()> {
    let mut numbers = Numbers(1);
    let mut passages = 0;
    for size in SIZES {
        while passages < size {
            let source = Source {
                path: format!("{passages}.md"),
                text: document(&mut numbers),
                media_type: "text/markdown",
            };
            library.ingest(&source).await?;
            passages += PASSAGES;
        }
        let passages = library.passages().await?.len();
        let mut asked = Numbers(7);
        let first = timed(library, &mut asked).await?;
        let mut times = Vec::new();
        for _ in 0..QUESTIONS {
            times.push(timed(library, &mut asked).await?);
        }
        times.sort();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied();
        println!(
            "| {passages} | {:.1} | {:.1} | {:.1} |",
            milliseconds(Some(first)),
            milliseconds(at(50)),
            milliseconds(at(99))
        );
    }
    Ok(())
}

async fn timed(library: &Library, numbers: &mut Numbers) -> Result<Duration> {
    let question: Vec<String> = (0..8).map(|_| numbers.word()).collect();
    let began = Instant::now();
    library.search(&question.join(" "), 4).await?;
    Ok(began.elapsed())
}

fn milliseconds(time: Option<Duration>) -> f64 {
    time.unwrap_or_default().as_secs_f64() * 1_000.0
}

/// Sections of one passage each.
fn document(numbers: &mut Numbers) -> String {
    let mut text = String::new();
    for number in 0..PASSAGES {
        let _ = write!(text, "\n\n## Section {number}\n\n");
        for place in 0..WORDS {
            text.push_str(&numbers.word());
            text.push_str(if place % 12 == 11 { ". " } else { " " });
        }
    }
    text
}

/// A sequence of numbers without a pattern, the same in each run (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to 1.
    fn share(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or_default()) / f64::from(u32::MAX)
    }

    /// A word: the one of rank r occurs in proportion to 1 / r.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank below the size of the vocabulary"
    )]
    fn word(&mut self) -> String {
        let mut left = f64::from(VOCABULARY).powf(self.share()) as u32;
        let mut word = String::from("w");
        while left > 0 {
            word.extend(char::from_digit(left % 26 + 10, 36));
            left /= 26;
        }
        word
    }
}

/// Vectors that are made of the lengths of the texts and of their first letters.
async fn embeddings(Json(request): Json<Value>) -> Json<Value> {
    let texts = request.get("input").and_then(Value::as_array);
    let data: Vec<Value> = texts
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(index, text)| {
            let text = text.as_str().unwrap_or_default();
            let seed = text.bytes().take(200).fold(0_u64, |seed, byte| {
                seed.wrapping_mul(31).wrapping_add(u64::from(byte))
            });
            let mut numbers = Numbers(seed);
            let vector: Vec<f64> = (0..DIMENSIONS).map(|_| numbers.share() - 0.5).collect();
            json!({"index": index, "embedding": vector})
        })
        .collect();
    Json(json!({"data": data, "usage": {"prompt_tokens": 1}}))
}
