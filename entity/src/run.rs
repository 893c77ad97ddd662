//! Runs: each produces one answer, under a lease that determines which process may write.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub conversation_id: Uuid,
    /// The agent that answers; set to null when the agent is deleted.
    pub agent_id: Option<Uuid>,
    /// The message that started the run; without a foreign key, because that message refers to the run.
    pub question_id: Uuid,
    /// The answer; without a foreign key, for the same reason.
    pub answer_id: Option<Uuid>,
    /// The run before this one on its line; null for the first run of a line. Without a foreign key: runs are deleted
    /// with their conversation only.
    pub parent_id: Option<Uuid>,
    /// Whether the run is on the selected line of its conversation.
    pub selected: bool,
    /// The id of the end user who sent the message; empty for a message by an API key.
    pub sent_by: String,
    /// The session in which an end user sent the message.
    pub session_id: Option<Uuid>,
    /// The request that sent the message; null for runs of earlier versions.
    pub request_id: Option<Uuid>,
    /// The caller's idempotency key, unique among the messages of the same end user, or of the account's keys.
    pub client_message_id: Option<String>,
    pub status: RunStatus,
    /// The class that determines which processes may claim the run.
    pub latency_class: super::template::LatencyClass,
    pub attempt: i32,
    /// Attempts that do not count: the process shut down in order, or the run log was unavailable.
    pub excused_attempts: i32,
    /// Incremented by every change of owner; a writer with an older epoch is refused.
    pub epoch: i64,
    /// The process that owns the run.
    pub lease_owner: Option<Uuid>,
    /// The time from which another process may take the run over.
    pub lease_expires_at: Option<DateTimeUtc>,
    pub cancel_requested: bool,
    #[sea_orm(column_type = "JsonBinary")]
    pub route: Json,
    /// The names of the tools that this message may use; null for all.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub allow_tools: Option<Json>,
    pub model: Option<String>,
    /// The model that broke off after its first text, in the attempt before.
    pub failed_model: Option<String>,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub cost_usd: f64,
    pub first_token_ms: Option<i64>,
    pub duration_ms: Option<i64>,
    /// Why the answer ended.
    pub finish_reason: Option<super::message::FinishReason>,
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
