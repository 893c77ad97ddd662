//! `troupe audit`: verifies and seals the audit logs of accounts, for the operator at the command line.

use serde_json::json;

use crate::{
    domain::{
        AccountId, AuditChain, AuditHead, AuditId, AuditNote, PageRequest, Position, SealState,
    },
    error::Result,
    port::Clock,
    store::Store,
};

/// The number of rows, or of accounts, that are read at a time.
const PAGE: u64 = 500;

/// Verifies and seals audit logs, and reports each log in a sentence.
pub struct AuditCheck<'a> {
    /// The accounts, their audit logs and the keys that seal them.
    pub store: &'a Store,
    /// The source of the time of a sealing entry.
    pub clock: &'a dyn Clock,
    /// Receives the sentences of the report.
    pub tell: &'a (dyn Fn(&str) + Sync),
}

/// The result of reading a log.
struct Checked {
    head: AuditHead,
    last_plain: Option<i64>,
    seal: SealState,
    sealed_under: Option<String>,
    findings: Vec<String>,
}

impl AuditCheck<'_> {
    /// Verifies the log of one account, or of every account. Returns false when a log differs from what was written.
    /// `NOT_FOUND` when there is no such account. With `expected`, the log of that one account must contain this head.
    pub async fn verify(
        &self,
        only: Option<AccountId>,
        expected: Option<AuditHead>,
    ) -> Result<bool> {
        let mut whole = true;
        for account in self.accounts(only).await? {
            let mut checked = self.read(account, expected).await?;
            let finding = self.judge_seal(&checked);
            checked.findings.extend(finding);
            whole &= checked.findings.is_empty();
            if checked.findings.is_empty() {
                (self.tell)(&format!("{account}: {}", checked.whole()));
            }
            for finding in &checked.findings {
                (self.tell)(&format!("{account}: {finding}"));
            }
        }
        Ok(whole)
    }

    /// Seals the log of one account in its present state, even if the log has findings; or every log that was never
    /// sealed and has none. Returns false when a log was left out.
    pub async fn seal(&self, only: Option<AccountId>) -> Result<bool> {
        let mut all = true;
        for account in self.accounts(only).await? {
            let checked = self.read(account, None).await?;
            if only.is_none() && checked.seal != SealState::Unsealed {
                continue;
            }
            if only.is_none() && !checked.findings.is_empty() {
                all = false;
                for finding in &checked.findings {
                    (self.tell)(&format!("{account}: not sealed: {finding}"));
                }
                continue;
            }
            let findings = checked.findings.len();
            let note = |head, seal| self.note(account, head, seal, findings);
            let head = self.store.tenant(account).seal_audit(note).await?;
            (self.tell)(&format!("{account}: sealed, head {head}"));
        }
        Ok(all)
    }

    /// The entry that seals the entries before it; it records the seal's earlier state.
    fn note(
        &self,
        account: AccountId,
        head: AuditHead,
        seal: SealState,
        findings: usize,
    ) -> AuditNote {
        let was = match seal {
            SealState::Unsealed => "UNSEALED",
            SealState::Sealed => "SEALED",
            SealState::Broken => "BROKEN",
            SealState::UnknownKey => "UNKNOWN_KEY",
        };
        AuditNote {
            id: AuditId::new(self.clock),
            at: self.clock.now(),
            actor: "operator".to_owned(),
            action: "sealAuditLog".to_owned(),
            subject: Some(account.to_string()),
            agent: None,
            conversation: None,
            detail: json!({"head": head.to_string(), "was": was, "findings": findings}),
        }
    }

    /// The ids of the given account, or of every account.
    async fn accounts(&self, only: Option<AccountId>) -> Result<Vec<AccountId>> {
        if let Some(account) = only {
            return Ok(vec![account]);
        }
        let mut request = PageRequest {
            limit: PAGE,
            after: None,
            before: None,
            from_end: false,
        };
        let mut accounts = Vec::new();
        loop {
            let page = self.store.platform().accounts(&request).await?;
            accounts.extend(page.items.iter().map(|account| account.id));
            match accounts.last().filter(|_| page.has_next) {
                Some(last) => request.after = Some(Position::of(*last)),
                None => return Ok(accounts),
            }
        }
    }

    /// Reads a log from its first row to its last.
    async fn read(&self, account: AccountId, expected: Option<AuditHead>) -> Result<Checked> {
        let store = self.store.tenant(account);
        let mut told = store.audit_seal().await?;
        // read before the rows: rows that are added meanwhile only make the log longer
        let count = store.count_audit_rows().await?;
        let mut chain = AuditChain::new(self.store.audit_keys(), expected);
        let mut place = None;
        loop {
            let (rows, next) = store.audit_rows_after(place, PAGE).await?;
            for row in &rows {
                chain.follow(row);
            }
            if next.is_some() {
                place = next;
                continue;
            }
            let before = std::mem::replace(&mut told, store.audit_seal().await?);
            // an entry and the account's seal commit together: an entry that is missing here was added after the last
            // query
            let is_behind = told.0 > chain.head().length && told.0 != before.0;
            if !rows.is_empty() || !is_behind {
                break;
            }
        }
        let (length, seal) = told;
        let head = chain.head();
        let keys = self.store.audit_keys();
        Ok(Checked {
            head,
            last_plain: chain.last_plain(),
            seal: head.check(account, seal.as_ref(), keys),
            sealed_under: seal.map(|seal| seal.key),
            findings: chain.end(length, count),
        })
    }

    /// The problem of a log's seal, if it has one.
    fn judge_seal(&self, checked: &Checked) -> Option<String> {
        let has_key = self.store.audit_keys().current().is_some();
        match checked.seal {
            SealState::Sealed => None,
            SealState::Unsealed if !has_key => None,
            SealState::Unsealed => Some("the log is not sealed: if it is from before there was a key, `troupe audit seal` seals it; else it was replaced by one without a key".to_owned()),
            SealState::Broken => Some("the log does not end as it was sealed: entries were added, edited or taken out without the key".to_owned()),
            SealState::UnknownKey => Some(format!(
                "the log is sealed under the key \"{}\", which is not in TROUPE_ENCRYPTION_KEYS: without it nothing can be said",
                checked.sealed_under.as_deref().unwrap_or_default()
            )),
        }
    }
}

impl Checked {
    /// The report of a log without findings.
    fn whole(&self) -> String {
        let head = self.head;
        let key = match (&self.sealed_under, self.last_plain) {
            (None, _) => "; NOT under a key: whoever can write the database can write another log; set TROUPE_ENCRYPTION_KEYS".to_owned(),
            (Some(key), None) => format!(", under the key \"{key}\""),
            (Some(key), Some(last)) => format!(
                ", under the key \"{key}\"; entries 1 to {last} are from before there was a key"
            ),
        };
        format!("{} entries, whole, head {head}{key}", head.length)
    }
}
