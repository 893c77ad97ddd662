//! Tool calls: requested, decided, made.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tool_calls")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub run_id: Uuid,
    /// Set to null when the agent is deleted.
    pub agent_id: Option<Uuid>,
    /// Set to null when the server is deleted.
    pub server_id: Option<Uuid>,
    pub tool: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub arguments: Json,
    /// SHA-256 of the canonical arguments, which binds an approval to these arguments.
    pub arguments_digest: Vec<u8>,
    /// Unique in the account, so that a take-over repeats no finished call.
    pub idempotency_key: String,
    /// The number of the step whose reply requested the call, from 1.
    pub step: i32,
    /// The position among the calls of that reply, from 0.
    pub position: i32,
    /// The id that the model gave the call.
    pub reference: String,
    /// Members of the provider's call that go back to it.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub extra: Option<Json>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub result: Option<Json>,
    /// The result as text for the model.
    #[sea_orm(column_type = "Text", nullable)]
    pub answer: Option<String>,
    pub status: ToolCallStatus,
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    pub duration_ms: Option<i64>,
    pub requested_at: DateTimeUtc,
    /// Who decides about the call; null when no approval is needed, and in rows of versions without this column.
    pub approver: Option<ToolApprover>,
    pub expires_at: Option<DateTimeUtc>,
    /// When the call was sent to the server; from then on it may have had its effect.
    pub called_at: Option<DateTimeUtc>,
    pub resolved_at: Option<DateTimeUtc>,
    pub resolved_by: Option<String>,
    pub finished_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "(account_id, run_id)", to = "(account_id, id)")]
    pub run: BelongsTo<super::run::Entity>,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<Option<super::agent::Entity>>,
    #[sea_orm(belongs_to, from = "server_id", to = "id")]
    pub server: BelongsTo<Option<super::mcp_server::Entity>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ToolCallStatus {
    AwaitingApproval,
    Running,
    Succeeded,
    Failed,
    Unknown,
    Denied,
    Expired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ToolApprover {
    Staff,
    EndUser,
}

impl ActiveModelBehavior for ActiveModel {}
