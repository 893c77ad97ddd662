//! Accounts: created by the operator, changed by their owners.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    MintedKey, NewApiKey, agent_settings::AgentSettings, audit::audit_note,
    operation_set::OperationSets, refuse, tables::Tables,
};
use crate::{
    domain::{
        Account, AccountId, AccountTier, Actor, Billing, BudgetEnforcement, Ceiling, ConsentChange,
        EndUserOperations, Operation, Page, PageRequest, Role, Spending, check_json, check_name,
        month_of,
    },
    error::{Error, Problem, Result},
    port::{Announcement, Announcements, Clock},
    store::OperatorTerms,
};

/// The input of an account to create.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The display name.
    pub name: String,
    /// The tier that the account pays for.
    pub tier: AccountTier,
    /// The account's own budgets.
    pub billing: Billing,
    /// The operator's upper bound on spending, whatever the budgets allow.
    pub ceiling: Ceiling,
}

/// A change of an account. An unset field stays as it is.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    /// The new display name.
    pub name: Option<String>,
    /// The new tier; only an operator may change it.
    pub tier: Option<AccountTier>,
    /// The budget in tokens per month.
    pub monthly_token_budget: BudgetChange<i64>,
    /// The budget in US dollars per month.
    pub monthly_cost_budget_usd: BudgetChange<f64>,
    /// The upper bound on spending; only an operator may change it.
    pub ceiling: CeilingChange,
    /// The effect of a spent budget.
    pub enforcement: Option<BudgetEnforcement>,
    /// The settings for all of the account's agents.
    pub configuration: Option<Value>,
    /// Whether a model may decide between agents whose skills fit a message about equally well.
    pub routes_by_model: Option<bool>,
    /// The documents that the account's end users may execute.
    pub end_user_operations: Option<EndUserOperations>,
    /// Whether the account consents to the export of its rated conversations; only its own owner may give the consent.
    pub training_consent: Option<bool>,
}

/// A change of the operator's upper bounds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CeilingChange {
    /// The bound in tokens per month.
    pub tokens: BudgetChange<i64>,
    /// The bound in US dollars per month.
    pub cost_usd: BudgetChange<f64>,
}

impl CeilingChange {
    fn apply(self, ceiling: &mut Ceiling) {
        self.tokens.apply(&mut ceiling.tokens);
        self.cost_usd.apply(&mut ceiling.cost_usd);
    }
}

/// A change of one budget.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum BudgetChange<T> {
    /// The budget stays as it is.
    #[default]
    Keep,
    /// The budget is removed.
    Lift,
    /// The budget becomes this amount.
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

/// Reads and manages accounts.
#[derive(Clone)]
pub struct AccountService {
    pub(super) tables: Tables,
    pub(super) settings: AgentSettings,
    pub(super) operations: OperationSets,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

impl AccountService {
    /// The actor's account, or the named one. Only operators see another account.
    pub async fn get(&self, actor: &Actor, id: Option<AccountId>) -> Result<Option<Account>> {
        let permission = actor.authorize(Operation::Account)?;
        let id = id.unwrap_or_else(|| actor.account());
        if id != actor.account() && !actor.is_operator() {
            return Ok(None);
        }
        let platform = self.tables.platform(&permission);
        Ok(platform.accounts_by_ids(&[id]).await?.pop())
    }

    /// Every account; for operators only.
    pub async fn list(&self, actor: &Actor, page: &PageRequest) -> Result<Page<Account>> {
        let permission = actor.authorize(Operation::Accounts)?;
        self.tables.platform(&permission).accounts(page).await
    }

    /// The number of accounts.
    pub async fn count(&self, actor: &Actor) -> Result<u64> {
        let permission = actor.authorize(Operation::Accounts)?;
        self.tables.platform(&permission).count_accounts().await
    }

    /// The spending of an account in the current month (UTC). Only an operator may name another account.
    pub async fn spending(&self, actor: &Actor, account: AccountId) -> Result<Spending> {
        let permission = actor.acting_in(account)?.authorize(Operation::Account)?;
        let store = self.tables.tenant(&permission);
        store.spending_since(month_of(self.clock.now())).await
    }

    /// What the model calls in progress of an account may cost at most. Only an operator may name another account.
    pub async fn reserved(&self, actor: &Actor, account: AccountId) -> Result<Spending> {
        let permission = actor.acting_in(account)?.authorize(Operation::Account)?;
        self.tables
            .tenant(&permission)
            .reserved(self.clock.now())
            .await
    }

    /// Creates an account with an owner's key.
    pub async fn create(&self, actor: &Actor, new: NewAccount) -> Result<(Account, MintedKey)> {
        let permission = actor.authorize(Operation::CreateAccount)?;
        let mut problems: Vec<Problem> = check_name("input.name", &new.name).into_iter().collect();
        check_billing(&new.billing, &mut problems);
        check_ceiling(&new.ceiling, &mut problems);
        refuse(problems)?;
        let owner = NewApiKey {
            name: "Owner".to_owned(),
            role: Role::Owner,
            expires_at: None,
        };
        let clock = self.clock.as_ref();
        let account = new_account(clock, new);
        let minted = MintedKey::random(clock, account.id, owner);
        let note = audit_note(clock, &permission, account.id, audit_detail(&account));
        self.tables
            .platform(&permission)
            .create_account(&account, &minted.key, minted.hash, note)
            .await?;
        Ok((account, minted))
    }

    /// Changes the actor's account, or the named one for an operator.
    pub async fn update(
        &self,
        actor: &Actor,
        id: Option<AccountId>,
        change: AccountChange,
    ) -> Result<Account> {
        actor.authorize(Operation::UpdateAccount)?;
        let account = self.get(actor, id).await?;
        let mut account = account.ok_or_else(|| Error::not_found("account"))?;
        let acting = actor.acting_in(account.id)?;
        let permission = acting.authorize(Operation::UpdateAccount)?;
        let terms = changed_terms(actor, &account, &change)?;
        let consent = self.changed_consent(actor, &account, &change)?;
        let mut problems = check_texts(&change);
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
        account.routes_by_model = change.routes_by_model.unwrap_or(account.routes_by_model);
        account.end_user_operations = change
            .end_user_operations
            .unwrap_or(account.end_user_operations);
        account.billing.enforcement = change.enforcement.unwrap_or(account.billing.enforcement);
        if let Some(settings) = change.configuration {
            self.settings
                .check_account(&self.tables, &permission, &settings)
                .await?;
            account.configuration = settings;
        }
        if let Some(consent) = consent {
            account.training_consent_at = consent.apply(account.training_consent_at);
        }
        let detail = audit_detail(&account);
        let note = audit_note(self.clock.as_ref(), &permission, account.id, detail);
        self.tables
            .tenant(&permission)
            .update_account(&account, terms, consent, note)
            .await?;
        if change.end_user_operations.is_some() {
            self.operations.forget();
            self.announcements
                .publish(account.id, Announcement::OperationsChanged);
        }
        Ok(account)
    }

    /// The change of the account's consent; `None` where the change does not name it. `FORBIDDEN` when an operator gives
    /// the consent of another account: the consent is what binds the operator's exports.
    fn changed_consent(
        &self,
        actor: &Actor,
        account: &Account,
        change: &AccountChange,
    ) -> Result<Option<ConsentChange>> {
        let Some(is_given) = change.training_consent else {
            return Ok(None);
        };
        if is_given && actor.home() != account.id {
            return Err(Error::forbidden(
                "the consent of an account to exports for training is its owner's to give; an operator may only withdraw it",
            ));
        }
        Ok(Some(ConsentChange::of_input(is_given, self.clock.now())))
    }
}

/// A new account with the current time.
pub(super) fn new_account(clock: &dyn Clock, new: NewAccount) -> Account {
    Account {
        id: AccountId::new(clock),
        name: new.name,
        tier: new.tier,
        billing: new.billing,
        ceiling: new.ceiling,
        configuration: json!({}),
        routes_by_model: false,
        suspended_at: None,
        training_consent_at: None,
        end_user_operations: EndUserOperations::Any,
        created_at: clock.now(),
    }
}

/// The audit log's detail of an account's change.
pub(super) fn audit_detail(account: &Account) -> Value {
    json!({
        "name": account.name,
        "tier": account.tier,
        "billing": account.billing,
        "ceiling": account.ceiling,
        "routesByModel": account.routes_by_model,
        "endUserOperations": account.end_user_operations,
        "trainingConsentAt": account.training_consent_at,
    })
}

fn check_texts(change: &AccountChange) -> Vec<Problem> {
    let name = change.name.as_deref();
    let name = name.and_then(|name| check_name("input.name", name));
    let settings = change.configuration.iter();
    let settings = settings.flat_map(|settings| check_json("input.configuration", settings));
    name.into_iter().chain(settings).collect()
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

/// The operator's terms after the change; `None` where the change names none of them. `FORBIDDEN` when the terms would
/// differ and the actor is not an operator.
fn changed_terms(
    actor: &Actor,
    account: &Account,
    change: &AccountChange,
) -> Result<Option<OperatorTerms>> {
    if change.tier.is_none() && change.ceiling == CeilingChange::default() {
        return Ok(None);
    }
    let tier = change.tier.unwrap_or(account.tier);
    let mut ceiling = account.ceiling;
    change.ceiling.apply(&mut ceiling);
    if actor.is_operator() {
        return Ok(Some(OperatorTerms { tier, ceiling }));
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
