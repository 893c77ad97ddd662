//! The effects of built-in tools: a row in the transaction that makes the change, so that a repeated call changes
//! nothing.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{account, tool_effect};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::LockType,
};
use uuid::Uuid;

use crate::{
    domain::AuditNote,
    error::{Error, Result},
    store::{TenantStore, connection::Transaction, error::is_taken},
};

/// How long an effect is remembered: longer than this program or a client retries a call.
const KNOWN: TimeDelta = TimeDelta::days(30);

/// A call of a built-in tool that must have its effect at most once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolEffect {
    /// The row's id.
    pub id: Uuid,
    /// The idempotency key of the call.
    pub key: String,
    /// The tool's name.
    pub tool: String,
    /// The SHA-256 of the arguments, in hexadecimal.
    pub digest: String,
    /// The id of the row that the call inserts or changes.
    pub subject: Uuid,
    /// When the call was made.
    pub at: DateTime<Utc>,
}

impl TenantStore {
    /// The effect that was recorded under this key.
    pub async fn tool_effect(&self, key: &str) -> Result<Option<ToolEffect>> {
        let row = self
            .rows::<tool_effect::Entity>()
            .filter(tool_effect::Column::Key.eq(key))
            .one(self.database.primary())
            .await?;
        Ok(row.map(|row| ToolEffect {
            id: row.id,
            key: row.key,
            tool: row.tool,
            digest: row.digest,
            subject: row.subject,
            at: row.created_at,
        }))
    }

    /// Adds an audit entry in a transaction of its own.
    pub async fn add_audit_entry(&self, note: AuditNote) -> Result<()> {
        let transaction = self.database.begin().await?;
        self.note(vec![note], &transaction).await?;
        transaction.commit().await
    }

    /// Begins a transaction and records the effect in it; `CONFLICT` when the effect was recorded before.
    pub(super) async fn begin_once(&self, effect: Option<&ToolEffect>) -> Result<Transaction> {
        let transaction = self.database.begin().await?;
        let Some(effect) = effect else {
            return Ok(transaction);
        };
        let row = tool_effect::ActiveModel {
            id: Set(effect.id),
            account_id: Set(self.account.uuid()),
            key: Set(effect.key.clone()),
            tool: Set(effect.tool.clone()),
            digest: Set(effect.digest.clone()),
            subject: Set(effect.subject),
            created_at: Set(effect.at),
        };
        let kept = tool_effect::Entity::insert(row)
            .exec_without_returning(&*transaction)
            .await;
        match kept {
            Ok(_) => {}
            Err(cause) if is_taken(&cause) => {
                return Err(Error::conflict("the same call is being made already"));
            }
            Err(cause) => return Err(cause.into()),
        }
        self.delete::<tool_effect::Entity>()
            .filter(tool_effect::Column::CreatedAt.lt(effect.at - KNOWN))
            .exec(&*transaction)
            .await?;
        Ok(transaction)
    }

    /// Locks the account's row, so that one transaction of the account at a time assigns numbers.
    pub(super) async fn hold_numbers(&self, transaction: &Transaction) -> Result<()> {
        self.rows::<account::Entity>()
            .lock(LockType::NoKeyUpdate)
            .one(&**transaction)
            .await?;
        Ok(())
    }
}
