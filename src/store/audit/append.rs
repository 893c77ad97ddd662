//! Appending entries to an account's audit log, one after the other, each with the new length and seal in the account's
//! row.

use entity::{account, audit_entry};
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::{entry_row, seal_of};
use crate::{
    domain::{AccountEventKind, AuditEntry, AuditHead, AuditKey, AuditNote, SealState},
    error::{Error, Result},
    store::{TenantStore, connection::Transaction},
};

/// The end of an account's log, with the account's row that describes it.
struct LogEnd {
    account: account::Model,
    /// The sequence and hash of the last entry; the length in the account's row where that is greater, so that deleted
    /// last entries leave a visible gap.
    head: AuditHead,
    /// Whether the seal in the account's row matches the log.
    seal: SealState,
}

impl TenantStore {
    /// Appends entries to the account's log. It locks the account's row, so other writers wait until the transaction
    /// ends; a transaction therefore calls this last. `UNAVAILABLE` when the log is sealed under a key and this process
    /// has no key.
    pub(in crate::store) async fn note(
        &self,
        notes: Vec<AuditNote>,
        transaction: &Transaction,
    ) -> Result<()> {
        if notes.is_empty() {
            return Ok(());
        }
        // the log is of the account, also where an end user's operation is noted
        let this = self.whole();
        let end = this.log_end(transaction).await?;
        let key = self.audit_keys.current();
        let (key, is_sealed) = match end.seal {
            SealState::Unsealed => (None, false),
            SealState::Sealed => (key, true),
            SealState::Broken | SealState::UnknownKey => {
                let key = key.ok_or_else(|| {
                    Error::unavailable(
                        "the audit log of this account is kept under a key that this process does not have; ask the operator",
                    )
                    .with_source("set TROUPE_ENCRYPTION_KEYS as it is in the other processes")
                })?;
                // later entries must not hide the damage: the seal stays as it is
                tracing::error!(account.id = %self.account, "the audit log of {} is not the one that was sealed; `troupe audit verify` says what is wrong", self.account);
                (Some(key), false)
            }
        };
        let head = this.append(end.head, notes, key, transaction).await?;
        let seal = key.filter(|_| is_sealed);
        this.keep_head(head, seal, transaction).await
    }

    /// Seals the log as it is now, with an entry that records it, which `note` makes of the old head. Returns the new
    /// head. `UNAVAILABLE` without a key.
    pub async fn seal_audit(
        &self,
        note: impl FnOnce(AuditHead, SealState) -> AuditNote,
    ) -> Result<AuditHead> {
        let key = self.audit_keys.current().ok_or_else(|| {
            Error::unavailable("an audit log is sealed under a key, and there is none")
                .with_source("set TROUPE_ENCRYPTION_KEYS")
        })?;
        let transaction = self.database.begin().await?;
        let end = self.log_end(&transaction).await?;
        let notes = vec![note(end.head, end.seal)];
        let head = self
            .append(end.head, notes, Some(key), &transaction)
            .await?;
        self.keep_head(head, Some(key), &transaction).await?;
        transaction.commit().await?;
        Ok(head)
    }

    /// Seals the log under the current key when it is sealed under an older one. Returns whether it did.
    pub async fn renew_audit_seal(&self) -> Result<bool> {
        let Some(key) = self.audit_keys.current() else {
            return Ok(false);
        };
        let transaction = self.database.begin().await?;
        let end = self.log_end(&transaction).await?;
        let is_old = end.account.audit_key.as_deref() != Some(key.id());
        if end.seal != SealState::Sealed || !is_old {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.keep_head(end.head, Some(key), &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Reads the end of the log, and locks the log against other writers until the transaction ends.
    async fn log_end(&self, transaction: &Transaction) -> Result<LogEnd> {
        let account = self.lock_account(transaction).await?;
        let last = self.last_entry(&**transaction).await?;
        let last = last.map_or(AuditHead::EMPTY, |entry| entry.head());
        let seal = last.check(self.account, seal_of(&account).as_ref(), &self.audit_keys);
        let is_as_told = last.length == account.audit_length;
        Ok(LogEnd {
            head: AuditHead {
                length: last.length.max(account.audit_length),
                hash: last.hash,
            },
            seal: match seal {
                SealState::Sealed if !is_as_told => SealState::Broken,
                seal => seal,
            },
            account,
        })
    }

    /// Appends entries after a head; returns the new head.
    async fn append(
        &self,
        mut head: AuditHead,
        notes: Vec<AuditNote>,
        key: Option<&AuditKey>,
        transaction: &Transaction,
    ) -> Result<AuditHead> {
        let mut rows = Vec::with_capacity(notes.len());
        let events: Vec<_> = notes.iter().map(|note| (note.id, note.at)).collect();
        for note in notes {
            let sequence = head.length.checked_add(1).ok_or_else(|| {
                Error::internal("counting the entries of an audit log, whose last one is at the end of all numbers")
            })?;
            let entry = AuditEntry::chained(self.account, sequence, head.hash, note, key);
            head = entry.head();
            rows.push(entry_row(entry));
        }
        audit_entry::Entity::insert_many(rows)
            .exec_without_returning(&**transaction)
            .await?;
        for (id, at) in events {
            self.record_events(AccountEventKind::AuditEntry, id.uuid(), at, transaction)
                .await?;
        }
        Ok(head)
    }

    /// Writes the log's length, and its seal when a key is given; without one the old seal stays.
    async fn keep_head(
        &self,
        head: AuditHead,
        key: Option<&AuditKey>,
        transaction: &Transaction,
    ) -> Result<()> {
        let mut row = account::ActiveModel {
            audit_length: Set(head.length),
            ..Default::default()
        };
        if let Some(key) = key {
            let seal = head.seal(self.account, key);
            row.audit_key = Set(Some(seal.key));
            row.audit_mac = Set(Some(seal.mac.to_vec()));
        }
        self.change::<account::Entity>()
            .set(row)
            .exec(&**transaction)
            .await?;
        Ok(())
    }
}
