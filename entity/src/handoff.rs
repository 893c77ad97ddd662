//! Changes of the agent that owns a conversation.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "handoffs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub conversation_id: Uuid,
    /// The run that caused the handoff, if any.
    pub run_id: Option<Uuid>,
    /// The step of the run whose model call asked for the handoff.
    pub step: Option<i32>,
    /// The last run of the conversation's selected line when the handoff was made; null for a handoff of a run.
    pub after_run_id: Option<Uuid>,
    /// Set to null when the agent is deleted.
    pub from_agent_id: Option<Uuid>,
    /// Set to null when the agent is deleted.
    pub to_agent_id: Option<Uuid>,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    pub initiator: HandoffInitiator,
    pub policy: ContextPolicy,
    #[sea_orm(column_type = "JsonBinary")]
    pub carried: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub dropped: Json,
    pub outcome: HandoffOutcome,
    pub created_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
    #[sea_orm(
        belongs_to,
        from = "(account_id, conversation_id)",
        to = "(account_id, id)"
    )]
    pub conversation: BelongsTo<super::conversation::Entity>,
}

/// The initiator of a handoff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum HandoffInitiator {
    Router,
    Agent,
    User,
}

/// How much of the conversation's context the new agent receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ContextPolicy {
    Full,
    Summary,
    Isolated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum HandoffOutcome {
    Open,
    Resolved,
    Returned,
    Rejected,
}

impl ActiveModelBehavior for ActiveModel {}
