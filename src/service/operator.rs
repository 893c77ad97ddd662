//! The operator's key: the check of the configured one, and the replacement of lost ones. For commands and the start of
//! a process, which work on the database without a caller.

use serde_json::json;

use super::{MintedKey, NewApiKey, access::hash};
use crate::{
    domain::{ApiKey, AuditId, AuditNote, Role, Secret},
    error::{Error, Result},
    port::Clock,
    store::Store,
};

/// The audit log's name for the actor of the command.
const COMMAND: &str = "troupe operator reset";
/// The audit log's name for the action of the command.
const ACTION: &str = "resetOperator";

/// Creates a new operator key without expiry beside the existing ones, records it in the log of the operator's account
/// and returns its secret. The account's quota of keys does not apply, because this is the recovery path.
pub async fn reset_operator(store: &Store, clock: &dyn Clock) -> Result<Secret> {
    if !store.is_migrated().await? {
        return Err(Error::unavailable(
            "the database's tables are not those of this version: run `troupe migrate up`",
        ));
    }
    let Some(account) = store.platform().operator_account().await? else {
        return Err(Error::conflict(
            "this database has no operator yet: set TROUPE_OPERATOR_KEY and start `troupe serve`, which makes the first",
        ));
    };
    let new = NewApiKey {
        name: "Operator, by reset".to_owned(),
        role: Role::Operator,
        expires_at: None,
    };
    let minted = MintedKey::random(clock, account, new);
    let note = AuditNote {
        id: AuditId::new(clock),
        at: minted.key.created_at,
        actor: COMMAND.to_owned(),
        action: ACTION.to_owned(),
        subject: Some(minted.key.id.to_string()),
        agent: None,
        conversation: None,
        detail: json!({"name": minted.key.name, "role": minted.key.role, "expiresAt": null}),
    };
    store
        .tenant(account)
        .insert_uncounted_key(&minted.key, minted.hash, note)
        .await?;
    Ok(minted.secret)
}

/// The reason why the key of `TROUPE_OPERATOR_KEY` does not authenticate the operator, on a database that already has
/// keys; `None` when it does. The sentence contains nothing of the key.
pub async fn operator_key_problem(
    store: &Store,
    clock: &dyn Clock,
    configured: &Secret,
) -> Result<Option<String>> {
    let found = store
        .platform()
        .key_by_hash(&hash(configured.reveal()))
        .await?;
    let now = clock.now();
    let is_expired = |key: &ApiKey| key.expires_at.is_some_and(|at| at <= now);
    let why = match &found {
        None => "is not a key of this database",
        Some(key) if key.role != Role::Operator => "is a key of this database, and no operator's",
        Some(key) if key.revoked_at.is_some() => "is an operator key that was revoked",
        Some(key) if is_expired(key) => "is an operator key that has expired",
        Some(_) => return Ok(None),
    };
    Ok(Some(format!(
        "TROUPE_OPERATOR_KEY {why}, and changes nothing: it makes the first operator on an empty database only; remove it, or \
         make a new key with createApiKey or `troupe operator reset`"
    )))
}
