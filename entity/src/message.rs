//! Messages of conversations.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "messages")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub conversation_id: Uuid,
    /// The run that the message started or that produced it.
    pub run_id: Uuid,
    pub role: MessageRole,
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// The text, folded for searching.
    #[sea_orm(column_type = "Text")]
    pub folded: String,
    /// Whether the message is on the selected line of its conversation.
    pub selected: bool,
    /// STOP, LENGTH and so on; null for a message of the user.
    pub finish_reason: Option<FinishReason>,
    /// The parts in the order in which they came; null for a message that is nothing but text.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub parts: Option<Json>,
    /// Where the text refers to the sources of the message; null where it does not.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub citations: Option<Json>,
    /// The agent that answered; set to null when the agent is deleted.
    pub agent_id: Option<Uuid>,
    pub demo_quality: bool,
    /// Whether the message must not reach another agent.
    pub private: bool,
    /// The parts of an answer that several agents wrote; null for other messages.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub sections: Option<Json>,
    pub created_at: DateTimeUtc,
    #[sea_orm(
        belongs_to,
        from = "(account_id, conversation_id)",
        to = "(account_id, id)"
    )]
    pub conversation: BelongsTo<super::conversation::Entity>,
    #[sea_orm(belongs_to, from = "(account_id, run_id)", to = "(account_id, id)")]
    pub run: BelongsTo<super::run::Entity>,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<Option<super::agent::Entity>>,
    #[sea_orm(has_one)]
    pub rating: HasOne<super::rating::Entity>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum MessageRole {
    User,
    Assistant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum FinishReason {
    Stop,
    Length,
    ContentFilter,
    ToolLimit,
    Budget,
    Cancelled,
    Error,
}

impl ActiveModelBehavior for ActiveModel {}
