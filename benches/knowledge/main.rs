//! The load program of the vector stores: `cargo bench --bench knowledge`; `-- --quick` leaves out what takes minutes.
//!
//! For each store: how fast vectors are kept, how long a search takes, and which part of the ten that an exact search finds it
//! finds, for agents of several sizes in one store, and for a hundred agents beside them. PostgreSQL with pgvector takes part
//! where `TROUPE_TEST_DATABASE_URL` names it.
//!
//! The vectors are made up, the same ones each time, of 384 numbers: 500 directions; passages around them at a cosine of
//! about 0.8, as passages of one subject are; and questions, each near a passage at a cosine of about 0.9. Numbers drawn
//! evenly would have no neighbours at all: everything is equally far from everything there.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]
#![expect(
    clippy::cast_precision_loss,
    reason = "counts of a benchmark are far below 2^52"
)]

mod backend;
mod data;
mod measure;

use clap::{Parser, ValueEnum};

use self::{backend::Backend, measure::measure};

/// A sentence that says why nothing can be measured.
type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

/// Measures the vector stores.
#[derive(Parser)]
struct Arguments {
    /// Which store to measure; all of them when nothing is named.
    #[arg(value_enum)]
    stores: Vec<Kind>,
    /// No agent with 100,000 passages, and ten agents beside the others: to see that everything works.
    #[arg(long)]
    quick: bool,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The stores that can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The tables of a SQLite file, with copies in memory.
    Embedded,
    /// PostgreSQL with pgvector.
    Pgvector,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let _ = rustls::crypto::ring::default_provider().install_default();
    println!("# Vector stores\n");
    for backend in Backend::all(&arguments.stores).await? {
        let measured = measure(&backend, arguments.quick).await;
        backend.clear().await?;
        measured?;
    }
    Ok(())
}

/// The text of one of our errors, which has none for a reader on purpose.
#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn failure(error: troupe::error::Error) -> Failure {
    let cause = error.cause().unwrap_or_default();
    format!("{}: {cause}", error.message()).into()
}
