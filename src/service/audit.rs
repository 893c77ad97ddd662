//! The audit log: who did what in an account, read by its administrators and checked by the operator.

use std::fmt::Display;

use serde_json::Value;

use super::{Services, refuse};
use crate::{
    domain::{
        AccountId, Actor, AuditEntry, AuditFilter, AuditHead, AuditId, AuditNote, Operation, Page,
        PageRequest, Role, check_text,
    },
    error::Result,
};

/// A text that entries are filtered by has at most this many characters.
const LONGEST_FILTER: usize = 200;

impl Services {
    /// The account's log, the newest entries first.
    pub async fn audit_log(
        &self,
        actor: &Actor,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>> {
        let store = self.allowed(actor, Operation::AuditLog)?;
        let texts = [
            ("filter.actor", &filter.actor),
            ("filter.action", &filter.action),
        ];
        let problems = texts
            .into_iter()
            .filter_map(|(path, text)| check_text(path, text.as_deref()?, LONGEST_FILTER));
        refuse(problems.collect())?;
        store.audit_entries(filter, page).await
    }

    /// How many entries [`Self::audit_log`] has in all.
    pub async fn count_audit(&self, actor: &Actor, filter: &AuditFilter) -> Result<u64> {
        self.allowed(actor, Operation::AuditLog)?
            .count_audit_entries(filter)
            .await
    }

    /// The head of the log of the actor's account, or of the named one for an operator.
    pub async fn audit_head(&self, actor: &Actor, account: AccountId) -> Result<AuditHead> {
        actor.authorize(Operation::AuditLog)?;
        let account = if actor.role == Role::Operator {
            account
        } else {
            actor.account
        };
        self.store.tenant(account).audit_head().await
    }

    /// The entry with that id.
    pub async fn audit_entry(&self, actor: &Actor, id: AuditId) -> Result<Option<AuditEntry>> {
        self.allowed(actor, Operation::AuditLog)?
            .audit_entry(id)
            .await
    }

    /// What is to be kept of something that the actor does just now.
    pub(super) fn note(
        &self,
        actor: &Actor,
        operation: Operation,
        subject: impl Display,
        detail: Value,
    ) -> AuditNote {
        AuditNote {
            id: AuditId::new(self.clock.as_ref()),
            at: self.clock.now(),
            actor: actor.key.to_string(),
            action: operation.name().to_owned(),
            subject: Some(subject.to_string()),
            agent: None,
            conversation: None,
            detail,
        }
    }
}
