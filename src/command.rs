//! The command line: what `troupe` can be asked to do, and the options of each command.

use std::{net::SocketAddr, path::PathBuf};

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use troupe::domain::ContentType;

/// A multi-tenant platform for AI agents behind one GraphQL API.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Command {
    #[command(subcommand)]
    pub(crate) role: Role,
}

#[derive(Subcommand)]
pub(crate) enum Role {
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
        /// Only lists what would be done: the migrations with their durations and locks, or what a reversal deletes. They are
        /// carried out and rolled back, so tables are locked meanwhile; check a large database on a copy.
        #[arg(long)]
        check: bool,
        /// Reverts without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Switches PostgreSQL's row-level security on or off, as the owner of the tables.
    RowSecurity {
        #[command(subcommand)]
        action: RowSecurityAction,
    },
    /// Verifies or seals the accounts' audit logs.
    Audit {
        #[command(subcommand)]
        action: AuditAction,
    },
    /// Manages the keys that encrypt secrets and authenticate audit logs.
    Keys {
        #[command(subcommand)]
        action: KeysAction,
    },
    /// Manages the operator's keys.
    Operator {
        #[command(subcommand)]
        action: OperatorAction,
    },
    /// Prints the GraphQL schema.
    Schema,
    /// Checks `app.yaml`, the environment and the templates, and prints the settings in effect.
    #[command(after_help = CHECK_EXIT)]
    Check {
        /// Role that would be started; its required settings must be there.
        #[arg(long, value_enum)]
        role: Option<CheckedRole>,
        /// Also connects to the database and to Redis as the role would, and reports what would stop its start.
        #[arg(long, requires = "role")]
        connect: bool,
    },
    /// Runs YAML cases against agents and reports how many pass, with routing, latency and cost.
    ///
    /// Without --url the cases run against a server in this process, with the agents that the files declare: it needs no
    /// key, and leaves nothing behind. docs/evaluation.md describes the files.
    #[command(after_help = EVAL_EXIT)]
    Eval(EvalArguments),
    /// Writes the rated answers of an account as JSON Lines, for fine-tuning or for evaluation; secrets and names are
    /// redacted.
    ///
    /// The account must consent (`updateAccount(input: {trainingConsent: true})`), and so must the end user of a
    /// conversation (`createSession`). The lines go to the standard output, a summary to the standard error.
    /// docs/export.md describes them.
    #[command(after_help = EXPORT_EXIT)]
    Export(ExportArguments),
    /// Manages the files of the embedded models.
    Models {
        #[command(subcommand)]
        action: ModelsAction,
    },
    /// Extracts the text of the document on standard input. The program starts itself with this command for each
    /// document.
    #[command(hide = true)]
    ReadDocument {
        /// Media type of the document, with its charset where one was declared.
        #[arg(long, value_parser = media_type)]
        media_type: ContentType,
        /// Memory limit, in MiB.
        #[arg(long)]
        memory_mib: u32,
        /// Time limit, in milliseconds.
        #[arg(long)]
        milliseconds: u64,
    },
}

/// The exit codes of `troupe check`, for its help.
const CHECK_EXIT: &str = "Exit codes:
  0  the configuration is valid, and --connect found no error
  1  the configuration has problems, or --connect found an error";

/// A role of production.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum CheckedRole {
    /// `troupe serve`
    Serve,
    /// `troupe worker`
    Worker,
}

/// The exit codes of `troupe eval`, for its help.
const EVAL_EXIT: &str = "Exit codes:
  0  the cases ran, and the gate, if there is one, is passed
  1  --gate: a case failed, or a file is below its bars; with --against: a case that passes with VERSION fails now
  2  the cases could not be run, e.g. because of a mistake in a file";

#[derive(Args)]
pub(crate) struct EvalArguments {
    /// Files of cases.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Server to ask instead of one in this process; the key is read from `TROUPE_API_KEY`.
    #[arg(long, conflicts_with = "data_dir")]
    pub(crate) url: Option<String>,
    /// Folder for the database of the server in this process; a temporary one when left out.
    #[arg(long)]
    pub(crate) data_dir: Option<PathBuf>,
    /// Template version to compare with: `sales_agent@1.3.0`, or a version for every template of the files. With --url,
    /// the account's only agent of that version is compared with.
    #[arg(long, value_name = "VERSION")]
    pub(crate) against: Option<String>,
    /// Exits with 1 when a case fails; with bars in a file, when they are missed; with --against, when a case that passes
    /// with that version fails now.
    #[arg(long)]
    pub(crate) gate: bool,
    /// Writes the results as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Writes the results as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Number of cases that run at the same time.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) concurrency: u16,
    /// Time limit of a case that sets none, in seconds.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
}

/// The exit codes of `troupe export`, for its help.
const EXPORT_EXIT: &str = "Exit codes:
  0  the lines are complete, also when there are none
  1  nothing was exported, e.g. without the account's consent; or the lines end early
  2  an option is wrong";

#[derive(Args)]
pub(crate) struct ExportArguments {
    /// Id of the account.
    #[arg(long)]
    pub(crate) account: String,
    /// What the lines are for, which decides their form.
    #[arg(long = "for", value_enum)]
    pub(crate) purpose: Purpose,
    /// Rating of the answers; `up` for fine-tuning and `any` for evaluation when left out.
    #[arg(long, value_enum)]
    pub(crate) rating: Option<ExportedRating>,
    /// Id of the agent that answered; every agent when left out.
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// Earliest time of the rating, such as 2026-11-30T00:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) since: Option<DateTime<Utc>>,
    /// Time before which the rating was given.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) until: Option<DateTime<Utc>>,
    /// Adds to each line for fine-tuning where it comes from, as `metadata`. Services for fine-tuning may refuse such lines.
    #[arg(long)]
    pub(crate) metadata: bool,
}

/// What the lines of an export are for.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Purpose {
    /// To train a model.
    FineTuning,
    /// To compare agents.
    Evaluation,
}

/// The ratings of exported answers.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ExportedRating {
    /// Answers that a person liked.
    Up,
    /// Answers that a person did not like.
    Down,
    /// Both.
    Any,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Direction {
    /// Applies all pending migrations.
    Up,
    /// Reverts the last migration, after listing what is deleted and asking.
    Down,
    /// Shows which migrations were applied.
    Status,
}

#[derive(Subcommand)]
pub(crate) enum AuditAction {
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

#[derive(Clone, Subcommand)]
pub(crate) enum RowSecurityAction {
    /// Creates the policies of all tables, and gives a role the rights of a process.
    On {
        /// Role that the processes connect as; it exists, and is neither superuser nor owner of the tables.
        #[arg(long)]
        role: String,
    },
    /// Removes the policies.
    Off,
}

#[derive(Clone, Copy, Subcommand)]
pub(crate) enum KeysAction {
    /// Seals every secret and audit log with the first key of `TROUPE_ENCRYPTION_KEYS`, while processes serve; run it again
    /// if it was interrupted. Fails if values stay that another key has sealed.
    Rotate,
}

#[derive(Clone, Copy, Subcommand)]
pub(crate) enum OperatorAction {
    /// Creates a new operator key and prints it once; existing keys stay valid. For use when all keys are lost.
    Reset,
}

#[derive(Clone, Copy, Subcommand)]
pub(crate) enum ModelsAction {
    /// Downloads the missing files and verifies their hashes.
    Fetch,
}

fn time(text: &str) -> std::result::Result<DateTime<Utc>, String> {
    let time = DateTime::parse_from_rfc3339(text);
    let time =
        time.map_err(|error| format!("{error}, expected RFC 3339, as in 2026-11-30T00:00:00Z"));
    time.map(|time| time.with_timezone(&Utc))
}

fn media_type(name: &str) -> std::result::Result<ContentType, String> {
    ContentType::parse(name).ok_or_else(|| "no kind of text that is read".to_owned())
}
