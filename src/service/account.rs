//! Accounts: made by the operator, changed by their owners.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde_json::{Value, json};

use super::{MintedKey, NewApiKey, Services, refuse};
use crate::{
    domain::{
        Account, AccountId, AccountTier, Actor, AuditId, AuditNote, Billing, BudgetEnforcement,
        Ceiling, KeyId, Operation, Page, PageRequest, Role, Spending, check_json, check_name,
    },
    error::{Error, Problem, Result},
    store::Terms,
};

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its name, for people.
    pub name: String,
    /// What it pays for.
    pub tier: AccountTier,
    /// Its budgets.
    pub billing: Billing,
    /// What it may spend at most, whatever its budgets say.
    pub ceiling: Ceiling,
}

/// What is to change of an account; what is not set stays. An inner none takes the budget away.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    /// Its name.
    pub name: Option<String>,
    /// What it pays for; the operator's to change.
    pub tier: Option<AccountTier>,
    /// Tokens a month.
    pub monthly_token_budget: BudgetChange<i64>,
    /// US dollars a month.
    pub monthly_cost_budget_usd: BudgetChange<f64>,
    /// What it may spend at most; the operator's to change.
    pub ceiling: CeilingChange,
    /// What happens when a budget is spent.
    pub enforcement: Option<BudgetEnforcement>,
    /// Settings for all of its agents.
    pub configuration: Option<Value>,
}

/// What is to change of the operator's bounds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CeilingChange {
    /// Tokens a month.
    pub tokens: BudgetChange<i64>,
    /// US dollars a month.
    pub cost_usd: BudgetChange<f64>,
}

impl CeilingChange {
    fn apply(self, ceiling: &mut Ceiling) {
        self.tokens.apply(&mut ceiling.tokens);
        self.cost_usd.apply(&mut ceiling.cost_usd);
    }
}

/// What is to happen to a budget.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum BudgetChange<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// There is none any more.
    Lift,
    /// This much.
    Set(T),
}

impl<T> BudgetChange<T> {
    fn apply(self, budget: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Lift => *budget = None,
            Self::Set(amount) => *budget = Some(amount),
        }
    }
}

impl Services {
    /// The actor's account, or the named one; only operators see another's.
    pub async fn account(&self, actor: &Actor, id: Option<AccountId>) -> Result<Option<Account>> {
        let id = id.unwrap_or(actor.account);
        actor.authorize(Operation::Account)?;
        if id != actor.account && actor.role != Role::Operator {
            return Ok(None);
        }
        Ok(self.store.platform().accounts_by_ids(&[id]).await?.pop())
    }

    /// Every account.
    pub async fn accounts(&self, actor: &Actor, page: &PageRequest) -> Result<Page<Account>> {
        actor.authorize(Operation::Accounts)?;
        self.store.platform().accounts(page).await
    }

    /// How many accounts there are.
    pub async fn count_accounts(&self, actor: &Actor) -> Result<u64> {
        actor.authorize(Operation::Accounts)?;
        self.store.platform().count_accounts().await
    }

    /// What the account has spent this month (UTC).
    pub async fn spending(&self, account: AccountId) -> Result<Spending> {
        self.store
            .tenant(account)
            .spending_since(month_of(self.clock.now()))
            .await
    }

    /// Makes an account with an owner's key.
    pub async fn create_account(
        &self,
        actor: &Actor,
        new: NewAccount,
    ) -> Result<(Account, MintedKey)> {
        actor.authorize(Operation::CreateAccount)?;
        let mut problems: Vec<Problem> = check_name("input.name", &new.name).into_iter().collect();
        check_billing(&new.billing, &mut problems);
        check_ceiling(&new.ceiling, &mut problems);
        refuse(problems)?;
        let owner = NewApiKey {
            name: "Owner".to_owned(),
            role: Role::Owner,
            expires_at: None,
        };
        self.found_by(Some(actor.key), new, |id| {
            MintedKey::random(self.clock.as_ref(), id, owner)
        })
        .await
    }

    /// Changes an account: the actor's own, or the named one for an operator.
    pub async fn update_account(
        &self,
        actor: &Actor,
        id: Option<AccountId>,
        change: AccountChange,
    ) -> Result<Account> {
        actor.authorize(Operation::UpdateAccount)?;
        let mut account = self
            .account(actor, id)
            .await?
            .ok_or_else(|| Error::not_found("account"))?;
        let terms = changed_terms(actor, &account, &change)?;
        let mut problems: Vec<Problem> = change
            .name
            .as_deref()
            .and_then(|name| check_name("input.name", name))
            .into_iter()
            .collect();
        problems.extend(
            change
                .configuration
                .iter()
                .flat_map(|settings| check_json("input.configuration", settings)),
        );
        change
            .monthly_token_budget
            .apply(&mut account.billing.monthly_token_budget);
        change
            .monthly_cost_budget_usd
            .apply(&mut account.billing.monthly_cost_budget_usd);
        check_billing(&account.billing, &mut problems);
        if let Some(terms) = terms {
            account.tier = terms.tier;
            account.ceiling = terms.ceiling;
            check_ceiling(&account.ceiling, &mut problems);
        }
        refuse(problems)?;
        account.name = change.name.unwrap_or(account.name);
        account.billing.enforcement = change.enforcement.unwrap_or(account.billing.enforcement);
        if let Some(settings) = change.configuration {
            self.check_account_settings(&account, &settings).await?;
            account.configuration = settings;
        }
        let detail = detail_of(&account);
        let note = self.note(actor, Operation::UpdateAccount, account.id, detail);
        self.store
            .tenant(account.id)
            .update_account(&account, terms, note)
            .await?;
        Ok(account)
    }

    /// Makes an account with its first key, without asking who wants it: the operator's first start.
    pub async fn found(
        &self,
        new: NewAccount,
        key: impl FnOnce(AccountId) -> MintedKey,
    ) -> Result<(Account, MintedKey)> {
        self.found_by(None, new, key).await
    }

    /// Makes an account with its first key, which makes itself when nobody does.
    async fn found_by(
        &self,
        by: Option<KeyId>,
        new: NewAccount,
        key: impl FnOnce(AccountId) -> MintedKey,
    ) -> Result<(Account, MintedKey)> {
        let id = AccountId::new(self.clock.as_ref());
        let account = Account {
            id,
            name: new.name,
            tier: new.tier,
            billing: new.billing,
            ceiling: new.ceiling,
            configuration: json!({}),
            created_at: self.clock.now(),
        };
        let minted = key(id);
        let note = AuditNote {
            id: AuditId::new(self.clock.as_ref()),
            at: account.created_at,
            actor: by.unwrap_or(minted.key.id).to_string(),
            action: Operation::CreateAccount.name().to_owned(),
            subject: Some(id.to_string()),
            agent: None,
            conversation: None,
            detail: detail_of(&account),
        };
        self.store
            .platform()
            .create_account(&account, &minted.key, minted.hash, note)
            .await?;
        Ok((account, minted))
    }
}

/// What the audit log says of an account.
fn detail_of(account: &Account) -> Value {
    json!({
        "name": account.name,
        "tier": account.tier,
        "billing": account.billing,
        "ceiling": account.ceiling,
    })
}

fn check_billing(billing: &Billing, problems: &mut Vec<Problem>) {
    let (tokens, usd) = (
        billing.monthly_token_budget,
        billing.monthly_cost_budget_usd,
    );
    problems.extend(negative_tokens("input.monthlyTokenBudget", tokens));
    problems.extend(negative_usd("input.monthlyCostBudgetUsd", usd));
}

fn check_ceiling(ceiling: &Ceiling, problems: &mut Vec<Problem>) {
    problems.extend(negative_tokens("input.ceilingTokens", ceiling.tokens));
    problems.extend(negative_usd("input.ceilingCostUsd", ceiling.cost_usd));
}

fn negative_tokens(path: &str, tokens: Option<i64>) -> Option<Problem> {
    let tokens = tokens.filter(|tokens| *tokens < 0)?;
    Some(Problem::new(path, format!("{tokens}, expected 0 or more")))
}

fn negative_usd(path: &str, usd: Option<f64>) -> Option<Problem> {
    let usd = usd.filter(|usd| !(usd.is_finite() && *usd >= 0.0))?;
    Some(Problem::new(path, format!("{usd}, expected 0 or more")))
}

/// What the change makes of the operator's terms; none where it names none of them. `FORBIDDEN` when they become others, and
/// the actor is no operator.
fn changed_terms(
    actor: &Actor,
    account: &Account,
    change: &AccountChange,
) -> Result<Option<Terms>> {
    if change.tier.is_none() && change.ceiling == CeilingChange::default() {
        return Ok(None);
    }
    let tier = change.tier.unwrap_or(account.tier);
    let mut ceiling = account.ceiling;
    change.ceiling.apply(&mut ceiling);
    if actor.role == Role::Operator {
        return Ok(Some(Terms { tier, ceiling }));
    }
    if tier != account.tier {
        return Err(Error::forbidden(
            "the tier of an account is the operator's to change",
        ));
    }
    if ceiling != account.ceiling {
        return Err(Error::forbidden(
            "the ceilings of an account are the operator's to change; its own budgets are monthlyTokenBudget and \
             monthlyCostBudgetUsd",
        ));
    }
    Ok(None)
}

/// The first instant of the month.
fn month_of(now: DateTime<Utc>) -> DateTime<Utc> {
    let first =
        NaiveDate::from_ymd_opt(now.year(), now.month(), 1).unwrap_or_else(|| now.date_naive());
    first.and_time(chrono::NaiveTime::MIN).and_utc()
}
