//! How entries get into a log: one after the other, each with what the account says of its log.

use entity::{account, audit_entry};
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::{entry_row, seal_of};
use crate::{
    domain::{AuditEntry, AuditHead, AuditKey, AuditNote, SealState},
    error::{Error, Result},
    store::{TenantStore, connection::Transaction},
};

/// Where an account's log is, and what the account says of that.
struct LogEnd {
    /// What the account says.
    account: account::Model,
    /// The last entry's place, or the account's length where that is more: where the last ones are gone, a gap shows it.
    head: AuditHead,
    /// Whether the account's seal is that of the log.
    seal: SealState,
}

impl TenantStore {
    /// Adds entries to the account's log. Whoever else adds some waits for the transaction to end, so it is the last thing
    /// that a transaction does. UNAVAILABLE when the log is kept under a key and there is none here.
    pub(in crate::store) async fn note(
        &self,
        notes: Vec<AuditNote>,
        transaction: &Transaction,
    ) -> Result<()> {
        if notes.is_empty() {
            return Ok(());
        }
        let end = self.log_end(transaction).await?;
        let key = self.audit_keys.current();
        let (key, is_sealed) = match end.seal {
            SealState::Unsealed => (None, false),
            SealState::Sealed => (key, true),
            SealState::Broken | SealState::UnknownKey => {
                let key = key.ok_or_else(|| {
                    Error::unavailable(
                        "the audit log of this account is kept under a key; set TROUPE_ENCRYPTION_KEYS as it is in the other processes",
                    )
                })?;
                // what is written from now on must not hide it: the seal stays as it is
                tracing::error!(account.id = %self.account, "the audit log of {} is not the one that was sealed; `troupe audit verify` says what is wrong", self.account);
                (Some(key), false)
            }
        };
        let head = self.append(end.head, notes, key, transaction).await?;
        let seal = key.filter(|_| is_sealed);
        self.keep_head(head, seal, transaction).await
    }

    /// Seals the log as it is now, with an entry that says so, which `note` makes of the old head. Returns the new one.
    /// UNAVAILABLE without a key.
    pub async fn seal_audit(
        &self,
        note: impl FnOnce(AuditHead, SealState) -> AuditNote,
    ) -> Result<AuditHead> {
        let key = self.audit_keys.current().ok_or_else(|| {
            Error::unavailable("an audit log is sealed under a key; set TROUPE_ENCRYPTION_KEYS")
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

    /// Seals the log under the key that is used from now on, where it is sealed under an older one. Whether it did.
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

    /// Where the log is; nobody else adds to it until the transaction ends.
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

    /// Writes entries after a head; returns the new head.
    async fn append(
        &self,
        mut head: AuditHead,
        notes: Vec<AuditNote>,
        key: Option<&AuditKey>,
        transaction: &Transaction,
    ) -> Result<AuditHead> {
        let mut rows = Vec::with_capacity(notes.len());
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
        Ok(head)
    }

    /// Writes down how long the log is, sealed where there is a key to do it; else the seal stays as it is.
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
