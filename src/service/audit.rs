//! The audit log: who did what in an account, read by its administrators and checked by the operator.

use std::fmt::Display;

use serde_json::Value;

use super::{refuse, tables::Tables};
use crate::{
    domain::{
        AccountId, Actor, AuditEntry, AuditFilter, AuditHead, AuditId, AuditNote, Operation, Page,
        PageRequest, Permission, check_text,
    },
    error::Result,
    port::Clock,
};

/// The maximum length of a filter's text, in characters.
const LONGEST_FILTER: usize = 200;

/// Reads the audit log.
#[derive(Clone)]
pub struct AuditService {
    pub(super) tables: Tables,
}

impl AuditService {
    /// The account's entries, the newest first.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>> {
        let permission = actor.authorize(Operation::AuditLog)?;
        let store = self.tables.tenant(&permission);
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

    /// The total number of entries in [`Self::list`].
    pub async fn count(&self, actor: &Actor, filter: &AuditFilter) -> Result<u64> {
        self.tables
            .tenant(actor.authorize(Operation::AuditLog)?)
            .count_audit_entries(filter)
            .await
    }

    /// The head of the audit log of the actor's account, or of the named one for an operator.
    pub async fn head(&self, actor: &Actor, account: AccountId) -> Result<AuditHead> {
        let permission = actor.acting_in(account)?.authorize(Operation::AuditLog)?;
        self.tables.tenant(&permission).audit_head().await
    }

    /// The entry with that id.
    pub async fn get(&self, actor: &Actor, id: AuditId) -> Result<Option<AuditEntry>> {
        self.tables
            .tenant(actor.authorize(Operation::AuditLog)?)
            .audit_entry(id)
            .await
    }
}

/// The audit note of an operation that a caller performs now on a subject.
pub(super) fn audit_note(
    clock: &dyn Clock,
    permission: &Permission,
    subject: impl Display,
    detail: Value,
) -> AuditNote {
    AuditNote {
        id: AuditId::new(clock),
        at: clock.now(),
        actor: permission.caller().to_string(),
        action: permission.operation().name().to_owned(),
        subject: Some(subject.to_string()),
        agent: None,
        conversation: None,
        detail,
    }
}
