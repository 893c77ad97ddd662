//! Erasures of end users: begun by an administrator, worked off in the background.

use std::sync::Arc;

use serde_json::json;

use super::{Access, audit::audit_note, refuse, tables::Tables};
use crate::{
    domain::{Actor, CredentialId, Erasure, ErasureId, Operation, TokenRevocation, check_name},
    error::{Error, Result},
    jobs,
    port::{Clock, JobQueue},
    store::ErasureStart,
};

/// Begins erasures and reports on them.
#[derive(Clone)]
pub struct ErasureService {
    pub(super) tables: Tables,
    pub(super) access: Access,
    pub(super) queue: Arc<dyn JobQueue>,
    pub(super) clock: Arc<dyn Clock>,
}

impl ErasureService {
    /// Begins the erasure of the end user whom the account names so: sessions end, and new sessions and messages of the
    /// person are refused until it has finished. Returns the erasure that runs, or that has finished and the person has
    /// not come back since. `NOT_FOUND` when the account has never named the person.
    pub async fn erase(&self, actor: &Actor, end_user: &str) -> Result<Erasure> {
        let permission = actor.authorize(Operation::EraseEndUser)?;
        let store = self.tables.tenant(&permission);
        refuse(check_name("input.endUser", end_user).into_iter().collect())?;
        let clock = self.clock.as_ref();
        let id = ErasureId::new(clock);
        let note = audit_note(clock, &permission, id, json!({"outcome": "begun"}));
        let valid_from = note.at;
        let (person, sessions) = match store.begin_erasure(id, end_user, note).await? {
            ErasureStart::Begun { end_user, sessions } => (end_user, sessions),
            ErasureStart::Known(erasure) => return Ok(erasure),
            ErasureStart::UnknownPerson => return Err(Error::not_found("end user")),
        };
        let account = permission.account();
        let revocation = TokenRevocation::OfEndUser {
            end_user: person,
            valid_from,
        };
        self.access.revoke_tokens(account, revocation).await;
        for session in sessions {
            let credential = CredentialId::Session(session);
            self.access.revoke(account, credential).await;
        }
        jobs::offer(self.queue.as_ref(), account, id.uuid());
        let begun = store.erasure(id).await?;
        begun.ok_or_else(|| Error::internal("read an erasure that has just begun"))
    }

    /// The latest erasure of the end user whom the account names so.
    pub async fn latest(&self, actor: &Actor, end_user: &str) -> Result<Option<Erasure>> {
        let permission = actor.authorize(Operation::Erasure)?;
        self.tables.tenant(&permission).erasure_of(end_user).await
    }
}
