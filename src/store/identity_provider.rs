//! Identity providers: an account's own, and any by issuer and audience for authentication.

use chrono::{DateTime, Utc};
use entity::{end_user, identity_provider};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use crate::{
    domain::{
        AccountId, AuditNote, EndUser, EndUserId, IdentityProvider, IdentityProviderId, TokenId,
    },
    error::{Error, Result},
    store::{
        PlatformStore, TenantStore,
        connection::Transaction,
        end_user::end_user_of,
        error::is_taken,
        row::{from_json, to_json},
    },
};

/// The maximum number of ids in one query.
const AT_A_TIME: usize = 500;

/// An end user, as authentication with a token needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHolder {
    /// The end user.
    pub end_user: EndUser,
    /// The time before which no token of the end user may be issued.
    pub valid_from: Option<DateTime<Utc>>,
}

impl TenantStore {
    /// The account's identity providers, oldest first.
    pub async fn identity_providers(&self) -> Result<Vec<IdentityProvider>> {
        self.rows::<identity_provider::Entity>()
            .order_by_asc(identity_provider::Column::Id)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(provider_of)
            .collect()
    }

    /// Adds an identity provider and an audit entry. `QUOTA_EXCEEDED` when the account has `most`; CONFLICT when the account
    /// has one with this issuer, or when issuer and audience are taken together.
    pub async fn insert_identity_provider(
        &self,
        provider: &IdentityProvider,
        most: u64,
        note: AuditNote,
    ) -> Result<()> {
        let transaction = self.database.begin().await?;
        self.lock_account(&transaction).await?;
        self.check_identity_providers(provider, most, &transaction)
            .await?;
        let inserted = identity_provider::Entity::insert(provider_row(provider)?)
            .exec_without_returning(&*transaction)
            .await;
        match inserted {
            Ok(_) => {}
            Err(cause) if is_taken(&cause) => {
                return Err(Error::conflict(
                    "this issuer and audience are registered already; choose an audience that only this account has",
                ));
            }
            Err(cause) => return Err(cause.into()),
        }
        self.note(vec![note], &transaction).await?;
        transaction.commit().await
    }

    async fn check_identity_providers(
        &self,
        new: &IdentityProvider,
        most: u64,
        transaction: &Transaction,
    ) -> Result<()> {
        let own = self
            .rows::<identity_provider::Entity>()
            .filter(identity_provider::Column::Issuer.eq(new.issuer.as_str()))
            .count(&**transaction)
            .await?;
        if own > 0 {
            return Err(Error::conflict(
                "the account has an identity provider with this issuer already; remove it first",
            ));
        }
        let count = self
            .rows::<identity_provider::Entity>()
            .count(&**transaction)
            .await?;
        if count >= most {
            return Err(Error::quota_exceeded(
                format!(
                    "the account has {count} identity providers, at most {most}; remove one first"
                ),
                None,
            ));
        }
        Ok(())
    }

    /// Deletes an identity provider and writes an audit entry; returns false when there is none.
    pub async fn delete_identity_provider(
        &self,
        id: IdentityProviderId,
        note: AuditNote,
    ) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let deleted = self
            .delete::<identity_provider::Entity>()
            .filter(identity_provider::Column::Id.eq(id.uuid()))
            .exec(&*transaction)
            .await?;
        if deleted.rows_affected == 0 {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.note(vec![note], &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Adds the end user whom a token names or, when the account knows the person, changes the display name, if one is
    /// given, and the time of the last use.
    pub async fn admit_token_holder(&self, end_user: &EndUser) -> Result<TokenHolder> {
        let transaction = self.database.begin().await?;
        let end_user = self.put_end_user(end_user, &transaction).await?;
        let valid_from = self.tokens_valid_from(end_user.id, &transaction).await?;
        transaction.commit().await?;
        Ok(TokenHolder {
            end_user,
            valid_from,
        })
    }

    /// Refuses the tokens of an end user that were issued before `time`.
    pub(super) async fn revoke_tokens(
        &self,
        end_user: EndUserId,
        time: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        self.change::<end_user::Entity>()
            .filter(end_user::Column::Id.eq(end_user.uuid()))
            .set(end_user::ActiveModel {
                tokens_valid_from: Set(Some(time)),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    async fn tokens_valid_from(
        &self,
        end_user: EndUserId,
        transaction: &Transaction,
    ) -> Result<Option<DateTime<Utc>>> {
        let row = self
            .rows::<end_user::Entity>()
            .filter(end_user::Column::Id.eq(end_user.uuid()))
            .one(&**transaction)
            .await?;
        Ok(row.and_then(|row| row.tokens_valid_from))
    }
}

impl PlatformStore {
    /// The identity providers of any account with this issuer and one of these audiences, at most two.
    pub async fn identity_providers_of(
        &self,
        issuer: &str,
        audiences: &[&str],
    ) -> Result<Vec<IdentityProvider>> {
        Self::rows::<identity_provider::Entity>()
            .filter(identity_provider::Column::Issuer.eq(issuer))
            .filter(identity_provider::Column::Audience.is_in(audiences.iter().copied()))
            .limit(2)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(provider_of)
            .collect()
    }

    /// The end user of a token as stored now; none when the end user or the token's provider does not exist any more.
    pub async fn token_holder(&self, token: &TokenId) -> Result<Option<TokenHolder>> {
        let providers = self.existing_providers(&[token.provider.uuid()]).await?;
        if providers.is_empty() {
            return Ok(None);
        }
        let row = Self::rows::<end_user::Entity>()
            .filter(end_user::Column::Id.eq(token.end_user.uuid()))
            .one(self.database.primary())
            .await?;
        Ok(row.map(|row| TokenHolder {
            valid_from: row.tokens_valid_from,
            end_user: end_user_of(row),
        }))
    }

    /// Those of the tokens that are revoked, or whose provider or end user does not exist any more.
    pub async fn revoked_tokens_among(&self, tokens: &[TokenId]) -> Result<Vec<TokenId>> {
        let mut revoked = Vec::new();
        for some in tokens.chunks(AT_A_TIME) {
            let providers: Vec<Uuid> = some.iter().map(|token| token.provider.uuid()).collect();
            let providers = self.existing_providers(&providers).await?;
            let end_users = some.iter().map(|token| token.end_user.uuid());
            let end_users: Vec<(Uuid, Option<DateTime<Utc>>)> = Self::rows::<end_user::Entity>()
                .filter(end_user::Column::Id.is_in(end_users))
                .select_only()
                .column(end_user::Column::Id)
                .column(end_user::Column::TokensValidFrom)
                .into_tuple()
                .all(self.database.primary())
                .await?;
            let is_valid = |token: &TokenId| {
                let mut known = end_users.iter();
                let known = known.find(|(id, _)| *id == token.end_user.uuid());
                providers.contains(&token.provider.uuid())
                    && known.is_some_and(|(_, from)| {
                        from.is_none_or(|from| !token.is_issued_before(from))
                    })
            };
            revoked.extend(some.iter().filter(|token| !is_valid(token)));
        }
        Ok(revoked)
    }

    /// Those of the identity providers that exist.
    async fn existing_providers(&self, ids: &[Uuid]) -> Result<Vec<Uuid>> {
        Ok(Self::rows::<identity_provider::Entity>()
            .filter(identity_provider::Column::Id.is_in(ids.iter().copied()))
            .select_only()
            .column(identity_provider::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?)
    }
}

fn provider_row(provider: &IdentityProvider) -> Result<identity_provider::ActiveModel> {
    Ok(identity_provider::ActiveModel {
        id: Set(provider.id.uuid()),
        account_id: Set(provider.account.uuid()),
        name: Set(provider.name.clone()),
        issuer: Set(provider.issuer.clone()),
        audience: Set(provider.audience.clone()),
        jwks_url: Set(provider.jwks_url.clone()),
        algorithms: Set(to_json(
            "identity_providers.algorithms",
            &provider.algorithms,
        )?),
        claims: Set(to_json("identity_providers.claims", &provider.claims)?),
        created_at: Set(provider.created_at),
    })
}

fn provider_of(row: identity_provider::Model) -> Result<IdentityProvider> {
    Ok(IdentityProvider {
        id: IdentityProviderId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        name: row.name,
        issuer: row.issuer,
        audience: row.audience,
        jwks_url: row.jwks_url,
        algorithms: from_json("identity_providers.algorithms", row.algorithms)?,
        claims: from_json("identity_providers.claims", row.claims)?,
        created_at: row.created_at,
    })
}
