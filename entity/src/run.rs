//! The making of one answer, and who may write to it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub conversation_id: Uuid,
    /// The agent that answers; cleared when it is deleted.
    pub agent_id: Option<Uuid>,
    /// The message that asked; no foreign key, since that message points here.
    pub question_id: Uuid,
    /// The message it made; no foreign key, for the same reason.
    pub answer_id: Option<Uuid>,
    /// The caller's idempotency key, unique in the account.
    pub client_message_id: Option<String>,
    pub status: RunStatus,
    /// Who may answer.
    pub latency_class: super::template::LatencyClass,
    pub attempt: i32,
    /// Attempts that were given back in good order: a process that ended politely, a log that was away.
    pub excused_attempts: i32,
    /// Grows with every change of owner; a writer with an older one is refused.
    pub epoch: i64,
    /// The process that answers.
    pub lease_owner: Option<Uuid>,
    /// From when on another process may take it over.
    pub lease_expires_at: Option<DateTimeUtc>,
    pub cancel_requested: bool,
    #[sea_orm(column_type = "JsonBinary")]
    pub route: Json,
    /// Tool names that this message is narrowed to.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub allow_tools: Option<Json>,
    pub model: Option<String>,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub cost_usd: f64,
    pub first_token_ms: Option<i64>,
    pub duration_ms: Option<i64>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub error: Option<Json>,
    pub last_sequence: Option<i64>,
    pub created_at: DateTimeUtc,
    pub started_at: Option<DateTimeUtc>,
    pub finished_at: Option<DateTimeUtc>,
    #[sea_orm(
        belongs_to,
        from = "(account_id, conversation_id)",
        to = "(account_id, id)"
    )]
    pub conversation: BelongsTo<super::conversation::Entity>,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<Option<super::agent::Entity>>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum RunStatus {
    Queued,
    Running,
    AwaitingApproval,
    Succeeded,
    Failed,
    Cancelled,
}

impl ActiveModelBehavior for ActiveModel {}
