//! Background jobs: at most one row per kind and subject, deleted when the job is done.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub kind: JobKind,
    /// The row that the job is about; the kind determines its table.
    pub subject: Uuid,
    /// What the job needs when its subject may already be deleted.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub payload: Option<Json>,
    pub status: JobStatus,
    /// Incremented by each request; the job is done when no request came during the attempt.
    pub wanted: i64,
    /// Incremented by each claim; a worker with an older epoch can write nothing.
    pub epoch: i64,
    /// The number of attempts since the last success or progress.
    pub attempts: i32,
    /// The number of consecutive processes that died in a step that may kill a process, including the one that is in
    /// such a step now.
    pub deaths: i32,
    pub due_at: DateTimeUtc,
    pub lease_owner: Option<Uuid>,
    pub lease_expires_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum JobKind {
    /// Makes a document's wanted revision searchable. The subject is a document.
    IngestDocument,
    /// Moves an agent's vectors to another place. The subject is an agent.
    MoveVectors,
    /// Builds the index of an agent's vectors. The subject is an agent.
    SettleVectors,
    /// Removes vectors that are no longer referred to. The subject is a document, or a collection's configuration.
    RemoveVectors,
    /// Builds the persona of a digital expert from its documents. The subject is an agent.
    BuildPersona,
    /// Removes what an end user left. The subject is an erasure.
    EraseEndUser,
    /// Removes an account with everything that belongs to it. The subject is the account; the job is one of the operator's
    /// account.
    DeleteAccount,
    /// Sends the events of an account to an address. The subject is a webhook.
    DeliverEvents,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum JobStatus {
    /// The job waits until it is due.
    Waiting,
    /// A worker runs the job, or died while running it.
    Running,
    /// The job failed too often and is not retried until it is requested again.
    Parked,
}

impl ActiveModelBehavior for ActiveModel {}
