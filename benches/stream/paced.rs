//! Chats at the speed of a model: the delay of the first and of every later token, and their cost.

use std::time::{Duration, Instant};

use futures::future::try_join_all;

use crate::{
    Result,
    client::{Answer, Socket},
    report::{Table, bar, quantile, times},
    script::{Script, now},
    server::Target,
};

/// Tokens per second, as from a large model.
const PACE: u32 = 30;

/// A number of users who chat at the same time, each one chat after the other.
#[derive(Clone, Copy)]
struct Level {
    /// The number of users at the same time.
    people: usize,
    /// The number of chats of each user.
    chats: usize,
    /// The number of tokens in a chat.
    tokens: u64,
    /// The time over which the users start, evenly spread.
    ramp: Duration,
}

/// The figures of a level.
struct Outcome {
    answers: Vec<Answer>,
    /// The interval, in nanoseconds, during which all users were active.
    full: (u64, u64),
    /// The server's share of a core over the whole time.
    share: f64,
    /// Seconds of the server's core per million tokens.
    cost: f64,
}

/// Runs the measurements and prints their tables.
pub(crate) async fn measure(targets: &[Target], quick: bool) -> Result<()> {
    let level = |people, chats, tokens, ramp| Level {
        people,
        chats,
        tokens,
        ramp: Duration::from_secs(ramp),
    };
    let levels = if quick {
        [
            level(1, 10, 4, 0),
            level(20, 2, 30, 1),
            level(100, 1, 90, 1),
        ]
    } else {
        [
            level(1, 60, 4, 0),
            level(100, 4, 60, 2),
            level(1000, 1, 360, 5),
        ]
    };
    let title = format!("Chats at {PACE} tokens/s each");
    let mut table = Table::new(
        title,
        &[
            "chats at once",
            "server",
            "first token, ms: p50",
            "p99",
            "over the relay, p50",
            "bar",
            "added per token, ms: p50",
            "p99",
            "max",
            "bar",
            "CPU-seconds per million tokens",
            "of a core",
        ],
    );
    for level in levels {
        let mut relay = f64::NAN;
        for target in targets {
            let outcome = run(target, level).await?;
            let first = times(outcome.answers.iter().map(|answer| answer.first))?;
            if !target.is_troupe() {
                relay = quantile(&first, 0.5);
            }
            table.row(row(target, level, &outcome, quantile(&first, 0.5) - relay)?);
        }
    }
    table.print()
}

async fn run(target: &Target, level: Level) -> Result<Outcome> {
    let mut sockets = try_join_all((0..level.people).map(|n| Socket::open(target, n))).await?;
    for socket in sockets.iter_mut().take(50) {
        socket.chat(Script::flat(1)).await?;
    }
    let process = target.process()?;
    let (began, before) = (Instant::now(), process.cpu()?);
    let start = now();
    let people = u32::try_from(level.people)?;
    let chats = sockets.into_iter().zip(0_u32..).map(|(socket, n)| {
        let wait = level.ramp * n / people;
        tokio::runtime::Handle::current().spawn(talk(socket, level, wait))
    });
    let said = try_join_all(chats).await?;
    let answers = said.into_iter().collect::<Result<Vec<_>>>()?;
    let answers = answers.into_iter().flatten().collect();
    let (took, used) = (began.elapsed(), process.cpu()? - before);
    let tokens = (level.people * level.chats) as f64 * level.tokens as f64;
    let ramp = u64::try_from(level.ramp.as_nanos())?;
    Ok(Outcome {
        answers,
        full: (
            start + ramp,
            start + u64::try_from(took.as_nanos())?.saturating_sub(ramp),
        ),
        share: used / took.as_secs_f64(),
        cost: used / tokens * 1e6,
    })
}

/// Runs one user's chats.
async fn talk(mut socket: Socket, level: Level, wait: Duration) -> Result<Vec<Answer>> {
    tokio::time::sleep(wait).await;
    let mut answers = Vec::with_capacity(level.chats);
    for _ in 0..level.chats {
        let script = Script::paced(level.tokens, PACE);
        answers.push(socket.chat(script).await?);
    }
    Ok(answers)
}

fn row(target: &Target, level: Level, outcome: &Outcome, over: f64) -> Result<Vec<String>> {
    let first = times(outcome.answers.iter().map(|answer| answer.first))?;
    let (from, to) = outcome.full;
    let later = outcome.answers.iter().flat_map(|answer| &answer.later);
    let later = later.filter(|(sent, _)| (from..to).contains(sent));
    let later = times(later.map(|(_, added)| *added))?;
    let p99 = quantile(&later, 0.99);
    let (first_bar, later_bar) = match (target.is_troupe(), target.name.as_str()) {
        (false, _) => (String::new(), String::new()),
        (true, "SQLite") => (bar(over, '≤', 1.0), bar(p99, '≤', 100.0)),
        (true, _) => (bar(over, '≤', 3.0), bar(p99, '≤', 100.0)),
    };
    Ok(vec![
        level.people.to_string(),
        target.name.clone(),
        format!("{:.2}", quantile(&first, 0.5)),
        format!("{:.2}", quantile(&first, 0.99)),
        format!("{over:.2}"),
        first_bar,
        format!("{:.2}", quantile(&later, 0.5)),
        format!("{p99:.2}"),
        format!("{:.1}", later.max() as f64 / 1e6),
        later_bar,
        format!("{:.1}", outcome.cost),
        format!("{:.0} %", outcome.share * 100.0),
    ])
}
