//! Redacting entries of an audit log: an erasure replaces what they say of a person by a tombstone.

use entity::audit_entry;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, QueryFilter};

use super::{entry_of, entry_row};
use crate::{
    domain::ErasureId,
    error::Result,
    store::{TenantStore, connection::Transaction},
};

impl TenantStore {
    /// Replaces the content of the entries that match by tombstones. Returns the number of entries.
    pub(in crate::store) async fn redact_entries(
        &self,
        erasure: ErasureId,
        matching: Condition,
        transaction: &Transaction,
    ) -> Result<u64> {
        let found = self
            .rows::<audit_entry::Entity>()
            .filter(matching)
            .filter(audit_entry::Column::Tombstone.is_null())
            .all(&**transaction)
            .await?;
        let key = self.audit_keys.current();
        let mut redacted = 0;
        for row in found {
            let id = row.id;
            let entry = entry_row(entry_of(row)?.redacted(erasure, key));
            self.change::<audit_entry::Entity>()
                .filter(audit_entry::Column::Id.eq(id))
                .set(audit_entry::ActiveModel {
                    actor: entry.actor,
                    detail: entry.detail,
                    tombstone: entry.tombstone,
                    subject: Set(None),
                    conversation_id: Set(None),
                    ..Default::default()
                })
                .exec(&**transaction)
                .await?;
            redacted += 1;
        }
        Ok(redacted)
    }
}
