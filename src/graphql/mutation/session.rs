//! Mutations of the sessions of end users.

use async_graphql::{Context, Object};

use crate::graphql::{
    context::ContextExt,
    error::Result,
    session::{
        CreateSessionInput, CreateSessionPayload, RenewSessionInput, RenewSessionPayload,
        RevokeSessionsInput, RevokeSessionsPayload, Session,
    },
};

/// The mutations of the sessions of end users.
#[derive(Default)]
pub(super) struct SessionMutations;

#[Object]
impl SessionMutations {
    /// Begins a session for the browser of one end user. Call it from the account's server. Requires the role ADMIN.
    async fn create_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new session.")] input: CreateSessionInput,
    ) -> Result<CreateSessionPayload> {
        let sessions = &ctx.services()?.sessions;
        let minted = sessions.begin(ctx.actor()?, input.session()?).await?;
        Ok(minted.into())
    }

    /// Puts a new session of the same end user in the place of the caller's: open sockets and streams continue, and the old
    /// token is refused. For end users.
    async fn renew_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new session.")] input: RenewSessionInput,
    ) -> Result<RenewSessionPayload> {
        let sessions = &ctx.services()?.sessions;
        let session = sessions.renew(ctx.actor()?, &input.token()).await?;
        Ok(RenewSessionPayload {
            session: Session(session),
        })
    }

    /// Revokes a session, or all sessions of an end user, at once; their sockets and streams are closed. The tokens that
    /// identity providers issued to the end user before are refused as well. Requires the role ADMIN.
    async fn revoke_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sessions to revoke.")] input: RevokeSessionsInput,
    ) -> Result<RevokeSessionsPayload> {
        let sessions = &ctx.services()?.sessions;
        let revoked = sessions.revoke(ctx.actor()?, input.revocation()?).await?;
        Ok(RevokeSessionsPayload { revoked })
    }
}
