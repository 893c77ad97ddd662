//! The load program of the token path: `cargo bench --bench stream`. `docs/performance.md` explains its tables.
//!
//! This process generates the load. It starts a scripted model ([`upstream`]), a bare relay ([`relay`]) and the program
//! itself as separate processes, so that the operating system reports the cost of the server under test.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]
#![expect(
    clippy::cast_precision_loss,
    reason = "counts of a benchmark are far below 2^52"
)]

mod backend;
mod bursts;
mod client;
mod fanout;
mod machine;
mod memory;
mod paced;
#[expect(clippy::unwrap_used, reason = "it serves tests, which should stop")]
#[path = "../../tests/it/support/port.rs"]
mod port;
mod refusal;
mod relay;
mod report;
mod script;
mod server;
mod tenants;
mod upstream;

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use self::{
    backend::Backend,
    machine::Machine,
    server::{Helper, Role, Target},
};

/// A sentence with the reason why nothing can be measured.
type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

/// Measures the path of a token from the model to the client.
#[derive(Parser)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the switches of a command line"
)]
struct Arguments {
    /// The sections to measure; all of them when none is named.
    #[arg(value_enum)]
    sections: Vec<Section>,
    /// Runs a tenth of the load, to check that everything works; the figures mean little.
    #[arg(long)]
    quick: bool,
    /// Skips PostgreSQL even if it is configured.
    #[arg(long)]
    embedded: bool,
    /// Measures a SQLite file with durability `power` as well.
    #[arg(long)]
    power: bool,
    /// Writes every table to this file as well, as a line of JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Acts as one of the helper processes beside the server under test.
    #[arg(long, hide = true)]
    role: Option<Role>,
    /// Accepted because Cargo passes it.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Chats that start at once, at full speed.
    Bursts,
    /// Chats at the speed of a model.
    Paced,
    /// Many readers of one run.
    Fanout,
    /// The memory of waiting connections.
    Memory,
    /// The cost of refusing requests without a key.
    Refusal,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let machine = match arguments.role {
        Some(_) => Machine::whole(),
        None => Machine::shared_out()?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            done = perform(&arguments, &machine) => done,
            // returning from here ends the processes that this one started
            _ = terminated.recv() => Err("terminated".into()),
            _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        }
    })
}

async fn perform(arguments: &Arguments, machine: &Machine) -> Result<()> {
    match arguments.role {
        Some(Role::Upstream) => upstream::serve().await,
        Some(Role::Relay) => relay::serve().await,
        None => measure(arguments, machine).await,
    }
}

async fn measure(arguments: &Arguments, machine: &Machine) -> Result<()> {
    if let Some(file) = &arguments.json {
        report::record_to(file)?;
    }
    report::introduce(machine, arguments.quick)?;
    let upstream = Helper::upstream().await?;
    let backends = Backend::all(arguments.embedded, arguments.power).await?;
    let measured = sections(arguments, machine, &upstream, &backends).await;
    for backend in backends {
        backend.clear().await?;
    }
    measured
}

async fn sections(
    arguments: &Arguments,
    machine: &Machine,
    upstream: &Helper,
    backends: &[Backend],
) -> Result<()> {
    let quick = arguments.quick;
    let wanted = |section| arguments.sections.is_empty() || arguments.sections.contains(&section);
    if wanted(Section::Bursts) || wanted(Section::Paced) || wanted(Section::Fanout) {
        let mut targets = vec![Target::relay(machine, upstream).await?];
        for backend in backends {
            targets.push(Target::troupe(machine, upstream, backend).await?);
        }
        if wanted(Section::Bursts) {
            bursts::measure(&targets, quick).await?;
        }
        if wanted(Section::Paced) {
            paced::measure(&targets, quick).await?;
        }
        if wanted(Section::Fanout) {
            fanout::measure(&targets, quick).await?;
        }
        for target in targets {
            target.stop().await?;
        }
    }
    if wanted(Section::Refusal) {
        for backend in backends {
            let target = Target::troupe(machine, upstream, backend).await?;
            refusal::measure(&target, quick).await?;
            target.stop().await?;
        }
    }
    if wanted(Section::Memory) {
        memory::measure(machine, upstream, backends, quick).await?;
    }
    Ok(())
}
