//! The identity providers that accounts have registered.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_providers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub name: String,
    /// `iss` of the tokens; unique within the account.
    pub issuer: String,
    /// `aud` of the tokens; with the issuer unique in the installation.
    pub audience: String,
    pub jwks_url: String,
    pub algorithms: Json,
    pub claims: Json,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
