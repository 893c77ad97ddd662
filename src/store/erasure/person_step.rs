//! The end of an erasure's removals: the row of the person, its sessions, and the plain id in the erasure.

use entity::{audit_entry, conversation, end_user, session};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QuerySelect, SelectExt};
use uuid::Uuid;

use super::rows::{ErasedRows, RemovalStage, RowCounter, RowRemover};
use crate::{
    domain::{EndUserId, Erasure, ErasureId, SessionId},
    error::{Error, Result},
    store::{TenantStore, connection::Transaction, scoped::visit_tables},
};

/// The maximum number of subjects in one query of the audit log.
const AT_A_TIME: usize = 500;

impl TenantStore {
    /// Removes the person from every table, and the person's id from the erasure. `CONFLICT` when the person has a
    /// conversation left, or the erasure was continued elsewhere.
    pub async fn erase_person(&self, id: ErasureId) -> Result<()> {
        let transaction = self.database.begin().await?;
        let mut erasure = self.lock_erasure(id, &transaction).await?;
        let external_id = erasure.end_user.take().unwrap_or_default();
        let person = self.lock_end_user(&external_id, &transaction).await?;
        if let Some(person) = person.filter(|person| person.erasure_id == Some(id.uuid())) {
            let left = conversation::Column::EndUser.eq(external_id.as_str());
            let left = self.rows::<conversation::Entity>().filter(left);
            if left.exists(&*transaction).await? {
                return Err(Error::conflict("the end user has a conversation left"));
            }
            let end_user = EndUserId::from_uuid(person.id);
            self.remove_person(end_user, &mut erasure, &transaction)
                .await?;
        }
        self.keep_progress(&erasure, &transaction).await?;
        transaction.commit().await
    }

    /// The sessions of the person whom an erasure removes.
    pub async fn sessions_in_erasure(&self, id: ErasureId) -> Result<Vec<SessionId>> {
        let person = self
            .rows::<end_user::Entity>()
            .filter(end_user::Column::ErasureId.eq(id.uuid()))
            .one(self.database.primary())
            .await?;
        let Some(person) = person else {
            return Ok(Vec::new());
        };
        let ids: Vec<Uuid> = self
            .rows::<session::Entity>()
            .filter(session::Column::EndUserId.eq(person.id))
            .select_only()
            .column(session::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(ids.into_iter().map(SessionId::from_uuid).collect())
    }

    async fn remove_person(
        &self,
        end_user: EndUserId,
        erasure: &mut Erasure,
        transaction: &Transaction,
    ) -> Result<()> {
        use audit_entry::Column::{Actor, Subject};
        let rows = ErasedRows::EndUser(end_user);
        let mut counter = RowCounter {
            store: self,
            rows,
            transaction,
            counts: &mut erasure.removed,
        };
        visit_tables(&mut counter).await?;
        let named = Condition::any()
            .add(Actor.eq(end_user.to_string()))
            .add(Subject.eq(end_user.to_string()));
        let mut redacted = self.redact_entries(erasure.id, named, transaction).await?;
        let sessions: Vec<Uuid> = self
            .rows::<session::Entity>()
            .filter(session::Column::EndUserId.eq(end_user.uuid()))
            .select_only()
            .column(session::Column::Id)
            .into_tuple()
            .all(&**transaction)
            .await?;
        for some in sessions.chunks(AT_A_TIME) {
            let subjects = some.iter().map(|id| SessionId::from_uuid(*id).to_string());
            let named = Condition::all().add(Subject.is_in(subjects));
            redacted += self.redact_entries(erasure.id, named, transaction).await?;
        }
        if redacted > 0 {
            *erasure.removed.entry("auditEntry".to_owned()).or_default() += redacted;
        }
        let mut remover = RowRemover {
            store: self,
            rows,
            stage: RemovalStage::Others,
            transaction,
        };
        visit_tables(&mut remover).await
    }
}
