//! The program's memory at its start, for each waiting subscription, and for each waiting chat.

use std::time::Instant;

use futures::future::try_join_all;
use serde_json::{Value, json};

use crate::{
    Result,
    backend::Backend,
    client::{Socket, Told, told},
    machine::{self, Machine},
    report::{Table, bar, whole},
    script::Script,
    server::{Helper, Target},
};

const AGENT_CHANGED: &str = "subscription { agentChanged { id } }";
const CONVERSATION_EVENTS: &str = "subscription($id: ID!) { conversationEvents(conversationId: $id) { __typename cursor ... on TokenDelta { text } } }";
/// A delay, in milliseconds, that is longer than the benchmark.
const NEVER: u64 = 3_600_000;
/// The number of sockets that are opened at a time.
const AT_ONCE: usize = 50;

/// The event that a subscription waits for.
#[derive(Clone, Copy)]
enum Waiting {
    /// A change of an agent.
    Agent,
    /// The next run of a conversation.
    Conversation,
    /// The first token of an answer.
    Token,
}

/// Runs the measurements and prints their tables.
pub(crate) async fn measure(
    machine: &Machine,
    upstream: &Helper,
    backends: &[Backend],
    quick: bool,
) -> Result<()> {
    let room = machine::most_files().saturating_sub(500);
    let idle = if quick { 500 } else { 5_000 }.min(room);
    let active = if quick { 100 } else { 1_000 }.min(room / 2);
    if idle == room {
        println!("only {idle} sockets: raise the limit of open files (`ulimit -n 16384`)\n");
    }
    let mut table = Table::new(
        "Memory of the server's process",
        &[
            "server",
            "what",
            "how many",
            "KiB each",
            "RSS then, MB",
            "bar",
            "% of a core while nothing happens",
        ],
    );
    for backend in backends {
        for (waiting, count) in [
            (Waiting::Agent, idle),
            (Waiting::Conversation, idle),
            (Waiting::Token, active),
        ] {
            let backend = backend.fresh().await?;
            let rows = wait(machine, upstream, &backend, (waiting, count)).await;
            backend.clear().await?;
            for row in rows? {
                table.row(row);
            }
        }
    }
    table.print()
}

async fn wait(
    machine: &Machine,
    upstream: &Helper,
    backend: &Backend,
    (waiting, count): (Waiting, usize),
) -> Result<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    let target = Target::started(machine, upstream, backend).await?;
    let start = target.process()?.settled().await?;
    let target = target.with_members(count.div_ceil(50)).await?;
    if matches!(waiting, Waiting::Agent) {
        let mb = start * 1024.0 / 1e6;
        rows.push(vec![
            target.name.clone(),
            "after the start".to_owned(),
            String::new(),
            String::new(),
            format!("{mb:.1}"),
            bar(mb, '≤', 40.0),
            String::new(),
        ]);
    }
    // the one-time cost of the first sockets must not count
    for n in 0..20 {
        Socket::open(&target, n)
            .await?
            .chat(Script::flat(50))
            .await?;
    }
    let process = target.process()?;
    let before = process.settled().await?;
    let sockets = open(&target, waiting, count).await?;
    let after = process.settled().await?;
    let (began, used) = (Instant::now(), process.cpu()?);
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    let idle = (process.cpu()? - used) / began.elapsed().as_secs_f64();
    let each = (after - before) / sockets.len() as f64;
    let (what, most) = match waiting {
        Waiting::Agent => ("idle: agentChanged", 16.0),
        Waiting::Conversation => ("idle: conversationEvents", 16.0),
        Waiting::Token => ("chat before its first token", 48.0),
    };
    rows.push(vec![
        target.name.clone(),
        what.to_owned(),
        whole(sockets.len() as f64),
        format!("{each:.1}"),
        format!("{:.1}", after * 1024.0 / 1e6),
        bar(each, '≤', most),
        format!("{:.1}", idle * 100.0),
    ]);
    drop(sockets);
    target.stop().await?;
    Ok(rows)
}

async fn open(target: &Target, waiting: Waiting, count: usize) -> Result<Vec<Socket>> {
    let mut sockets = Vec::with_capacity(count);
    while sockets.len() < count {
        let first = sockets.len();
        let some = first..(first + AT_ONCE).min(count);
        sockets.extend(try_join_all(some.map(|n| one(target, waiting, n))).await?);
    }
    Ok(sockets)
}

/// Opens a socket with one waiting subscription.
async fn one(target: &Target, waiting: Waiting, n: usize) -> Result<Socket> {
    let mut socket = Socket::open(target, n).await?;
    match waiting {
        Waiting::Agent => socket.subscribe(AGENT_CHANGED, &Value::Null).await?,
        Waiting::Conversation => {
            let member = target.member(n).ok_or("nobody may chat")?;
            let sent = member.send(&Script::flat(1).to_string()).await?;
            let variables = json!({"id": sent.conversation});
            socket.subscribe(CONVERSATION_EVENTS, &variables).await?;
        }
        Waiting::Token => {
            let mut script = Script::flat(1);
            script.delay = NEVER;
            socket.ask(script).await?;
            for _ in 0..2 {
                let frame = socket.frame().await?;
                if told(&frame)? != Told::Event {
                    return Err("the model spoke too early".into());
                }
            }
        }
    }
    Ok(socket)
}
