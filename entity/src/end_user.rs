//! The people who chat with the agents of an account.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "end_users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    /// The account's own id of the person; `conversations.end_user` holds it too.
    pub external_id: String,
    pub display_name: Option<String>,
    /// The id and the name as the search compares them.
    pub folded: String,
    pub created_at: DateTimeUtc,
    pub last_seen_at: Option<DateTimeUtc>,
    /// Tokens of identity providers that were issued before this time are refused.
    pub tokens_valid_from: Option<DateTimeUtc>,
    /// The erasure that removes the person now; new sessions and messages of the person are refused meanwhile.
    pub erasure_id: Option<Uuid>,
    /// Whether the person came through a public agent, without a name.
    pub anonymous: bool,
    /// The time from which on an anonymous person without a conversation is removed; null when that was decided.
    pub unused_until: Option<DateTimeUtc>,
    /// Since when the person consents to the export of rated conversations; null without the consent.
    pub training_consent_at: Option<DateTimeUtc>,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: BelongsTo<super::account::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
