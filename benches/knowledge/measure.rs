//! Measures a store and prints the table of its figures.

use std::time::Instant;

use hdrhistogram::Histogram;
use troupe::{
    domain::PassageId,
    port::{Collection, VectorQuery, VectorRecord},
};

use crate::{
    Result,
    backend::Backend,
    data::{Source, closest},
    failure,
};

/// The numbers of passages of the agents that are measured alone.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// The number of passages of each of the many agents.
const SMALL: usize = 1_000;
/// The number of timed questions; a tenth of them is asked before, as a warm-up.
const QUESTIONS: usize = 300;
/// The number of questions whose result is compared with an exact search.
const COMPARED: usize = 100;
/// The number of wanted passages.
const MOST: usize = 10;
/// The number of vectors in one write, as in ingestion.
const BATCH: usize = 500;

/// An agent's collection and the vectors in it.
type Agent<'a> = (&'a Collection, Vec<VectorRecord>);

/// The figures of one agent, or of several.
struct Figures {
    kept_per_second: f64,
    settled_s: f64,
    first_ms: f64,
    p50_ms: f64,
    p99_ms: f64,
    recall: f64,
}

/// Measures a store, and prints its table.
pub(crate) async fn measure(backend: &Backend, quick: bool) -> Result<()> {
    println!("## {}\n", backend.name);
    println!(
        "| agents | passages each | kept per second | settled, s | first query, ms | p50, ms | p99, ms | recall@10 |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let sizes = SIZES.iter().filter(|size| !quick || **size < 100_000);
    for size in sizes {
        let collections = backend.collections(1).await?;
        let figures = agents(backend, &collections, *size).await?;
        print(1, *size, &figures);
    }
    let collections = backend.collections(if quick { 10 } else { 100 }).await?;
    let figures = agents(backend, &collections, SMALL).await?;
    print(collections.len(), SMALL, &figures);
    println!("\nOf several agents, the recall is that of the worst one.\n");
    Ok(())
}

fn print(agents: usize, passages: usize, figures: &Figures) {
    println!(
        "| {agents} | {passages} | {:.0} | {:.1} | {:.1} | {:.2} | {:.2} | {:.3} |",
        figures.kept_per_second,
        figures.settled_s,
        figures.first_ms,
        figures.p50_ms,
        figures.p99_ms,
        figures.recall
    );
}

/// Fills the collections, then queries them in turn.
async fn agents(backend: &Backend, collections: &[Collection], size: usize) -> Result<Figures> {
    let mut source = Source::new(0x9E37_79B9_7F4A_7C15);
    let all: Vec<Agent<'_>> = collections
        .iter()
        .map(|collection| (collection, source.records(size)))
        .collect();
    let started = Instant::now();
    for (collection, records) in &all {
        for batch in records.chunks(BATCH) {
            let kept = backend.vectors.upsert(collection, batch).await;
            kept.map_err(failure)?;
        }
    }
    let kept_per_second = (size * all.len()) as f64 / started.elapsed().as_secs_f64();
    let started = Instant::now();
    for collection in collections {
        backend.vectors.settle(collection).await.map_err(failure)?;
    }
    let settled_s = started.elapsed().as_secs_f64();
    let mut first: Vec<f64> = Vec::new();
    for agent in &all {
        first.push(ask(backend, agent, &source.question(&agent.1)).await?.0);
    }
    first.sort_unstable_by(f64::total_cmp);
    let (times, recall) = ask_all(backend, &all, &mut source).await?;
    Ok(Figures {
        kept_per_second,
        settled_s,
        first_ms: first.get(first.len() / 2).copied().unwrap_or(f64::NAN),
        p50_ms: times.value_at_quantile(0.5) as f64 / 1e6,
        p99_ms: times.value_at_quantile(0.99) as f64 / 1e6,
        recall,
    })
}

/// Queries the agents in turn; returns the times in nanoseconds, and the recall of the worst agent.
async fn ask_all(
    backend: &Backend,
    all: &[Agent<'_>],
    source: &mut Source,
) -> Result<(Histogram<u64>, f64)> {
    for agent in all.iter().cycle().take(QUESTIONS / 10) {
        ask(backend, agent, &source.question(&agent.1)).await?;
    }
    let mut times = Histogram::new(3)?;
    let mut hits = vec![(0_usize, 0_usize); all.len()];
    let compared = COMPARED.max(all.len() * 5);
    for turn in 0..QUESTIONS.max(compared) {
        let at = turn % all.len();
        let (Some(agent), Some((hit, wanted))) = (all.get(at), hits.get_mut(at)) else {
            continue;
        };
        let question = source.question(&agent.1);
        let (ms, found) = ask(backend, agent, &question).await?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "milliseconds of a question, as whole nanoseconds"
        )]
        times.record((ms * 1e6) as u64)?;
        if turn < compared {
            let expected = closest(&agent.1, &question, MOST);
            *hit += expected.iter().filter(|one| found.contains(one)).count();
            *wanted += expected.len();
        }
    }
    let recalls = hits.iter().map(|(hit, of)| *hit as f64 / *of as f64);
    Ok((times, recalls.fold(1.0, f64::min)))
}

/// Runs one query; returns its duration in milliseconds, and the passages found.
async fn ask(
    backend: &Backend,
    (collection, _): &Agent<'_>,
    question: &[f32],
) -> Result<(f64, Vec<PassageId>)> {
    let query = VectorQuery {
        values: question.to_vec(),
        most: MOST,
        documents: Vec::new(),
    };
    let started = Instant::now();
    let found = backend.vectors.query(collection, &query).await;
    let ms = started.elapsed().as_secs_f64() * 1e3;
    let found = found.map_err(failure)?;
    Ok((ms, found.iter().map(|one| one.passage).collect()))
}
