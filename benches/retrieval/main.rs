//! The quality and the speed of search: `cargo bench --bench retrieval`. It fails when the combined search is worse than the
//! better one of both kinds, on all questions, on a kind, or in a language.
//!
//! The program itself ingests documents, with its embedded model and its splitting. Then every question is searched by
//! vectors, by words, and by both. Without an option, the questions are those of `questions.yaml` about the repository's
//! own documents.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]

mod collection;
mod growth;
mod library;
mod questions;
mod score;

use std::{
    env,
    path::{Path, PathBuf},
    time::Instant,
};

use clap::Parser;
use troupe::domain::Passage;

use self::{
    library::Library,
    questions::{Answer, Kind, Labelled},
    score::{Figures, MOST, Way},
};

/// A sentence with the reason why nothing can be measured.
type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

/// A file of the embedding model.
const MODEL: &str = "all-MiniLM-L6-v2/model.safetensors";

/// Measures how well and how fast passages are found.
#[derive(Parser)]
struct Arguments {
    /// A folder with a public collection (documents.jsonl, queries.jsonl, relevance.tsv) to ask instead.
    #[arg(long)]
    collection: Option<PathBuf>,
    /// The URL of an empty PostgreSQL database to use instead of a SQLite file.
    #[arg(long)]
    database: Option<String>,
    /// Measures the time of a search at 10,000 and 100,000 passages instead.
    #[arg(long)]
    growth: bool,
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
    let database = arguments.database.as_deref();
    if arguments.growth {
        return Box::pin(growth::measure(database)).await;
    }
    let labelled = match &arguments.collection {
        Some(folder) => collection::load(folder)?,
        None => Labelled::load(&root())?,
    };
    let settings = [
        ("TROUPE_MODELS_DIR", models()?.display().to_string()),
        // no chats: without this a chat model would be loaded
        ("TROUPE_OPENAI_BASE_URL", "http://127.0.0.1:9/v1".to_owned()),
    ];
    let mut library = Box::pin(Library::open(database, &settings)).await?;
    let figures = measure(&mut library, &labelled, arguments.each).await;
    library.close().await?;
    let figures = figures?;
    println!("{}", figures.table());
    let worse = figures.worse();
    if worse.is_empty() {
        return Ok(());
    }
    Err(format!(
        "both ways together find worse than one alone: {}",
        worse.join(", ")
    )
    .into())
}

async fn measure(library: &mut Library, labelled: &Labelled, each: bool) -> Result<Figures> {
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
    check_answers(library, labelled, &passages)?;
    let mut figures = Figures::default();
    for way in Way::ALL {
        library.search_by(way.weights()).await?;
        for question in &labelled.questions {
            let found = library.search(&question.ask, MOST).await?;
            figures.add(way, question, &found, |passage| {
                library.path_of(passage.document)
            });
        }
    }
    if each {
        println!("{}", figures.places());
    }
    Ok(figures)
}

/// Checks that each answer lies within one passage: one that is split across two would count as never found.
fn check_answers(library: &Library, labelled: &Labelled, passages: &[Passage]) -> Result<()> {
    let answers = labelled.questions.iter().flat_map(|one| &one.answers);
    let cut: Vec<String> = answers
        .filter(|answer| answer.quote.is_some())
        .filter(|answer| {
            let has =
                |passage: &Passage| answer.is_in(library.path_of(passage.document), &passage.text);
            !passages.iter().any(has)
        })
        .map(Answer::shown)
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
fn models() -> Result<PathBuf> {
    let models =
        env::var("TROUPE_MODELS_DIR").map_or_else(|_| root().join("data/models"), PathBuf::from);
    if Path::exists(&models.join(MODEL)) {
        return Ok(models);
    }
    let models = models.display();
    Err(format!("no {MODEL} in {models}: run `troupe models fetch`").into())
}

/// The text of an error of the program, which deliberately has no `Display`.
#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn failure(error: troupe::error::Error) -> Failure {
    let cause = error.cause().unwrap_or_default();
    format!("{}: {cause}", error.message()).into()
}
