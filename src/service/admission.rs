//! Whether one more message may be accepted, apart from rates and monthly budgets.

use crate::{
    domain::{Account, Actor, SessionId, SessionLimits},
    error::{Error, Result},
    store::TenantStore,
};

/// `QUOTA_EXCEEDED` when the runs of a session have used its tokens.
pub(super) async fn check_session(
    store: &TenantStore,
    session: SessionId,
    limits: SessionLimits,
) -> Result<()> {
    let Some(tokens) = limits.tokens else {
        return Ok(());
    };
    if store.tokens_of_session(session).await? >= tokens {
        return Err(Error::quota_exceeded(
            format!("the {tokens} tokens of this session are spent; a new session has new ones"),
            None,
        ));
    }
    Ok(())
}

/// Refuses a message into an account that was suspended since the caller was authenticated.
pub(super) fn check_suspension(actor: &Actor, account: &Account) -> Result<()> {
    if account.suspended_at.is_none() || actor.is_operator() {
        return Ok(());
    }
    Err(Error::forbidden("the account is suspended"))
}
