//! The operator's account: made on an empty database, with the configured key or a random one.

use crate::{
    domain::{AccountTier, Billing, BudgetEnforcement, Ceiling, Role, Secret},
    error::Result,
    port::Clock,
    service::{MintedKey, NewAccount, NewApiKey, Services, operator_key_problem},
    store::Store,
};

/// What the operator's account is made with.
pub struct OperatorAccount<'a> {
    /// The use cases.
    pub(crate) services: &'a Services,
    /// The tables.
    pub(crate) store: &'a Store,
    /// The time.
    pub(crate) clock: &'a dyn Clock,
    /// `TROUPE_OPERATOR_KEY`.
    pub(crate) configured: Option<&'a Secret>,
}

impl OperatorAccount<'_> {
    /// Makes the account with the configured key, on a database that has no key at all.
    pub async fn bootstrap(&self) -> Result<()> {
        let platform = self.store.platform();
        self.report_key().await?;
        match self.configured {
            Some(key) if !platform.has_keys().await? => {
                let founded = self.found(Some(key.clone())).await;
                // another process that starts at the same time may have been faster
                match founded {
                    Err(error) if !platform.has_keys().await? => Err(error),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// Warns in the log when the configured key is no operator's, on a database that has keys already.
    pub async fn report_key(&self) -> Result<()> {
        let Some(configured) = self.configured else {
            return Ok(());
        };
        if !self.store.platform().has_keys().await? {
            return Ok(());
        }
        if let Some(problem) = operator_key_problem(self.store, self.clock, configured).await? {
            tracing::warn!("{problem}");
        }
        Ok(())
    }

    /// Makes the account; returns the secret of its key, a random one unless it is given.
    pub async fn found(&self, secret: Option<Secret>) -> Result<Secret> {
        let billing = Billing {
            monthly_token_budget: None,
            monthly_cost_budget_usd: None,
            enforcement: BudgetEnforcement::Warn,
        };
        let account = NewAccount {
            name: "Operator".to_owned(),
            tier: AccountTier::Premium,
            billing,
            ceiling: Ceiling::default(),
        };
        let key = NewApiKey {
            name: "First operator".to_owned(),
            role: Role::Operator,
            expires_at: None,
        };
        let (_, minted) = self
            .services
            .setup
            .create_account(account, |id| match secret {
                Some(secret) => MintedKey::of(secret, self.clock, id, key),
                None => MintedKey::random(self.clock, id, key),
            })
            .await?;
        Ok(minted.secret)
    }
}
