//! The context of a call of a built-in tool: the account's rows, the time, and the call's idempotency key.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::{
    domain::{AgentId, Id, IdKind, ToolCallId},
    error::{Error, Result},
    knowledge::KnowledgeSearch,
    port::Clock,
    store::{TenantStore, ToolEffect},
};

/// The context of a call.
pub(super) struct ToolContext {
    /// The calling agent; `None` when the caller is not an agent.
    pub(super) agent: Option<AgentId>,
    pub(super) store: TenantStore,
    pub(super) knowledge: KnowledgeSearch,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) call: CallKey,
}

/// What identifies a call, so that repeating it has no second effect.
pub(super) struct CallKey {
    /// The name of the tool.
    pub(super) tool: String,
    /// The idempotency key, the same for each repetition of a call; empty when the caller gave none.
    pub(super) key: String,
    /// SHA-256 of the arguments, in hexadecimal.
    pub(super) digest: String,
}

impl ToolContext {
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The current day in UTC.
    pub(super) fn today(&self) -> NaiveDate {
        self.now().date_naive()
    }

    /// A new id.
    pub(super) fn id<K: IdKind>(&self) -> Id<K> {
        Id::new(self.clock.as_ref())
    }

    /// The record of this call's effect on a row. `None` when the call has no idempotency key.
    pub(super) fn effect_on<K: IdKind>(&self, subject: Id<K>) -> Option<ToolEffect> {
        (!self.call.key.is_empty()).then(|| ToolEffect {
            id: ToolCallId::new(self.clock.as_ref()).uuid(),
            key: self.call.key.clone(),
            tool: self.call.tool.clone(),
            digest: self.call.digest.clone(),
            subject: subject.uuid(),
            at: self.now(),
        })
    }

    /// The row that an earlier call with the same idempotency key created or changed. CONFLICT when that call had
    /// another tool or other arguments.
    pub(super) async fn done_before(&self) -> Result<Option<Uuid>> {
        if self.call.key.is_empty() {
            return Ok(None);
        }
        let Some(effect) = self.store.tool_effect(&self.call.key).await? else {
            return Ok(None);
        };
        if effect.tool != self.call.tool || effect.digest != self.call.digest {
            return Err(Error::conflict(
                "the idempotency key was used for another call; a new call takes a new key",
            ));
        }
        Ok(Some(effect.subject))
    }
}

/// The error for a row that another call changed after this call read it.
pub(super) fn concurrent_change(noun: &str) -> Error {
    Error::conflict(format!(
        "the {noun} was changed by somebody else at the same time; read it again and repeat the call"
    ))
}
