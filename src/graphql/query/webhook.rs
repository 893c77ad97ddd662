//! Queries of webhooks.

use async_graphql::{Context, Object};

use crate::graphql::{context::ContextExt, error::Result, webhook::Webhook};

/// The queries of webhooks.
#[derive(Default)]
pub(super) struct WebhookQueries;

#[Object]
impl WebhookQueries {
    /// The account's webhooks, oldest first; at most ten. Requires the role ADMIN.
    async fn webhooks(&self, ctx: &Context<'_>) -> Result<Vec<Webhook>> {
        let webhooks = ctx.services()?.webhooks.list(ctx.actor()?).await?;
        Ok(webhooks.into_iter().map(Webhook).collect())
    }
}
