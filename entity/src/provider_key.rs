//! The keys of accounts for providers of models.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    /// The provider's name in the configuration.
    pub provider: String,
    /// The origin of the provider's address when the key was set: the key is sent nowhere else.
    pub origin: String,
    /// Encrypted, and bound to this row.
    pub secret: Vec<u8>,
    /// The end of the secret, so that people recognize it.
    pub last_characters: String,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
