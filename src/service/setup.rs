//! The setup of a process at its start, without a caller: publishes the shipped templates, registers the built-in MCP
//! servers, and creates the first accounts.

use std::sync::Arc;

use super::{
    MintedKey, NewAccount,
    account::{audit_detail, new_account},
    refuse,
    template::published_now,
};
use crate::{
    domain::{Account, AccountId, AuditId, AuditNote, Operation, TemplateSpec},
    error::{Problem, Result},
    port::Clock,
    store::Store,
    toolbox::Toolbox,
};

/// Prepares the tables for the first request.
#[derive(Clone)]
pub struct SetupService {
    store: Store,
    toolbox: Toolbox,
    clock: Arc<dyn Clock>,
}

impl SetupService {
    /// The start of a process over these parts. It checks no permission: only the composition root holds it.
    pub fn new(store: Store, toolbox: Toolbox, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            toolbox,
            clock,
        }
    }

    /// Publishes the shipped template versions that are not published yet; none of them if there is a problem. A published
    /// version whose file has changed is refused, because its agents rely on the published one.
    pub async fn publish_shipped(&self, specs: &[TemplateSpec]) -> Result<()> {
        let platform = self.store.platform();
        let (mut new, mut problems) = (Vec::new(), Vec::new());
        for spec in specs {
            let published = platform.template(&spec.name, Some(&spec.version)).await?;
            match published {
                None => new.push(spec),
                Some(published) => problems.extend(difference(&published.spec, spec)),
            }
        }
        refuse(problems)?;
        let mut problems = Vec::new();
        for spec in new {
            let template = published_now(self.clock.as_ref(), spec.clone());
            if platform.publish(&template, None).await? {
                tracing::info!(template = %spec.name, version = %spec.version, "template published");
                continue;
            }
            // another process was faster
            let published = platform.template(&spec.name, Some(&spec.version)).await?;
            problems.extend(published.and_then(|published| difference(&published.spec, spec)));
        }
        refuse(problems)
    }

    /// Registers the built-in MCP servers as this version defines them.
    pub async fn register_built_in(&self) -> Result<()> {
        let platform = self.store.platform();
        for server in self.toolbox.registered(self.clock.now()) {
            platform.put_server(&server).await?;
        }
        Ok(())
    }

    /// Creates an account with its first key. The audit log names that key as the actor.
    pub async fn create_account(
        &self,
        new: NewAccount,
        key: impl FnOnce(AccountId) -> MintedKey,
    ) -> Result<(Account, MintedKey)> {
        let account = new_account(self.clock.as_ref(), new);
        let minted = key(account.id);
        let note = AuditNote {
            id: AuditId::new(self.clock.as_ref()),
            at: account.created_at,
            actor: minted.key.id.to_string(),
            action: Operation::CreateAccount.name().to_owned(),
            subject: Some(account.id.to_string()),
            agent: None,
            conversation: None,
            detail: audit_detail(&account),
        };
        self.store
            .platform()
            .create_account(&account, &minted.key, minted.hash, note)
            .await?;
        Ok((account, minted))
    }
}

/// The problem with the file of a published version that is not as it was published.
fn difference(published: &TemplateSpec, spec: &TemplateSpec) -> Option<Problem> {
    (published != spec).then(|| {
        Problem::new(
            format!("agents/{}.yaml", spec.name),
            format!(
                "differs from the published version {}; raise `version`",
                spec.version
            ),
        )
    })
}
