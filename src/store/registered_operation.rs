//! Registered operations of accounts.

use entity::registered_operation;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, Value,
    sea_query::{Expr, ExprTrait, Func, OnConflict},
};

use crate::{
    domain::{AccountId, AuditNote, Page, PageRequest, RegisteredOperation, RegisteredOperationId},
    error::{Error, Result},
    store::{TenantStore, connection::Transaction, page::Listing},
};

/// The maximum of what an account may have registered.
#[derive(Debug, Clone, Copy)]
pub struct OperationQuota {
    /// The number of operations.
    pub count: u64,
    /// The bytes of their documents together.
    pub bytes: u64,
}

impl TenantStore {
    /// The account's registered operations, oldest first.
    pub async fn registered_operations(
        &self,
        request: &PageRequest,
    ) -> Result<Page<RegisteredOperation>> {
        let list = self.rows::<registered_operation::Entity>();
        Listing::oldest_first(registered_operation::Column::Id)
            .page(list, request, self.database.primary(), operation_of)
            .await
    }

    /// The number of the account's registered operations.
    pub async fn count_registered_operations(&self) -> Result<u64> {
        Ok(self
            .rows::<registered_operation::Entity>()
            .count(self.database.primary())
            .await?)
    }

    /// All registered operations of the account, in no particular order.
    pub async fn every_registered_operation(&self) -> Result<Vec<RegisteredOperation>> {
        self.rows::<registered_operation::Entity>()
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(operation_of)
            .collect()
    }

    /// The registered operation with this id.
    pub async fn registered_operation(
        &self,
        id: RegisteredOperationId,
    ) -> Result<Option<RegisteredOperation>> {
        let row = self
            .rows::<registered_operation::Entity>()
            .filter(registered_operation::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?;
        row.map(operation_of).transpose()
    }

    /// Adds those of the operations whose documents are not registered yet, each with its audit entry, and returns all of
    /// them as stored. `QUOTA_EXCEEDED`, and nothing added, when the account would have more than `most`.
    pub async fn insert_registered_operations(
        &self,
        operations: Vec<(RegisteredOperation, AuditNote)>,
        most: OperationQuota,
    ) -> Result<Vec<RegisteredOperation>> {
        let transaction = self.database.begin().await?;
        self.lock_account(&transaction).await?;
        let (mut hashes, mut notes) = (Vec::new(), Vec::new());
        for (operation, note) in operations {
            hashes.push(operation.hash.to_vec());
            let key = [
                registered_operation::Column::AccountId,
                registered_operation::Column::Hash,
            ];
            let added = registered_operation::Entity::insert(operation_row(operation))
                .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
                .exec_without_returning(&*transaction)
                .await?;
            if added > 0 {
                notes.push(note);
            }
        }
        self.check_registered_operations(most, &transaction).await?;
        if !notes.is_empty() {
            self.note(notes, &transaction).await?;
        }
        let hashes = hashes.into_iter().map(Value::from);
        let stored = self
            .rows::<registered_operation::Entity>()
            .filter(registered_operation::Column::Hash.is_in(hashes))
            .all(&*transaction)
            .await?;
        transaction.commit().await?;
        stored.into_iter().map(operation_of).collect()
    }

    /// Removes registered operations, each with its audit entry; returns false, and removes none, when one of them does not
    /// exist.
    pub async fn delete_registered_operations(
        &self,
        ids: &[RegisteredOperationId],
        notes: Vec<AuditNote>,
    ) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let deleted = self
            .delete::<registered_operation::Entity>()
            .filter(registered_operation::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .exec(&*transaction)
            .await?;
        if deleted.rows_affected != ids.len() as u64 {
            transaction.roll_back().await?;
            return Ok(false);
        }
        self.note(notes, &transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn check_registered_operations(
        &self,
        most: OperationQuota,
        transaction: &Transaction,
    ) -> Result<()> {
        let bytes = Func::sum(
            Func::cust("octet_length").arg(Expr::col(registered_operation::Column::Document)),
        );
        let found: Option<(i64, Option<i64>)> = self
            .rows::<registered_operation::Entity>()
            .select_only()
            .column_as(registered_operation::Column::Id.count(), "operations")
            .column_as(Expr::from(bytes).cast_as("bigint"), "bytes")
            .into_tuple()
            .one(&**transaction)
            .await?;
        let (count, bytes) = found.unwrap_or_default();
        let count = u64::try_from(count).unwrap_or_default();
        let bytes = u64::try_from(bytes.unwrap_or_default()).unwrap_or_default();
        if count > most.count || bytes > most.bytes {
            let message = format!(
                "the account would have {count} registered operations with {bytes} bytes, at most {} with {} bytes; remove \
                 those that no client uses any more",
                most.count, most.bytes
            );
            return Err(Error::quota_exceeded(message, None));
        }
        Ok(())
    }
}

fn operation_row(operation: RegisteredOperation) -> registered_operation::ActiveModel {
    registered_operation::ActiveModel {
        id: Set(operation.id.uuid()),
        account_id: Set(operation.account.uuid()),
        name: Set(operation.name),
        hash: Set(operation.hash.to_vec()),
        document: Set(operation.document),
        created_at: Set(operation.created_at),
    }
}

fn operation_of(row: registered_operation::Model) -> Result<RegisteredOperation> {
    let hash = row.hash.try_into();
    Ok(RegisteredOperation {
        id: RegisteredOperationId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        name: row.name,
        hash: hash.map_err(|_| Error::internal("read the hash of a registered operation"))?,
        document: row.document,
        created_at: row.created_at,
    })
}
