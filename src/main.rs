//! The `troupe` command.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command speaks to the person who gave it"
)]

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand, ValueEnum};
use tokio::{net::TcpListener, runtime::Handle};
use tokio_util::sync::CancellationToken;
use troupe::{
    adapter::{
        embedded,
        text::{DocumentRequest, read_document},
    },
    app::{self, App, dev, dev_key, outgoing, watchdog::Watchdog},
    config::{Config, LogConfig, LogFormat, Mode, ShutdownConfig, Source, report},
    domain::{AccountId, AuditHead, MediaType},
    error::{Error, Result},
    graphql,
    port::SystemClock,
    service::{self, AuditCheck},
};

/// A multi-tenant platform for AI agents behind one GraphQL API.
#[derive(Parser)]
#[command(version)]
struct Command {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Everything in one process, nothing to install: for trying Troupe out and for developing against it.
    Dev {
        /// Address to listen on; 127.0.0.1:8080 when left out.
        #[arg(long)]
        addr: Option<SocketAddr>,
        /// Folder for the program's files; `data` when left out.
        #[arg(long)]
        data_dir: Option<PathBuf>,
    },
    /// The web role: serves the API, and answers the interactive runs that it accepts.
    Serve {
        /// Address to listen on; 0.0.0.0:$PORT when left out.
        #[arg(long)]
        addr: Option<SocketAddr>,
    },
    /// The orchestrator role: answers queued runs, and takes over runs whose process died.
    Worker,
    /// Migrates the database to this version, or back.
    Migrate {
        /// What to do.
        #[arg(value_enum, default_value = "up")]
        direction: Direction,
    },
    /// Verifies or seals the accounts' audit logs.
    Audit {
        #[command(subcommand)]
        action: AuditAction,
    },
    /// Manages the operator's keys.
    Operator {
        #[command(subcommand)]
        action: OperatorAction,
    },
    /// Prints the GraphQL schema.
    Schema,
    /// Checks `app.yaml`, the environment and the templates, and prints the settings in effect.
    Check,
    /// Manages the files of the embedded models.
    Models {
        #[command(subcommand)]
        action: ModelsAction,
    },
    /// Extracts the text of the document on standard input. The program starts itself with this command for each
    /// document.
    #[command(hide = true)]
    ReadDocument {
        /// Media type of the document.
        #[arg(long, value_parser = media_type)]
        media_type: MediaType,
        /// Memory limit, in MiB.
        #[arg(long)]
        memory_mib: u32,
        /// Time limit, in milliseconds.
        #[arg(long)]
        milliseconds: u64,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Direction {
    /// Applies all pending migrations.
    Up,
    /// Reverts the last migration.
    Down,
    /// Shows which migrations were applied.
    Status,
}

#[derive(Subcommand)]
enum AuditAction {
    /// Finds entries that were edited, moved, added or removed without the key; fails if there are any.
    Verify {
        /// Id of the account; every account when left out.
        #[arg(long)]
        account: Option<String>,
        /// An earlier head of the account's log, as shown by `Account.auditHead` and in the program's log.
        #[arg(long, requires = "account")]
        expect: Option<String>,
    },
    /// Seals logs from before the audit key existed; with an account, its current log, whatever its state.
    Seal {
        /// Id of the account; every account whose log was never sealed when left out.
        #[arg(long)]
        account: Option<String>,
    },
}

#[derive(Clone, Copy, Subcommand)]
enum OperatorAction {
    /// Creates a new operator key and prints it once; existing keys stay valid. For use when all keys are lost.
    Reset,
}

#[derive(Clone, Copy, Subcommand)]
enum ModelsAction {
    /// Downloads the missing files and verifies their hashes.
    Fetch,
}

fn main() -> ExitCode {
    let command = Command::parse();
    // before everything else: this command is started for each document
    if let Role::ReadDocument {
        media_type,
        memory_mib,
        milliseconds,
    } = command.role
    {
        return read_document(&DocumentRequest {
            media_type,
            memory_mib,
            time: Duration::from_millis(milliseconds),
        });
    }
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            for problem in problems {
                eprintln!("troupe: {problem}");
            }
            ExitCode::FAILURE
        }
    }
}

fn media_type(name: &str) -> std::result::Result<MediaType, String> {
    MediaType::parse(name).ok_or_else(|| "no kind of text that is read".to_owned())
}

/// Runs the command; errors are sentences for the person at the terminal.
fn run(command: Command) -> std::result::Result<(), Vec<String>> {
    if matches!(command.role, Role::Schema) {
        print!("{}", graphql::sdl());
        return Ok(());
    }
    let source = source(&command.role);
    let config = Config::load(&source).map_err(|error| error.problems().to_vec())?;
    if matches!(command.role, Role::Check) {
        print!("{}", report(&config));
        return Ok(());
    }
    start_log(&config.log);
    for notice in config.notices() {
        tracing::warn!("{notice}");
    }
    // without a default provider, the first use of TLS panics
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| vec![format!("starting the runtime failed: {error}")])?;
    let done = runtime.block_on(perform(command.role, config));
    // a model that is still being loaded must not keep a stopped process alive
    runtime.shutdown_background();
    done.map_err(|error| vec![sentence(&error)])
}

fn source(role: &Role) -> Source {
    let (mode, addr, data_dir) = match role {
        Role::Dev { addr, data_dir } => (Mode::Dev, *addr, data_dir.clone()),
        Role::Serve { addr } => (Mode::Serve, *addr, None),
        Role::Worker => (Mode::Worker, None, None),
        Role::Migrate { .. } | Role::Audit { .. } | Role::Operator { .. } => {
            (Mode::Migrate, None, None)
        }
        Role::Schema | Role::Check | Role::ReadDocument { .. } => (Mode::Check, None, None),
        Role::Models { .. } => (Mode::Fetch, None, None),
    };
    Source {
        addr,
        data_dir,
        ..Source::from_process(mode)
    }
}

async fn perform(role: Role, config: Config) -> Result<()> {
    match role {
        Role::Dev { .. } => {
            let listener = listen(config.addr).await?;
            let app = Box::pin(dev::open(config.clone())).await?;
            let demo = dev::prepare(&app, &config, &listener).await?;
            println!("{}", demo.welcome());
            let stop = stop_signal(&config.shutdown, Some(&listener))?;
            Box::pin(app.serve(listener, stop)).await
        }
        Role::Serve { .. } => {
            let listener = listen(config.addr).await?;
            tracing::info!(addr = %config.addr, "listening");
            let shutdown = config.shutdown.clone();
            let app = App::open(config).await?;
            app.operator().bootstrap().await?;
            let stop = stop_signal(&shutdown, Some(&listener))?;
            Box::pin(app.serve(listener, stop)).await
        }
        Role::Worker => {
            let shutdown = config.shutdown.clone();
            let app = App::open(config).await?;
            app.work(stop_signal(&shutdown, None)?).await
        }
        Role::Migrate { direction } => migrate(&config, direction).await,
        Role::Audit { action } => audit(&dev_key::with_key_beside(config)?, &action).await,
        Role::Operator {
            action: OperatorAction::Reset,
        } => reset_operator(&dev_key::with_key_beside(config)?).await,
        Role::Models {
            action: ModelsAction::Fetch,
        } => {
            let client = outgoing::download_client()?;
            for model in [embedded::CHAT_MODEL, embedded::EMBEDDING_MODEL] {
                embedded::fetch(&model, &config.models.dir, &client, &|line| {
                    eprintln!("{line}");
                })
                .await?;
            }
            Ok(())
        }
        Role::Schema | Role::Check | Role::ReadDocument { .. } => Ok(()),
    }
}

async fn migrate(config: &Config, direction: Direction) -> Result<()> {
    let store = app::open_store(config).await?;
    match direction {
        Direction::Up => store
            .migrate_up()
            .await?
            .iter()
            .for_each(|step| println!("applied {step}")),
        Direction::Down => store
            .migrate_down(1)
            .await?
            .iter()
            .for_each(|step| println!("took back {step}")),
        Direction::Status => store
            .migration_status()
            .await?
            .iter()
            .for_each(|(step, applied)| {
                println!("{} {step}", if *applied { "applied" } else { "missing" });
            }),
    }
    store.close().await
}

async fn audit(config: &Config, action: &AuditAction) -> Result<()> {
    let (AuditAction::Verify { account, .. } | AuditAction::Seal { account }) = action;
    let account = account.as_deref();
    let account = account.map(|id| AccountId::parse("--account", id));
    let account = account.transpose()?;
    let store = app::open_store(config).await?;
    let check = AuditCheck {
        store: &store,
        clock: &SystemClock,
        tell: &|line| println!("{line}"),
    };
    let done = match action {
        AuditAction::Verify { expect, .. } => {
            let expect = expect.as_deref();
            let head = expect.map(|head| AuditHead::parse("--expect", head));
            check.verify(account, head.transpose()?).await?
        }
        AuditAction::Seal { .. } => check.seal(account).await?,
    };
    store.close().await?;
    if done {
        return Ok(());
    }
    Err(Error::conflict(
        "an audit log is not as it was written; see above",
    ))
}

async fn reset_operator(config: &Config) -> Result<()> {
    let store = app::open_store(config).await?;
    let secret = service::reset_operator(&store, &SystemClock).await;
    store.close().await?;
    println!("{}", secret?.reveal());
    eprintln!("troupe: this operator key is shown once; keep it, and revoke those that were lost");
    Ok(())
}

async fn listen(addr: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(addr).await.map_err(|error| Error::unavailable(format!("listening on {addr} failed: {error}; stop what uses the port, or choose another with --addr")))
}

/// A token that is cancelled when the process is asked to stop; `listener` is where the process listens, if it does.
fn stop_signal(
    config: &ShutdownConfig,
    listener: Option<&TcpListener>,
) -> Result<CancellationToken> {
    let deadline = Duration::from_secs(config.deadline_seconds);
    Watchdog::new(deadline, listener)?.start(&Handle::current())
}

fn start_log(config: &LogConfig) {
    // the MCP library logs the arguments and results of tools; an operator who wants to see them names it in the filter
    let filter = format!("rmcp=off,{}", config.filter);
    let filter = tracing_subscriber::EnvFilter::new(filter);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match config.format {
        LogFormat::Json => log.json().init(),
        LogFormat::Text => log.with_target(false).init(),
    }
}

fn sentence(error: &Error) -> String {
    match error.cause() {
        Some(cause) => format!("{}: {cause}", error.message()),
        None => error.message().to_owned(),
    }
}
