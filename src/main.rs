//! The `troupe` command.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command speaks to the person who gave it"
)]

mod command;
mod migrations;
mod training_export;

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use clap::Parser;
use tokio::{net::TcpListener, runtime::Handle};
use tokio_util::sync::CancellationToken;
use troupe::{
    adapter::{
        embedded,
        text::{DocumentRequest, read_document},
    },
    app::{
        self, App,
        check::{Finding, Severity},
        dev, dev_key,
        eval::{self, EvalOptions},
        log, outgoing,
        watchdog::Watchdog,
    },
    config::{Config, Mode, ShutdownConfig, Source, report},
    domain::{AccountId, AuditHead},
    error::{Error, Result},
    graphql,
    port::SystemClock,
    service::{self, AuditCheck},
};

use self::command::{
    AuditAction, CheckedRole, Command, Direction, EvalArguments, KeysAction, ModelsAction,
    OperatorAction, Role, RowSecurityAction,
};

/// The exit code of `troupe eval` when the cases could not be run, which is not the one of a gate that is not passed.
const NOT_RUN: u8 = 2;
/// The log of `troupe eval`, whose report is the output; failures that cases expect are warnings.
const EVAL_LOG: &str = "error";

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
    let failed = match command.role {
        Role::Eval(_) => ExitCode::from(NOT_RUN),
        _ => ExitCode::FAILURE,
    };
    match run(command) {
        Ok(code) => code,
        Err(problems) => {
            for problem in problems {
                eprintln!("troupe: {problem}");
            }
            failed
        }
    }
}

/// Runs the command; errors are sentences for the person at the terminal.
fn run(command: Command) -> std::result::Result<ExitCode, Vec<String>> {
    if matches!(command.role, Role::Schema) {
        print!("{}", graphql::sdl());
        return Ok(ExitCode::SUCCESS);
    }
    let source = source(&command.role);
    let config = Config::load(&source).map_err(|error| error.problems().to_vec())?;
    if let Role::Check { connect, .. } = command.role {
        print!("{}", report(&config));
        if !connect {
            return Ok(ExitCode::SUCCESS);
        }
    }
    log::start(&config.log);
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
        Role::Eval(_) => (Mode::Dev, None, None),
        Role::Serve { addr } => (Mode::Serve, *addr, None),
        Role::Worker => (Mode::Worker, None, None),
        Role::Migrate { .. }
        | Role::RowSecurity { .. }
        | Role::Audit { .. }
        | Role::Keys { .. }
        | Role::Export(_)
        | Role::Operator { .. } => (Mode::Migrate, None, None),
        Role::Check { role, .. } => (checked_mode(*role), None, None),
        Role::Schema | Role::ReadDocument { .. } => (Mode::Check, None, None),
        Role::Models { .. } => (Mode::Fetch, None, None),
    };
    let mut source = Source {
        addr,
        data_dir,
        ..Source::from_process(mode)
    };
    if matches!(role, Role::Eval(_)) {
        let filter = "TROUPE_LOG_FILTER".to_owned();
        let environment = &mut source.environment;
        environment
            .entry(filter)
            .or_insert_with(|| EVAL_LOG.to_owned());
    }
    source
}

/// The mode whose settings `troupe check` checks.
fn checked_mode(role: Option<CheckedRole>) -> Mode {
    match role {
        Some(CheckedRole::Serve) => Mode::Serve,
        Some(CheckedRole::Worker) => Mode::Worker,
        None => Mode::Check,
    }
}

async fn perform(role: Role, config: Config) -> Result<ExitCode> {
    if let Role::Eval(arguments) = role {
        return evaluate(arguments, &config).await;
    }
    match role {
        Role::Dev { .. } => {
            let listener = listen(config.addr).await?;
            let app = Box::pin(dev::open(config.clone())).await?;
            let demo = dev::prepare(&app, &config, &listener).await?;
            println!("{}", demo.welcome());
            let stop = stop_signal(&config.shutdown, Some(&listener))?;
            Box::pin(app.serve(listener, stop)).await?;
        }
        Role::Serve { .. } => {
            let listener = listen(config.addr).await?;
            tracing::info!(addr = %config.addr, "listening");
            let shutdown = config.shutdown.clone();
            let app = App::open(config).await?;
            app.operator().bootstrap().await?;
            let stop = stop_signal(&shutdown, Some(&listener))?;
            Box::pin(app.serve(listener, stop)).await?;
        }
        Role::Worker => {
            let shutdown = config.shutdown.clone();
            let app = App::open(config).await?;
            app.work(stop_signal(&shutdown, None)?).await?;
        }
        Role::Migrate {
            direction,
            check,
            yes,
        } => migrate(&config, direction, check, yes).await?,
        Role::RowSecurity { action } => switch_row_security(&config, &action).await?,
        Role::Audit { action } => {
            audit(&dev_key::with_key_beside(config)?, &action).await?;
        }
        Role::Keys {
            action: KeysAction::Rotate,
        } => return rotate_keys(&dev_key::with_key_beside(config)?).await,
        Role::Operator {
            action: OperatorAction::Reset,
        } => reset_operator(&dev_key::with_key_beside(config)?).await?,
        Role::Export(arguments) => {
            training_export::run(&arguments, &dev_key::with_key_beside(config)?).await?;
        }
        Role::Models {
            action: ModelsAction::Fetch,
        } => fetch_models(&config).await?,
        Role::Check { .. } => return Ok(check(&config).await),
        Role::Eval(_) | Role::Schema | Role::ReadDocument { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// Migrates the database, or says what that would do.
async fn migrate(config: &Config, direction: Direction, check: bool, yes: bool) -> Result<()> {
    let store = app::open_store(config).await?;
    match (direction, check) {
        (Direction::Up, false) => migrations::apply(&store).await?,
        (Direction::Up, true) => migrations::report_effects(&store).await?,
        (Direction::Down, check) => migrations::revert(&store, check, yes).await?,
        (Direction::Status, _) => migrations::report_status(&store).await?,
    }
    store.close().await
}

/// Creates or removes the policies of all tables.
async fn switch_row_security(config: &Config, action: &RowSecurityAction) -> Result<()> {
    let store = app::open_store(config).await?;
    match action {
        RowSecurityAction::On { role } => store.secure_rows(role).await?,
        RowSecurityAction::Off => store.open_rows().await?,
    }
    store.close().await
}

/// Seals everything with the first key; fails when something stays sealed with another one.
async fn rotate_keys(config: &Config) -> Result<ExitCode> {
    let is_done = app::keys::rotate(config, &|line| println!("{line}")).await?;
    Ok(if is_done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Prints what was found; fails when something would stop a start.
async fn check(config: &Config) -> ExitCode {
    let findings = app::check::connect(config).await;
    for finding in &findings {
        println!("{finding}");
    }
    let stops = |finding: &Finding| finding.severity == Severity::Stop;
    if findings.iter().any(stops) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Downloads the missing files of the embedded models.
async fn fetch_models(config: &Config) -> Result<()> {
    let client = outgoing::download_client()?;
    for model in [embedded::CHAT_MODEL, embedded::EMBEDDING_MODEL] {
        let tell = |line: &str| eprintln!("{line}");
        embedded::fetch(&model, &config.models.dir, &client, &tell).await?;
    }
    Ok(())
}

/// Runs the cases, and prints and writes the report.
async fn evaluate(arguments: EvalArguments, config: &Config) -> Result<ExitCode> {
    let (json, junit) = (arguments.json, arguments.junit);
    let options = EvalOptions {
        files: arguments.files,
        url: arguments.url,
        data_dir: arguments.data_dir,
        against: arguments.against,
        concurrency: usize::from(arguments.concurrency),
        timeout: Duration::from_secs(arguments.timeout),
    };
    let report = Box::pin(eval::run(config, &options)).await?;
    println!("{}", report.text());
    for (file, text) in [(json, report.json()), (junit, report.junit())] {
        if let Some(file) = file {
            eval::write(&file, &text)?;
        }
    }
    if arguments.gate && !report.passes_gate() {
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
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

fn sentence(error: &Error) -> String {
    match error.cause() {
        Some(cause) => format!("{}: {cause}", error.message()),
        None => error.message().to_owned(),
    }
}
