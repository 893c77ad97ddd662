//! What is to be done in the background: at most one row per kind and subject, there until it is done.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub kind: JobKind,
    /// What it is about; the kind says of which table.
    pub subject: Uuid,
    /// What cannot be read from the subject, which may be gone.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub payload: Option<Json>,
    pub status: JobStatus,
    /// Grows each time it is asked for: it is done when it has not grown meanwhile.
    pub wanted: i64,
    /// Grows with each claim: fences off who claimed it before.
    pub epoch: i64,
    /// Since it last came to its end.
    pub attempts: i32,
    /// How many processes in a row have ended at a step of it that may end a process, the one that is at it included.
    pub deaths: i32,
    pub due_at: DateTimeUtc,
    pub lease_owner: Option<Uuid>,
    pub lease_expires_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum JobKind {
    /// A document's wanted revision is to be searched. The subject is a document.
    IngestDocument,
    /// An agent's vectors are to lie elsewhere. The subject is an agent.
    MoveVectors,
    /// An agent's vectors are to be brought into the shape in which they are searched fast. The subject is an agent.
    SettleVectors,
    /// Vectors that nothing refers to any more are to be removed. The subject is a document, or a collection's
    /// configuration.
    RemoveVectors,
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum JobStatus {
    /// Waits until it is due.
    Waiting,
    /// Somebody does it, or has died of it.
    Running,
    /// Failed too often to be tried again by itself.
    Parked,
}

impl ActiveModelBehavior for ActiveModel {}
