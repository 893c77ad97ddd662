//! The audit log: a chain per account, only ever added to, in the transaction that does what an entry tells of.

use entity::audit_entry;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::LockType,
};

use crate::{
    domain::{AccountId, AgentId, AuditEntry, AuditId, AuditNote, ConversationId},
    error::{Error, Result},
    store::{TenantStore, connection::Transaction},
};

impl TenantStore {
    /// Adds entries to the account's log. Whoever else adds some waits for the transaction to end, so it is the last thing
    /// that a transaction does.
    pub(super) async fn note(
        &self,
        notes: Vec<AuditNote>,
        transaction: &Transaction,
    ) -> Result<()> {
        // the row that all of the account's writers share; foreign keys to it do not wait
        self.rows::<entity::account::Entity>()
            .lock(LockType::NoKeyUpdate)
            .one(&**transaction)
            .await?;
        let last = self
            .rows::<audit_entry::Entity>()
            .order_by_desc(audit_entry::Column::Sequence)
            .limit(1)
            .one(&**transaction)
            .await?
            .map(entry_of)
            .transpose()?;
        let mut end = last.map_or((0, [0; 32]), |entry| (entry.sequence, entry.hash));
        let mut rows = Vec::with_capacity(notes.len());
        for note in notes {
            let entry = AuditEntry::chained(self.account, end.0 + 1, end.1, note);
            end = (entry.sequence, entry.hash);
            rows.push(entry_row(entry));
        }
        if !rows.is_empty() {
            audit_entry::Entity::insert_many(rows)
                .exec_without_returning(&**transaction)
                .await?;
        }
        Ok(())
    }

    /// The account's entries after that place, in order, at most `most`.
    pub async fn audit_entries_after(&self, sequence: i64, most: u64) -> Result<Vec<AuditEntry>> {
        self.rows::<audit_entry::Entity>()
            .filter(audit_entry::Column::Sequence.gt(sequence))
            .order_by_asc(audit_entry::Column::Sequence)
            .limit(most)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(entry_of)
            .collect()
    }
}

fn entry_row(entry: AuditEntry) -> audit_entry::ActiveModel {
    let note = entry.note;
    audit_entry::ActiveModel {
        id: Set(note.id.uuid()),
        account_id: Set(entry.account.uuid()),
        sequence: Set(entry.sequence),
        at: Set(note.at),
        actor: Set(note.actor),
        action: Set(note.action),
        subject: Set(note.subject),
        agent_id: Set(note.agent.map(AgentId::uuid)),
        conversation_id: Set(note.conversation.map(ConversationId::uuid)),
        detail: Set(note.detail),
        previous_hash: Set(entry.previous_hash.to_vec()),
        hash: Set(entry.hash.to_vec()),
    }
}

pub(super) fn entry_of(row: audit_entry::Model) -> Result<AuditEntry> {
    let hash = |bytes: Vec<u8>| {
        <[u8; 32]>::try_from(bytes)
            .map_err(|_| Error::internal("read a hash of the audit log, which is not 32 bytes"))
    };
    Ok(AuditEntry {
        account: AccountId::from_uuid(row.account_id),
        sequence: row.sequence,
        previous_hash: hash(row.previous_hash)?,
        hash: hash(row.hash)?,
        note: AuditNote {
            id: AuditId::from_uuid(row.id),
            at: row.at,
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            agent: row.agent_id.map(AgentId::from_uuid),
            conversation: row.conversation_id.map(ConversationId::from_uuid),
            detail: row.detail,
        },
    })
}
