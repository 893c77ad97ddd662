//! The operator's account: created on an empty database, with the configured key or a random one.

use crate::{
    domain::{AccountTier, Billing, BudgetEnforcement, Ceiling, Role, Secret},
    error::Result,
    port::Clock,
    service::{MintedKey, NewAccount, NewApiKey, SetupService, operator_key_problem},
    store::Store,
};

/// Creates the operator's account and checks its key.
pub struct OperatorAccount<'a> {
    /// Makes the account.
    pub(crate) setup: &'a SetupService,
    pub(crate) store: &'a Store,
    pub(crate) clock: &'a dyn Clock,
    /// The value of `TROUPE_OPERATOR_KEY`.
    pub(crate) configured: Option<&'a Secret>,
}

impl OperatorAccount<'_> {
    /// Creates the account with the configured key, if the database has no key at all.
    pub async fn bootstrap(&self) -> Result<()> {
        let platform = self.store.platform();
        self.report_key().await?;
        match self.configured {
            Some(key) if !platform.has_keys().await? => {
                let founded = self.found(Some(key.clone())).await;
                // another process that starts at the same time may have created it first
                match founded {
                    Err(error) if !platform.has_keys().await? => Err(error),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// Logs a warning when the configured key is not a key of the operator, on a database that already has keys.
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

    /// Creates the account and returns the secret of its key, which is random if `secret` is `None`.
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
            .setup
            .create_account(account, |id| match secret {
                Some(secret) => MintedKey::of(secret, self.clock, id, key),
                None => MintedKey::random(self.clock, id, key),
            })
            .await?;
        Ok(minted.secret)
    }
}
