//! The audit log: one append-only hash chain per account. An entry is written in the transaction of the change that it
//! records.

mod append;
mod redact;

use chrono::{DateTime, Utc};
use entity::{account, audit_entry};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, FromQueryResult, PaginatorTrait,
    QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait, Select,
};

use crate::{
    domain::{
        AccountId, AgentId, AuditEntry, AuditFilter, AuditHead, AuditId, AuditNote, AuditRow,
        AuditSeal, ConversationId, Page, PageRequest,
    },
    error::{Error, Result},
    store::{
        TenantStore,
        page::{Listing, Sort},
    },
};

impl TenantStore {
    /// The length of the account's log according to the account's row, and the seal in that row.
    pub async fn audit_seal(&self) -> Result<(i64, Option<AuditSeal>)> {
        let account = self
            .rows::<account::Entity>()
            .one(self.database.primary())
            .await?;
        let account = account.ok_or_else(|| Error::not_found("account"))?;
        Ok((account.audit_length, seal_of(&account)))
    }

    /// The head of the account's log, from its last entry.
    pub async fn audit_head(&self) -> Result<AuditHead> {
        let last = self.last_entry(self.database.primary()).await?;
        Ok(last.map_or(AuditHead::EMPTY, |entry| entry.head()))
    }

    /// As [`Self::audit_head`]; none when the log has no entry since `since`.
    pub async fn audit_head_since(&self, since: DateTime<Utc>) -> Result<Option<AuditHead>> {
        let last = self.last_entry(self.database.primary()).await?;
        Ok(last
            .filter(|entry| entry.note.at >= since)
            .map(|entry| entry.head()))
    }

    pub(super) async fn last_entry(
        &self,
        connection: &impl ConnectionTrait,
    ) -> Result<Option<AuditEntry>> {
        self.rows::<audit_entry::Entity>()
            .order_by_desc(audit_entry::Column::Sequence)
            .limit(1)
            .one(connection)
            .await?
            .map(entry_of)
            .transpose()
    }

    /// The number of rows of the account's log, readable or not.
    pub async fn count_audit_rows(&self) -> Result<u64> {
        let rows = self.rows::<audit_entry::Entity>();
        Ok(rows.count(self.database.primary()).await?)
    }

    /// At most `most` rows of the account's log after the position `place`, in order, and the position of the last one;
    /// none when the sequence or the id of that row is unreadable.
    pub async fn audit_rows_after(
        &self,
        place: Option<(i64, AuditId)>,
        most: u64,
    ) -> Result<(Vec<AuditRow>, Option<(i64, AuditId)>)> {
        use audit_entry::Column::{Id, Sequence};
        let mut rows = self
            .rows::<audit_entry::Entity>()
            .order_by_asc(Sequence)
            .order_by_asc(Id)
            .limit(most);
        if let Some((sequence, id)) = place {
            rows = rows.filter(
                Condition::any().add(Sequence.gt(sequence)).add(
                    Condition::all()
                        .add(Sequence.eq(sequence))
                        .add(Id.gt(id.uuid())),
                ),
            );
        }
        let database = self.database.primary();
        let statement = rows.build(database.get_database_backend());
        let found = database.query_all_raw(statement).await?;
        let rows: Vec<AuditRow> = found.iter().map(row_of).collect();
        let last = rows.last().and_then(|row| match row {
            AuditRow::Entry(entry) => Some((entry.sequence, entry.note.id)),
            AuditRow::Unreadable { sequence, id } => Some(((*sequence)?, (*id)?)),
        });
        Ok((rows, last))
    }

    /// Audit entries, newest first.
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

    /// The total number of entries that [`Self::audit_entries`] lists.
    pub async fn count_audit_entries(&self, filter: &AuditFilter) -> Result<u64> {
        let list = self.wanted_entries(filter);
        Ok(list.count(self.database.replica()).await?)
    }

    /// The entry with this id.
    pub async fn audit_entry(&self, id: AuditId) -> Result<Option<AuditEntry>> {
        self.rows::<audit_entry::Entity>()
            .filter(audit_entry::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?
            .map(entry_of)
            .transpose()
    }

    /// The entries with these ids that exist, in no particular order.
    pub async fn audit_entries_by_ids(&self, ids: &[AuditId]) -> Result<Vec<AuditEntry>> {
        let rows = self
            .rows::<audit_entry::Entity>()
            .filter(audit_entry::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?;
        rows.into_iter().map(entry_of).collect()
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
        hash_key: Set(entry.key),
        tombstone: Set(entry.tombstone.map(Vec::from)),
    }
}

/// The seal in an account's row. A MAC of another length than 32 bytes becomes zeros, which match no log.
fn seal_of(account: &account::Model) -> Option<AuditSeal> {
    let (key, mac) = (account.audit_key.clone(), account.audit_mac.as_ref());
    if key.is_none() && mac.is_none() {
        return None;
    }
    Some(AuditSeal {
        key: key.unwrap_or_default(),
        mac: mac
            .and_then(|mac| mac.as_slice().try_into().ok())
            .unwrap_or_default(),
    })
}

/// A row of the log as found, readable or not.
fn row_of(row: &QueryResult) -> AuditRow {
    let entry = audit_entry::Model::from_query_result(row, "").map_err(Error::from);
    entry.and_then(entry_of).map_or_else(
        |_| AuditRow::Unreadable {
            sequence: row.try_get("", "sequence").ok(),
            id: row.try_get("", "id").ok().map(AuditId::from_uuid),
        },
        |entry| AuditRow::Entry(Box::new(entry)),
    )
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
        key: row.hash_key,
        tombstone: row.tombstone.map(hash).transpose()?,
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
