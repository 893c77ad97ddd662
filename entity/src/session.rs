//! Sessions, in which the browsers of end users act.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub end_user_id: Uuid,
    /// SHA-256 of the token; the token itself is stored nowhere.
    #[sea_orm(unique)]
    pub hash: Vec<u8>,
    /// Ids of agents; null for every active agent.
    pub agents: Option<Json>,
    pub origins: Json,
    pub messages_per_minute: i32,
    pub tokens: Option<i64>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
    /// The session that took the place of this one.
    pub renewed_by: Option<Uuid>,
    #[sea_orm(
        belongs_to,
        from = "(account_id, end_user_id)",
        to = "(account_id, id)"
    )]
    pub end_user: BelongsTo<super::end_user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
