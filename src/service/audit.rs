//! The audit log: who did what in an account, read by its administrators and checked by the operator.

use std::fmt::Display;

use serde_json::Value;

use super::{Services, refuse};
use crate::{
    domain::{
        AccountId, Actor, AuditChain, AuditEntry, AuditFilter, AuditId, AuditNote, Operation, Page,
        PageRequest, Position, check_text,
    },
    error::Result,
    store::{Store, TenantStore},
};

/// Entries and accounts are read so many at a time.
const PAGE: u64 = 500;
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

/// Checks the log of one account, or of every one, and tells of each in a sentence. False when one is not whole.
/// `NOT_FOUND` when there is no such account.
pub async fn verify_audit(
    store: &Store,
    only: Option<AccountId>,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<bool> {
    if let Some(account) = only {
        return verify(&store.tenant(account), account, tell).await;
    }
    let mut request = PageRequest {
        limit: PAGE,
        after: None,
        before: None,
        from_end: false,
    };
    let mut whole = true;
    loop {
        let page = store.platform().accounts(&request).await?;
        for account in &page.items {
            whole &= verify(&store.tenant(account.id), account.id, tell).await?;
        }
        match page.items.last().filter(|_| page.has_next) {
            Some(last) => request.after = Some(Position::of(last.id)),
            None => return Ok(whole),
        }
    }
}

async fn verify(
    store: &TenantStore,
    account: AccountId,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<bool> {
    // read first: entries that come meanwhile are more, not less
    let length = store.audit_length().await?;
    let mut chain = AuditChain::default();
    loop {
        let entries = store.audit_entries_after(chain.length(), PAGE).await?;
        if entries.is_empty() {
            break;
        }
        for entry in &entries {
            chain.follow(entry);
        }
    }
    let checked = chain.length();
    let findings = chain.end(length);
    if findings.is_empty() {
        tell(&format!("{account}: {checked} entries, whole"));
        return Ok(true);
    }
    for finding in findings {
        tell(&format!("{account}: {finding}"));
    }
    Ok(false)
}
