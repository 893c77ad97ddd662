//! Activities with a contact: notes, calls, emails, meetings and tasks.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "activities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub contact_id: Uuid,
    pub lead_id: Option<Uuid>,
    pub deal_id: Option<Uuid>,
    pub kind: ActivityKind,
    #[sea_orm(column_type = "Text")]
    pub text: String,
    pub happened_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "(account_id, contact_id)", to = "(account_id, id)")]
    pub contact: BelongsTo<super::contact::Entity>,
    #[sea_orm(belongs_to, from = "(account_id, lead_id)", to = "(account_id, id)")]
    pub lead: BelongsTo<Option<super::lead::Entity>>,
    #[sea_orm(belongs_to, from = "(account_id, deal_id)", to = "(account_id, id)")]
    pub deal: BelongsTo<Option<super::deal::Entity>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum ActivityKind {
    Note,
    Call,
    Email,
    Meeting,
    Task,
}

impl ActiveModelBehavior for ActiveModel {}
