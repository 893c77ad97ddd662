//! The load program of the token path: `cargo bench --bench stream`; `docs/performance.md` says how to read its tables.
//!
//! This process is the load. It starts a scripted model ([`upstream`]), a bare relay ([`relay`]) and the program itself as
//! processes of their own, so that what the server under test costs can be read from the operating system.
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

use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use self::{
    backend::Backend,
    machine::Machine,
    server::{Helper, Role, Target},
};

/// A sentence that says why nothing can be measured.
type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

/// Measures the way of a token from the model to the client.
#[derive(Parser)]
struct Arguments {
    /// What to measure; everything when nothing is named.
    #[arg(value_enum)]
    sections: Vec<Section>,
    /// A tenth of the load, to see that everything works: its figures mean little.
    #[arg(long)]
    quick: bool,
    /// Leaves PostgreSQL out even where one is named.
    #[arg(long)]
    embedded: bool,
    /// Acts as one of the processes beside the server under test.
    #[arg(long, hide = true)]
    role: Option<Role>,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Chats that come at once, flat out.
    Bursts,
    /// Chats at the speed of a model.
    Paced,
    /// Many readers of one run.
    Fanout,
    /// What connections take that wait.
    Memory,
    /// What it costs to refuse what callers without a key send.
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
            // whoever returns from here ends the processes that it started
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
    report::introduce(machine, arguments.quick)?;
    let upstream = Helper::upstream().await?;
    let backends = Backend::all(arguments.embedded).await?;
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
