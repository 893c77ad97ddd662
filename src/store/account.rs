//! Accounts: a tenant's own account, and all accounts for the platform.

use chrono::{DateTime, Utc};
use entity::{account, api_key};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, ExprTrait, FromQueryResult, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::{Asterisk, Expr, Query},
};

use crate::{
    domain::{
        Account, AccountId, AccountTier, ApiKey, AuditHead, AuditNote, Ceiling, ConsentChange,
        EndUserOperations, Page, PageRequest,
    },
    error::{Error, Result},
    store::{
        PlatformStore, TenantStore,
        api_key::key_row,
        page::Listing,
        row::{from_json, same_variants, to_json},
    },
};

/// The settings of an account that only an operator may change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OperatorTerms {
    /// The tier that the account pays for.
    pub tier: AccountTier,
    /// The operator's limit on tokens and cost.
    pub ceiling: Ceiling,
}

/// A row of [`TenantStore::account_and_its_runs`].
#[derive(FromQueryResult)]
struct AccountAndRuns {
    #[sea_orm(nested)]
    account: account::Model,
    unfinished: i64,
}

impl TenantStore {
    /// Returns the account's own row. `NOT_FOUND` when it was deleted.
    pub async fn account(&self) -> Result<Account> {
        let row = self
            .rows::<account::Entity>()
            .one(self.database.primary())
            .await?;
        account_of(row.ok_or_else(|| Error::not_found("account"))?)
    }

    /// Returns the account and the number of its queued and running runs, counted up to `most`, in one query. Every
    /// message needs both.
    pub async fn account_and_its_runs(&self, most: u64) -> Result<(Account, u64)> {
        let some = self.unfinished_up_to(most);
        let count = Query::select()
            .expr(Expr::col(Asterisk).count())
            .from_subquery(some, "some")
            .take();
        let found = self
            .rows::<account::Entity>()
            .expr_as(Expr::SubQuery(None, Box::new(count.into())), "unfinished")
            .into_model::<AccountAndRuns>()
            .one(self.database.primary())
            .await?;
        let found = found.ok_or_else(|| Error::not_found("account"))?;
        let unfinished = u64::try_from(found.unfinished).unwrap_or_default();
        Ok((account_of(found.account)?, unfinished))
    }

    /// Writes the account's name, budgets and settings, and an audit entry. `tier` and `ceiling` are written only when
    /// `terms` is given, so that an owner's change, made from an earlier read, does not undo a concurrent change of an
    /// operator; the consent to exports only when `consent` is, so that no other change undoes its withdrawal.
    pub async fn update_account(
        &self,
        account: &Account,
        terms: Option<OperatorTerms>,
        consent: Option<ConsentChange>,
        note: AuditNote,
    ) -> Result<()> {
        let transaction = self.database.begin().await?;
        let mut row = account::ActiveModel {
            name: Set(account.name.clone()),
            billing_settings: Set(to_json("accounts.billing_settings", &account.billing)?),
            configuration: Set(account.configuration.clone()),
            routes_by_model: Set(account.routes_by_model),
            end_user_operations: Set(account.end_user_operations.into()),
            ..Default::default()
        };
        if let Some(OperatorTerms { tier, ceiling }) = terms {
            row.tier = Set(tier.into());
            row.ceiling_tokens = Set(ceiling.tokens);
            row.ceiling_cost_usd = Set(ceiling.cost_usd);
        }
        if let Some(consent) = consent {
            row.training_consent_at = Set(consent.apply(account.training_consent_at));
        }
        self.change::<account::Entity>()
            .set(row)
            .exec(&*transaction)
            .await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await
    }
}

impl TenantStore {
    /// Suspends the account at a time, or lets it be used again, and writes an audit entry. An account that is suspended
    /// already keeps its time.
    pub async fn set_suspension(
        &self,
        suspended_at: Option<DateTime<Utc>>,
        note: AuditNote,
    ) -> Result<()> {
        let transaction = self.database.begin().await?;
        let change = self.change::<account::Entity>();
        let change = match suspended_at {
            Some(_) => change.filter(account::Column::SuspendedAt.is_null()),
            None => change.filter(account::Column::SuspendedAt.is_not_null()),
        };
        let changed = change
            .set(account::ActiveModel {
                suspended_at: Set(suspended_at),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        if changed.rows_affected == 0 {
            return transaction.roll_back().await;
        }
        self.note(vec![note], &transaction).await?;
        transaction.commit().await
    }
}

impl PlatformStore {
    /// Adds an account with its first key and an audit entry; `hash` is the SHA-256 of the key's secret.
    pub async fn create_account(
        &self,
        account: &Account,
        key: &ApiKey,
        hash: [u8; 32],
        note: AuditNote,
    ) -> Result<()> {
        let transaction = self.database.begin().await?;
        let mut row = account_row(account)?;
        // sealed while the log is empty: a log without a seal can then only be one that lost it
        if let Some(key) = self.audit_keys.current() {
            let seal = AuditHead::EMPTY.seal(account.id, key);
            row.audit_key = Set(Some(seal.key));
            row.audit_mac = Set(Some(seal.mac.to_vec()));
        }
        account::Entity::insert(row)
            .exec_without_returning(&*transaction)
            .await?;
        api_key::Entity::insert(key_row(account.id, key, hash))
            .exec_without_returning(&*transaction)
            .await?;
        let tenant = self.tenant(account.id);
        tenant.note(vec![note], &transaction).await?;
        transaction.commit().await
    }

    /// All accounts, oldest first.
    pub async fn accounts(&self, request: &PageRequest) -> Result<Page<Account>> {
        Listing::oldest_first(account::Column::Id)
            .page(
                Self::rows::<account::Entity>(),
                request,
                self.database.replica(),
                account_of,
            )
            .await
    }

    /// The number of accounts.
    pub async fn count_accounts(&self) -> Result<u64> {
        Ok(Self::rows::<account::Entity>()
            .count(self.database.replica())
            .await?)
    }

    /// The accounts with these ids that exist, in no particular order.
    pub async fn accounts_by_ids(&self, ids: &[AccountId]) -> Result<Vec<Account>> {
        Self::rows::<account::Entity>()
            .filter(account::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(account_of)
            .collect()
    }
}

fn account_row(account: &Account) -> Result<account::ActiveModel> {
    Ok(account::ActiveModel {
        id: Set(account.id.uuid()),
        name: Set(account.name.clone()),
        tier: Set(account.tier.into()),
        billing_settings: Set(to_json("accounts.billing_settings", &account.billing)?),
        configuration: Set(account.configuration.clone()),
        routes_by_model: Set(account.routes_by_model),
        end_user_operations: Set(account.end_user_operations.into()),
        audit_length: NotSet,
        audit_key: NotSet,
        audit_mac: NotSet,
        document_count: NotSet,
        document_bytes: NotSet,
        ceiling_tokens: Set(account.ceiling.tokens),
        ceiling_cost_usd: Set(account.ceiling.cost_usd),
        suspended_at: Set(account.suspended_at),
        training_consent_at: Set(account.training_consent_at),
        created_at: Set(account.created_at),
    })
}

pub(super) fn account_of(row: account::Model) -> Result<Account> {
    Ok(Account {
        id: AccountId::from_uuid(row.id),
        name: row.name,
        tier: row.tier.into(),
        billing: from_json("accounts.billing_settings", row.billing_settings)?,
        ceiling: Ceiling {
            tokens: row.ceiling_tokens,
            cost_usd: row.ceiling_cost_usd,
        },
        configuration: row.configuration,
        routes_by_model: row.routes_by_model,
        suspended_at: row.suspended_at,
        training_consent_at: row.training_consent_at,
        end_user_operations: row.end_user_operations.into(),
        created_at: row.created_at,
    })
}

same_variants!(account::EndUserOperations, EndUserOperations: Any, Registered);
same_variants!(account::AccountTier, AccountTier: Entry, Standard, Premium);
