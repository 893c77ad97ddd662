//! Conversations between one end user and an account's agents.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "conversations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub end_user: Option<String>,
    /// The agent that answers now; set to null when the agent is deleted.
    pub agent_id: Option<Uuid>,
    #[sea_orm(column_type = "JsonBinary")]
    pub context: Json,
    /// The title that a caller has set; null while `made_title` is shown.
    pub title: Option<String>,
    /// The title that is made of the first message.
    pub made_title: Option<String>,
    /// The title that is shown, folded for searching.
    pub folded_title: String,
    /// The client's own object.
    #[sea_orm(column_type = "JsonBinary")]
    pub metadata: Json,
    /// When the conversation was archived; null while it is not.
    pub archived_at: Option<DateTimeUtc>,
    /// Whether an answer has come since the conversation was marked as read.
    pub unread: bool,
    /// The number of messages on the selected line.
    pub message_count: i32,
    /// The newest message on the selected line; without a foreign key, because that message refers to the conversation.
    pub last_message_id: Option<Uuid>,
    /// The last run of the selected line; without a foreign key, for the same reason.
    pub head_run_id: Option<Uuid>,
    /// The run that was the last one before `head_run_id` was stored: the parent of that run, read by its insertion.
    pub previous_head_run_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: BelongsTo<super::account::Entity>,
    #[sea_orm(belongs_to, from = "(account_id, agent_id)", to = "(account_id, id)")]
    pub agent: BelongsTo<Option<super::agent::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
