//! Mutations of webhooks.

use async_graphql::{Context, Object};

use crate::{
    domain::WebhookId,
    graphql::{
        context::ContextExt,
        error::Result,
        webhook::{
            CreateWebhookInput, CreateWebhookPayload, DeleteWebhookInput, DeleteWebhookPayload,
            UpdateWebhookInput, UpdateWebhookPayload,
        },
    },
};

/// The mutations of webhooks.
#[derive(Default)]
pub(super) struct WebhookMutations;

#[Object]
impl WebhookMutations {
    /// Creates a webhook, at most ten an account: all later events of the account are sent to it, beginning with this
    /// creation where audit entries are sent. Requires the role ADMIN.
    async fn create_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The webhook.")] input: CreateWebhookInput,
    ) -> Result<CreateWebhookPayload> {
        let events = input.events.into_iter().map(Into::into).collect();
        let webhooks = &ctx.services()?.webhooks;
        let created = webhooks.create(ctx.actor()?, input.url, events).await?;
        Ok(created.into())
    }

    /// Changes a webhook, and tries again at once what waits. Requires the role ADMIN.
    async fn update_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateWebhookInput,
    ) -> Result<UpdateWebhookPayload> {
        let id = WebhookId::parse("input.id", &input.id)?;
        let webhooks = &ctx.services()?.webhooks;
        let changed = webhooks.update(ctx.actor()?, id, input.change()).await?;
        Ok(changed.into())
    }

    /// Deletes a webhook: nothing more is sent to it. Requires the role ADMIN.
    async fn delete_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The webhook to delete.")] input: DeleteWebhookInput,
    ) -> Result<DeleteWebhookPayload> {
        let id = WebhookId::parse("input.id", &input.id)?;
        ctx.services()?.webhooks.delete(ctx.actor()?, id).await?;
        Ok(DeleteWebhookPayload {
            deleted_id: input.id,
        })
    }
}
