//! Support tickets.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tickets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    /// The number in the account, from 1.
    pub number: i64,
    pub subject: String,
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// Subject and description in lower case, for the search.
    #[sea_orm(column_type = "Text")]
    pub folded: String,
    pub priority: TicketPriority,
    pub state: TicketState,
    pub requester: Option<String>,
    /// In lower case.
    pub requester_email: Option<String>,
    pub assignee: Option<String>,
    /// The assignee in lower case, for the filter.
    pub folded_assignee: Option<String>,
    /// An array of strings.
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Json,
    #[sea_orm(column_type = "Text", nullable)]
    pub resolution: Option<String>,
    pub resolved_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: BelongsTo<super::account::Entity>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum TicketPriority {
    Low,
    Normal,
    High,
    Urgent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum TicketState {
    Open,
    InProgress,
    Waiting,
    Resolved,
    Closed,
}

impl ActiveModelBehavior for ActiveModel {}
