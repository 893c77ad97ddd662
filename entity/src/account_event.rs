//! What happened in an account, for its webhooks. A row names another row and repeats nothing of it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "account_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub kind: AccountEventKind,
    /// The row that the event is about; the kind determines its table.
    pub subject: Uuid,
    /// The event's place in the account's order, from 1. It is given when the event is read first, because transactions that
    /// began earlier may be committed later.
    pub position: Option<i64>,
    pub at: DateTimeUtc,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum AccountEventKind {
    /// A run ended. The subject is the run.
    RunEnded,
    /// A handoff was recorded. The subject is the handoff.
    Handoff,
    /// An entry was added to the audit log. The subject is the entry.
    AuditEntry,
}

impl ActiveModelBehavior for ActiveModel {}
