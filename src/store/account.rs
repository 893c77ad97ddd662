//! Accounts: a tenant's own account, and all accounts for the platform.

use chrono::{DateTime, Utc};
use entity::{account, agent, api_key, document, provider_key};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, ExprTrait, FromQueryResult, PaginatorTrait, QueryFilter, QuerySelect,
    QueryTrait,
    sea_query::{Asterisk, Expr, Query, SelectStatement},
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

/// What every message needs of its account.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageAccount {
    /// The account.
    pub account: Account,
    /// The number of its queued and running runs, counted up to a limit.
    pub unfinished: u64,
    /// What else the account has.
    pub holdings: AccountHoldings,
}

/// What an account has: an answer does not look for what its account has none of. Most accounts have few of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountHoldings {
    /// Whether there is a document, read or not.
    pub documents: bool,
    /// Whether there is a key of a model provider.
    pub provider_keys: bool,
    /// Whether there is more than one active agent.
    pub several_agents: bool,
}

impl AccountHoldings {
    /// The holdings of an account of which they are not known.
    pub const UNKNOWN: Self = Self {
        documents: true,
        provider_keys: true,
        several_agents: true,
    };
}

/// A row of [`TenantStore::account_for_message`].
#[derive(FromQueryResult)]
struct MessageAccountRow {
    #[sea_orm(nested)]
    account: account::Model,
    unfinished: i64,
    active_agents: i64,
    has_documents: bool,
    has_provider_keys: bool,
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

    /// Returns what every message needs of the account, in one query; its queued and running runs are counted up to
    /// `most`.
    pub async fn account_for_message(&self, most: u64) -> Result<MessageAccount> {
        let active = self
            .rows::<agent::Entity>()
            .filter(agent::Column::Status.eq(agent::AgentStatus::Active))
            .select_only()
            .column(agent::Column::Id)
            .limit(2)
            .into_query();
        let documents = self.values::<document::Entity>(document::Column::Id);
        let keys = self.values::<provider_key::Entity>(provider_key::Column::Id);
        let found = self
            .rows::<account::Entity>()
            .expr_as(count_of(self.unfinished_up_to(most)), "unfinished")
            .expr_as(count_of(active), "active_agents")
            .expr_as(Expr::exists(documents), "has_documents")
            .expr_as(Expr::exists(keys), "has_provider_keys")
            .into_model::<MessageAccountRow>()
            .one(self.database.primary())
            .await?;
        let found = found.ok_or_else(|| Error::not_found("account"))?;
        Ok(MessageAccount {
            account: account_of(found.account)?,
            unfinished: u64::try_from(found.unfinished).unwrap_or_default(),
            holdings: AccountHoldings {
                documents: found.has_documents,
                provider_keys: found.has_provider_keys,
                several_agents: found.active_agents > 1,
            },
        })
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

/// The number of rows of a query.
fn count_of(rows: SelectStatement) -> Expr {
    let count = Query::select()
        .expr(Expr::col(Asterisk).count())
        .from_subquery(rows, "some")
        .take();
    Expr::SubQuery(None, Box::new(count.into()))
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
