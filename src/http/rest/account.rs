//! The account that a path names.

use super::super::HttpState;
use crate::{
    domain::{AccountId, Actor},
    error::{Error, Result},
};

/// The name of the caller's own account in a path.
const OWN: &str = "me";

/// The caller in the account that the path names. `NOT_FOUND` for every other account than the caller's, as if it did not
/// exist; operators act in the account that they name.
pub(super) async fn acting(state: &HttpState, actor: Actor, named: Option<&str>) -> Result<Actor> {
    let Some(named) = named.filter(|named| *named != OWN) else {
        return Ok(actor);
    };
    let account = AccountId::parse("account", named)?;
    if account == actor.account() {
        return Ok(actor);
    }
    if !actor.is_operator() {
        return Err(Error::not_found("account"));
    }
    state.access().acting_in(&actor, account).await
}
