//! Comments on tickets.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_comments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub ticket_id: Uuid,
    pub author: String,
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// Whether the comment is hidden from the customer.
    pub internal: bool,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "(account_id, ticket_id)", to = "(account_id, id)")]
    pub ticket: BelongsTo<super::ticket::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
