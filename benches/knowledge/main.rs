//! The load program of the vector stores: `cargo bench --bench knowledge`; `-- --quick` skips the parts that take
//! minutes.
//!
//! For each store it measures the rate of writes, the time of a search, and the recall of the ten passages that an
//! exact search finds, for agents of several sizes in one store, and for a hundred agents beside them. PostgreSQL with
//! pgvector takes part if `TROUPE_TEST_DATABASE_URL` is set.
//!
//! The vectors are synthetic, the same in each run, of 384 numbers: 500 directions; passages around them at a cosine of
//! about 0.8, like passages of one subject; and questions, each near a passage at a cosine of about 0.9. Evenly
//! distributed vectors would have no neighbours at all, since all their distances are about equal.
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

/// A sentence with the reason why nothing can be measured.
type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

/// Measures the vector stores.
#[derive(Parser)]
struct Arguments {
    /// The stores to measure; all of them when none is named.
    #[arg(value_enum)]
    stores: Vec<Kind>,
    /// Skips the agent with 100,000 passages, and measures ten agents beside the others: a check that everything works.
    #[arg(long)]
    quick: bool,
    /// Accepted because Cargo passes it.
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

/// The text of an error of the program, which deliberately has no `Display`.
#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn failure(error: troupe::error::Error) -> Failure {
    let cause = error.cause().unwrap_or_default();
    format!("{}: {cause}", error.message()).into()
}
