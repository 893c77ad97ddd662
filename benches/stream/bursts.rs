//! Bursts: chats that start at once, each at full speed. Measures the cost of a token at the server, relative to the
//! bare relay in the same run.

use std::time::Instant;

use futures::future::try_join_all;

use crate::{
    Result,
    client::Socket,
    report::{Table, bar, median, whole},
    script::Script,
    server::Target,
};

/// The number of chats in a burst.
const CHATS: usize = 50;
/// The number of tokens in a chat.
const TOKENS: u64 = 400;

/// The amount of load.
struct Size {
    /// The number of turns of each server.
    repeats: usize,
    /// The number of bursts in a turn.
    bursts: usize,
}

/// The figures of a turn.
struct Turn {
    /// Tokens per second of wall-clock time.
    rate: f64,
    /// Tokens per second of the server's core.
    yield_: f64,
    /// Frames with text per token.
    frames: f64,
    /// Seconds of the server's core per chat of a single token.
    chat: f64,
}

/// Runs the measurements and prints their tables.
pub(crate) async fn measure(targets: &[Target], quick: bool) -> Result<()> {
    let size = if quick {
        Size {
            repeats: 1,
            bursts: 4,
        }
    } else {
        Size {
            repeats: 3,
            bursts: 10,
        }
    };
    let mut turns: Vec<Vec<Turn>> = targets.iter().map(|_| Vec::new()).collect();
    for _ in 0..size.repeats {
        for (target, turns) in targets.iter().zip(&mut turns) {
            turns.push(turn(target, &size).await?);
        }
    }
    print(targets, &turns, &size)
}

async fn turn(target: &Target, size: &Size) -> Result<Turn> {
    let mut sockets = try_join_all((0..CHATS).map(|n| Socket::open(target, n))).await?;
    burst(&mut sockets, TOKENS).await?;
    let process = target.process()?;
    let (began, before) = (Instant::now(), process.cpu()?);
    let mut frames = 0;
    for _ in 0..size.bursts {
        frames += burst(&mut sockets, TOKENS).await?;
    }
    let (took, used) = (began.elapsed(), process.cpu()? - before);
    let before = process.cpu()?;
    for _ in 0..size.bursts {
        burst(&mut sockets, 1).await?;
    }
    let short = process.cpu()? - before;
    let chats = (size.bursts * CHATS) as f64;
    let tokens = chats * TOKENS as f64;
    Ok(Turn {
        rate: tokens / took.as_secs_f64(),
        yield_: tokens / used,
        frames: frames as f64 / tokens,
        chat: short / chats,
    })
}

/// Runs all chats at once; returns the number of frames with their text.
async fn burst(sockets: &mut [Socket], tokens: u64) -> Result<u64> {
    let chats = sockets
        .iter_mut()
        .map(|socket| socket.chat(Script::flat(tokens)));
    let answers = try_join_all(chats).await?;
    Ok(answers.iter().map(|answer| answer.frames).sum())
}

fn print(targets: &[Target], turns: &[Vec<Turn>], size: &Size) -> Result<()> {
    let title = format!(
        "Bursts of {CHATS} chats, {TOKENS} tokens each, flat out (median of {} turns of {} bursts)",
        size.repeats, size.bursts
    );
    let mut table = Table::new(
        title,
        &[
            "server",
            "tokens/s",
            "tokens per CPU-second",
            "CPU-seconds per million tokens",
            "of the bare relay",
            "bar",
            "frames per token",
            "CPU-ms per chat of one token",
        ],
    );
    let relay = turns.first().map(Vec::as_slice).unwrap_or_default();
    for (target, turns) in targets.iter().zip(turns) {
        let per_cpu = median(turns.iter().map(|turn| turn.yield_));
        // each turn is compared with the relay's turn just before it, so that other load on the machine affects both
        let ratios = turns.iter().zip(relay);
        let ratio = median(ratios.map(|(turn, relay)| turn.yield_ / relay.yield_));
        let bar = match target.name.as_str() {
            _ if !target.is_troupe() => String::new(),
            "SQLite" => bar(ratio, '≥', 0.8),
            _ => bar(ratio, '≥', 0.5),
        };
        table.row(vec![
            target.name.clone(),
            whole(median(turns.iter().map(|turn| turn.rate))),
            whole(per_cpu),
            format!("{:.2}", 1e6 / per_cpu),
            format!("{ratio:.2}"),
            bar,
            format!("{:.3}", median(turns.iter().map(|turn| turn.frames))),
            format!("{:.2}", median(turns.iter().map(|turn| turn.chat * 1e3))),
        ]);
    }
    table.print()
}
