//! The quality of search: `cargo bench --bench retrieval`. It fails unless the combined search is better than either
//! kind alone.
//!
//! The program itself ingests the repository's own documents, with its embedded model and its splitting, into a SQLite
//! file. Then every question of `questions.yaml` is searched by vectors, by words, and by both.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]

mod library;
mod questions;
mod score;

use std::{env, path::PathBuf, time::Instant};

use clap::Parser;
use troupe::domain::Passage;

use self::{
    library::Library,
    questions::{Kind, Labelled},
    score::{Figures, MOST, Way},
};

/// A sentence with the reason why nothing can be measured.
type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

/// Measures how well passages are found.
#[derive(Parser)]
struct Arguments {
    /// Also prints, for each question, the rank at which each kind of search finds the first passage that answers it.
    #[arg(long)]
    each: bool,
    /// Accepted because Cargo passes it.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let labelled = Labelled::load(&root())?;
    let library = Box::pin(Library::open(&models())).await?;
    let figures = measure(&library, &labelled, arguments.each).await;
    library.close().await?;
    let figures = figures?;
    println!("{}", figures.table());
    if figures.is_hybrid_best() {
        Ok(())
    } else {
        Err("both ways together do not find better than each alone".into())
    }
}

async fn measure(library: &Library, labelled: &Labelled, each: bool) -> Result<Figures> {
    let started = Instant::now();
    for document in &labelled.documents {
        library.ingest(document).await?;
    }
    let passages = library.passages().await?;
    println!(
        "# Retrieval\n\n{} questions about {} documents, {} passages; read and embedded in {:.1} s.\n",
        labelled.questions.len(),
        labelled.documents.len(),
        passages.len(),
        started.elapsed().as_secs_f64()
    );
    check_quotes(labelled, &passages)?;
    let mut figures = Figures::default();
    for way in Way::ALL {
        library.search_by(way.weights()).await?;
        for question in &labelled.questions {
            let found = library.search(&question.ask, MOST).await?;
            figures.add(way, question, &found);
        }
    }
    if each {
        println!("{}", figures.places());
    }
    Ok(figures)
}

/// Checks that each quote lies within one passage: one that is split across two would count as never found.
fn check_quotes(labelled: &Labelled, passages: &[Passage]) -> Result<()> {
    let answers = labelled.questions.iter().flat_map(|one| &one.answers);
    let cut: Vec<String> = answers
        .filter(|answer| !passages.iter().any(|passage| answer.is_in(&passage.text)))
        .map(|answer| format!("\n  {}: {}", answer.path, answer.quote))
        .collect();
    if cut.is_empty() {
        return Ok(());
    }
    let cut = cut.concat();
    Err(format!("quotes that no passage has whole:{cut}").into())
}

/// The folder that the documents' paths are relative to.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folder in which `troupe models fetch` stores the model when it runs in this repository.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads where the models are"
)]
fn models() -> PathBuf {
    env::var("TROUPE_MODELS_DIR").map_or_else(|_| root().join("data/models"), PathBuf::from)
}

/// The text of an error of the program, which deliberately has no `Display`.
#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn failure(error: troupe::error::Error) -> Failure {
    let cause = error.cause().unwrap_or_default();
    format!("{}: {cause}", error.message()).into()
}
