//! Mutations of identity providers.

use async_graphql::{Context, Object};

use crate::{
    domain::IdentityProviderId,
    graphql::{
        context::ContextExt,
        error::Result,
        identity_provider::{
            IdentityProvider, RegisterIdentityProviderInput, RegisterIdentityProviderPayload,
            RemoveIdentityProviderInput, RemoveIdentityProviderPayload,
        },
    },
};

/// The mutations of identity providers.
#[derive(Default)]
pub(super) struct IdentityProviderMutations;

#[Object]
impl IdentityProviderMutations {
    /// Registers an identity provider, at most five an account: its JSON Web Tokens act as end users of the account, who see
    /// only their own conversations. Requires the role ADMIN.
    async fn register_identity_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The identity provider.")] input: RegisterIdentityProviderInput,
    ) -> Result<RegisterIdentityProviderPayload> {
        let providers = &ctx.services()?.identity_providers;
        let registered = providers
            .register(ctx.actor()?, input.identity_provider()?)
            .await?;
        Ok(RegisterIdentityProviderPayload {
            identity_provider: IdentityProvider(registered),
        })
    }

    /// Removes an identity provider at once: its tokens are refused, and their sockets and streams are closed. The end users
    /// and their conversations stay. Requires the role ADMIN.
    async fn remove_identity_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The identity provider to remove.")] input: RemoveIdentityProviderInput,
    ) -> Result<RemoveIdentityProviderPayload> {
        let providers = &ctx.services()?.identity_providers;
        let id = IdentityProviderId::parse("input.id", &input.id)?;
        providers.remove(ctx.actor()?, id).await?;
        Ok(RemoveIdentityProviderPayload {
            deleted_id: input.id,
        })
    }
}
