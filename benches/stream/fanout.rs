//! Fan-out alone: one run with many readers. Nearly all of the server's work is writing frames.

use std::time::Duration;

use futures::future::try_join_all;
use serde_json::json;

use crate::{
    Result,
    client::{Socket, Told, told},
    report::{Table, bar, median, whole},
    script::Script,
    server::Target,
};

const RUN_EVENTS: &str = "subscription($id: ID!) { runEvents(runId: $id) { __typename cursor ... on TokenDelta { text } ... on RunFailed { error { code message } } } }";
/// The delay of the model's first token, so that all readers are attached before it.
const PATIENCE: Duration = Duration::from_secs(3);

/// The readers of one run.
#[derive(Clone, Copy)]
struct Crowd {
    sockets: usize,
    /// The number of subscriptions on each socket.
    readers: usize,
    /// The number of tokens per second of the run.
    pace: u32,
}

/// The figures of a crowd.
struct Outcome {
    frames: f64,
    /// Seconds of the server's core per million frames.
    cost: f64,
    /// Frames per reader and token.
    whole: f64,
}

/// Runs the measurements and prints their tables.
pub(crate) async fn measure(targets: &[Target], quick: bool) -> Result<()> {
    let repeats = if quick { 1 } else { 3 };
    let tokens = if quick { 300 } else { 1500 };
    let many = Crowd {
        sockets: 10,
        readers: 100,
        pace: 150,
    };
    // a run that is faster than its readers; the relay, which merges no tokens, would fall behind
    let fast = Crowd { pace: 500, ..many };
    let single = Crowd {
        sockets: 500,
        readers: 1,
        pace: 100,
    };
    let mut table = Table::new(
        format!("Fan-out: one run, read by many (median of {repeats})"),
        &[
            "server",
            "sockets × readers",
            "tokens/s of the run",
            "frames",
            "frames per reader and token",
            "CPU-seconds per million frames",
            "bar",
        ],
    );
    for crowd in [many, fast, single] {
        let is_measured = |target: &&Target| target.is_troupe() || crowd.pace < fast.pace;
        for target in targets.iter().filter(is_measured) {
            let mut outcomes = Vec::new();
            for _ in 0..repeats {
                let tokens = tokens * u64::from(crowd.pace) / 500;
                outcomes.push(run(target, crowd, tokens).await?);
            }
            let of = |figure: fn(&Outcome) -> f64| median(outcomes.iter().map(figure));
            let cost = of(|outcome| outcome.cost);
            table.row(vec![
                target.name.clone(),
                format!("{} × {}", crowd.sockets, crowd.readers),
                crowd.pace.to_string(),
                whole(of(|outcome| outcome.frames)),
                format!("{:.2}", of(|outcome| outcome.whole)),
                format!("{cost:.2}"),
                if crowd.readers > 1 && target.is_troupe() {
                    bar(cost, '≤', 1.0)
                } else {
                    String::new()
                },
            ]);
        }
    }
    table.print()
}

async fn run(target: &Target, crowd: Crowd, tokens: u64) -> Result<Outcome> {
    let script = Script::paced(tokens, crowd.pace);
    let question = script.after(PATIENCE).to_string();
    // held to the end: the relay streams only while its caller is connected
    let (sockets, _asks) = if target.is_troupe() {
        (readers_of_run(target, crowd, &question).await?, None)
    } else {
        let path = format!("readers/{}", crowd.readers);
        let sockets = (0..crowd.sockets).map(|_| Socket::open_at(target, 0, &path));
        let sockets = try_join_all(sockets).await?;
        let mut asks = Socket::open_at(target, 0, "all").await?;
        asks.say(question).await?;
        (sockets, Some(asks))
    };
    let process = target.process()?;
    let before = process.cpu()?;
    let reading = sockets
        .into_iter()
        .map(|socket| tokio::runtime::Handle::current().spawn(read(socket, crowd, script)));
    let mut frames = 0;
    for read in try_join_all(reading).await? {
        frames += read?;
    }
    let used = process.cpu()? - before;
    let readers = (crowd.sockets * crowd.readers) as f64;
    Ok(Outcome {
        frames: frames as f64,
        cost: used / frames as f64 * 1e6,
        whole: frames as f64 / readers / tokens as f64,
    })
}

/// Opens sockets whose readers follow one run.
async fn readers_of_run(target: &Target, crowd: Crowd, question: &str) -> Result<Vec<Socket>> {
    let member = target.member(0).ok_or("nobody may chat")?;
    let mut sockets = try_join_all((0..crowd.sockets).map(|_| Socket::open(target, 0))).await?;
    let run = member.send(question).await?.run;
    let attached = sockets
        .iter_mut()
        .map(|socket| attach(socket, &run, crowd.readers));
    try_join_all(attached).await?;
    Ok(sockets)
}

/// Subscribes, and waits until each reader has received the events before the first token.
async fn attach(socket: &mut Socket, run: &str, readers: usize) -> Result<()> {
    for _ in 0..readers {
        socket.subscribe(RUN_EVENTS, &json!({"id": run})).await?;
    }
    let mut before = 0;
    while before < 2 * readers {
        match told(&socket.frame().await?)? {
            Told::Event => before += 1,
            Told::Text(_) | Told::Complete => return Err("the readers came too late".into()),
        }
    }
    Ok(())
}

/// Reads to the end; returns the number of frames with text.
async fn read(mut socket: Socket, crowd: Crowd, script: Script) -> Result<u64> {
    let (mut frames, mut characters, mut complete) = (0, 0, 0);
    while complete < crowd.readers {
        match told(&socket.frame().await?)? {
            Told::Text(text) => {
                frames += 1;
                characters += text.len() as u64;
            }
            Told::Event => {}
            Told::Complete => complete += 1,
        }
    }
    let expected = script.characters() * crowd.readers as u64;
    if characters != expected {
        return Err(format!("{characters} characters of {expected} came").into());
    }
    Ok(frames)
}
