//! The operator's key: whether the configured one is good, and a new one when all are lost. For commands and the start of
//! a process, which work on the database and have no caller.

use serde_json::json;

use super::{MintedKey, NewApiKey, access::hash};
use crate::{
    domain::{ApiKey, AuditId, AuditNote, Role, Secret},
    error::{Error, Result},
    port::Clock,
    store::Store,
};

/// What the audit log calls the command, as the actor of what it does.
const COMMAND: &str = "troupe operator reset";
/// What the audit log calls what the command does.
const ACTION: &str = "resetOperator";

/// Makes a new operator key without an expiry beside those that exist, notes it in the log of the operator's account and
/// returns its secret. It is not counted against the account's quota of keys: it is the way back in.
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

/// Why the key of `TROUPE_OPERATOR_KEY` does not let the operator in, on a database that has keys already; none when it
/// does. The sentence holds nothing of the key.
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
