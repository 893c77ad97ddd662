//! Webhooks: the addresses to which the events of an account are sent, each with its place in them.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub url: String,
    /// The kinds of events that are sent.
    #[sea_orm(column_type = "JsonBinary")]
    pub events: Json,
    /// The secret of the signatures; encrypted, and bound to this row.
    pub secret: Vec<u8>,
    pub status: WebhookStatus,
    /// The position of the last event that was delivered or left out.
    pub cursor: i64,
    pub delivered_at: Option<DateTimeUtc>,
    /// The first failure since the last delivery.
    pub failing_since: Option<DateTimeUtc>,
    /// Why the last delivery failed.
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
pub enum WebhookStatus {
    /// Events are sent.
    Active,
    /// Events wait until the webhook is active again.
    Paused,
}

impl ActiveModelBehavior for ActiveModel {}
