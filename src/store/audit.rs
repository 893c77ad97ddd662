//! The audit log: a chain per account, only ever added to, in the transaction that does what an entry tells of.

use entity::{account, audit_entry};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, sea_query::LockType,
};

use crate::{
    domain::{
        AccountId, AgentId, AuditEntry, AuditFilter, AuditId, AuditNote, ConversationId, Page,
        PageRequest,
    },
    error::{Error, Result},
    store::{
        TenantStore,
        connection::Transaction,
        page::{Listing, Sort},
    },
};

impl TenantStore {
    /// Adds entries to the account's log. Whoever else adds some waits for the transaction to end, so it is the last thing
    /// that a transaction does.
    pub(super) async fn note(
        &self,
        notes: Vec<AuditNote>,
        transaction: &Transaction,
    ) -> Result<()> {
        if notes.is_empty() {
            return Ok(());
        }
        let length = self.hold_account(transaction).await?;
        let last = self
            .rows::<audit_entry::Entity>()
            .order_by_desc(audit_entry::Column::Sequence)
            .limit(1)
            .one(&**transaction)
            .await?
            .map(entry_of)
            .transpose()?;
        let (sequence, mut hash) = last.map_or((0, [0; 32]), |entry| (entry.sequence, entry.hash));
        // where the last ones are gone, a gap shows it
        let mut sequence = sequence.max(length);
        let mut rows = Vec::with_capacity(notes.len());
        for note in notes {
            sequence += 1;
            let entry = AuditEntry::chained(self.account, sequence, hash, note);
            hash = entry.hash;
            rows.push(entry_row(entry));
        }
        audit_entry::Entity::insert_many(rows)
            .exec_without_returning(&**transaction)
            .await?;
        self.change::<account::Entity>()
            .set(account::ActiveModel {
                audit_length: Set(sequence),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    /// Takes the row that all of the account's writers share until the transaction ends; foreign keys to it do not wait.
    /// Returns how many entries the log has.
    pub(super) async fn hold_account(&self, transaction: &Transaction) -> Result<i64> {
        let account = self
            .rows::<account::Entity>()
            .lock(LockType::NoKeyUpdate)
            .one(&**transaction)
            .await?;
        Ok(account
            .ok_or_else(|| Error::not_found("account"))?
            .audit_length)
    }

    /// How many entries the account's log has, as the account says.
    pub async fn audit_length(&self) -> Result<i64> {
        let account = self
            .rows::<account::Entity>()
            .one(self.database.primary())
            .await?;
        Ok(account
            .ok_or_else(|| Error::not_found("account"))?
            .audit_length)
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

    /// Entries, the newest first.
    pub async fn audit_entries(
        &self,
        filter: &AuditFilter,
        request: &PageRequest,
    ) -> Result<Page<AuditEntry>> {
        let listing = Listing {
            id: audit_entry::Column::Id,
            sort: Some(Sort {
                column: audit_entry::Column::Sequence,
                read: |sequence| Some(sequence.parse::<i64>().ok()?.into()),
            }),
            descending: true,
        };
        let list = self.wanted_entries(filter);
        listing
            .page(list, request, self.database.replica(), entry_of)
            .await
    }

    /// How many entries [`Self::audit_entries`] has in all.
    pub async fn count_audit_entries(&self, filter: &AuditFilter) -> Result<u64> {
        let list = self.wanted_entries(filter);
        Ok(list.count(self.database.replica()).await?)
    }

    /// The entry with that id.
    pub async fn audit_entry(&self, id: AuditId) -> Result<Option<AuditEntry>> {
        self.rows::<audit_entry::Entity>()
            .filter(audit_entry::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?
            .map(entry_of)
            .transpose()
    }

    fn wanted_entries(&self, filter: &AuditFilter) -> Select<audit_entry::Entity> {
        use audit_entry::Column;
        let AuditFilter {
            actor,
            action,
            subject,
            agent,
            conversation,
            from,
            to,
        } = filter;
        self.rows::<audit_entry::Entity>().filter(
            Condition::all()
                .add_option(actor.as_deref().map(|actor| Column::Actor.eq(actor)))
                .add_option(action.as_deref().map(|action| Column::Action.eq(action)))
                .add_option(
                    subject
                        .as_deref()
                        .map(|subject| Column::Subject.eq(subject)),
                )
                .add_option(agent.map(|agent| Column::AgentId.eq(agent.uuid())))
                .add_option(conversation.map(|id| Column::ConversationId.eq(id.uuid())))
                .add_option(from.map(|from| Column::At.gte(from)))
                .add_option(to.map(|to| Column::At.lt(to))),
        )
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
