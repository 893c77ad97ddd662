//! Registered operations: the documents that an account lets its end users execute, managed by administrators.

use std::{collections::HashSet, sync::Arc};

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{OperationSets, audit::audit_note, refuse, tables::Tables};
use crate::{
    domain::{
        AccountId, Actor, Operation, Page, PageRequest, Permission, RegisteredOperation,
        RegisteredOperationId,
    },
    error::{Error, Problem, Result},
    port::{Announcement, Announcements, Clock, OperationChecker},
    store::OperationQuota,
};

/// The noun in error messages.
const NOUN: &str = "registered operation";
/// The maximum number of operations of one request.
const MOST_AT_ONCE: usize = 100;
/// The maximum of what an account may have registered.
const QUOTA: OperationQuota = OperationQuota {
    count: 1_000,
    bytes: 2 * 1024 * 1024,
};

/// The input of an operation to register.
#[derive(Debug, Clone)]
pub struct NewOperation {
    /// The text of the document.
    pub document: String,
    /// The SHA-256 of the text that the caller computed, in hexadecimal; none to compute it here only.
    pub sha256_hash: Option<String>,
}

/// Manages the operations that accounts let their end users execute.
#[derive(Clone)]
pub struct RegisteredOperationService {
    pub(super) tables: Tables,
    pub(super) checker: Arc<dyn OperationChecker>,
    pub(super) sets: OperationSets,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

impl RegisteredOperationService {
    /// The account's registered operations, oldest first.
    pub async fn list(
        &self,
        actor: &Actor,
        page: &PageRequest,
    ) -> Result<Page<RegisteredOperation>> {
        let permission = actor.authorize(Operation::RegisteredOperations)?;
        self.tables
            .tenant(&permission)
            .registered_operations(page)
            .await
    }

    /// The number of operations in [`Self::list`].
    pub async fn count(&self, actor: &Actor) -> Result<u64> {
        let permission = actor.authorize(Operation::RegisteredOperations)?;
        self.tables
            .tenant(&permission)
            .count_registered_operations()
            .await
    }

    /// A registered operation of the actor's account.
    pub async fn get(
        &self,
        actor: &Actor,
        id: RegisteredOperationId,
    ) -> Result<Option<RegisteredOperation>> {
        let permission = actor.authorize(Operation::RegisteredOperations)?;
        self.tables
            .tenant(&permission)
            .registered_operation(id)
            .await
    }

    /// Registers operations, in one transaction; one that is registered already stays as it is. `BAD_USER_INPUT` for a
    /// document that end users could not execute; `QUOTA_EXCEEDED` when the account would have too many.
    pub async fn register(
        &self,
        actor: &Actor,
        operations: Vec<NewOperation>,
    ) -> Result<Vec<RegisteredOperation>> {
        let permission = actor.authorize(Operation::RegisterOperations)?;
        let store = self.tables.tenant(&permission);
        check_number("input.operations", operations.len())?;
        let mut problems = Vec::new();
        let mut checked = Vec::new();
        for (index, new) in operations.into_iter().enumerate() {
            let path = format!("input.operations[{index}]");
            match self.check(&path, new, permission.account()).await {
                Ok(operation) => checked.push(operation),
                Err(problem) => problems.push(problem),
            }
        }
        refuse(problems)?;
        let hashes: Vec<[u8; 32]> = checked.iter().map(|operation| operation.hash).collect();
        let noted = checked.into_iter().map(|operation| {
            let note = audit_note(
                self.clock.as_ref(),
                &permission,
                operation.id,
                audit_detail(&operation),
            );
            (operation, note)
        });
        let stored = store
            .insert_registered_operations(noted.collect(), QUOTA)
            .await?;
        self.announce(&permission);
        let by_hash = |hash: &[u8; 32]| stored.iter().find(|known| known.hash == *hash);
        Ok(hashes.iter().filter_map(by_hash).cloned().collect())
    }

    /// Removes registered operations of the actor's account. `NOT_FOUND`, and none removed, when one of them does not exist.
    pub async fn remove(&self, actor: &Actor, ids: &[RegisteredOperationId]) -> Result<()> {
        let permission = actor.authorize(Operation::UnregisterOperations)?;
        let store = self.tables.tenant(&permission);
        check_number("input.ids", ids.len())?;
        let mut once = HashSet::new();
        let ids: Vec<_> = ids.iter().copied().filter(|id| once.insert(*id)).collect();
        let mut notes = Vec::new();
        for id in &ids {
            let known = store.registered_operation(*id).await?;
            let known = known.ok_or_else(|| Error::not_found(NOUN))?;
            let detail = audit_detail(&known);
            notes.push(audit_note(self.clock.as_ref(), &permission, *id, detail));
        }
        if !store.delete_registered_operations(&ids, notes).await? {
            return Err(Error::not_found(NOUN));
        }
        self.announce(&permission);
        Ok(())
    }

    async fn check(
        &self,
        path: &str,
        new: NewOperation,
        account: AccountId,
    ) -> Result<RegisteredOperation, Problem> {
        let hash: [u8; 32] = Sha256::digest(&new.document).into();
        let own = HEXLOWER.encode(&hash);
        let given = new.sha256_hash.as_deref();
        if given.is_some_and(|given| !given.eq_ignore_ascii_case(&own)) {
            return Err(Problem::new(
                format!("{path}.sha256Hash"),
                "is not the SHA-256 of the document, which is hashed as it is, with every blank",
            ));
        }
        let name = self.checker.check(&new.document).await;
        let name = name.map_err(|message| Problem::new(format!("{path}.document"), message))?;
        Ok(RegisteredOperation {
            id: RegisteredOperationId::new(self.clock.as_ref()),
            account,
            name,
            hash,
            document: new.document,
            created_at: self.clock.now(),
        })
    }

    fn announce(&self, permission: &Permission) {
        self.sets.forget();
        self.announcements
            .publish(permission.account(), Announcement::OperationsChanged);
    }
}

fn check_number(path: &str, number: usize) -> Result<()> {
    match number {
        0 => Err(Error::bad_input(path, "is empty, expected at least one")),
        number if number > MOST_AT_ONCE => Err(Error::bad_input(
            path,
            format!("{number}, at most {MOST_AT_ONCE} in one request"),
        )),
        _ => Ok(()),
    }
}

fn audit_detail(operation: &RegisteredOperation) -> Value {
    json!({"name": operation.name, "sha256Hash": HEXLOWER.encode(&operation.hash)})
}
