//! Mutations that erase and export end users.

use async_graphql::{Context, Object};

use crate::graphql::{
    context::ContextExt,
    erasure::{
        EraseEndUserInput, EraseEndUserPayload, Erasure, ExportEndUserInput, ExportEndUserPayload,
    },
    error::Result,
};

/// The mutations that erase and export end users.
#[derive(Default)]
pub(super) struct ErasureMutations;

#[Object]
impl ErasureMutations {
    /// Removes everything that one end user left, everywhere, in the background. The person's sessions end and its runs are
    /// cancelled; new messages and sessions of the person are refused (CONFLICT) until the erasure has finished, and are a
    /// new person's afterwards. Repeating the call returns the same erasure. Requires the role ADMIN.
    async fn erase_end_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The end user to erase.")] input: EraseEndUserInput,
    ) -> Result<EraseEndUserPayload> {
        let erasures = &ctx.services()?.erasures;
        let erasure = erasures.erase(ctx.actor()?, &input.end_user).await?;
        Ok(EraseEndUserPayload {
            erasure: Erasure::of(input.end_user, erasure),
        })
    }

    /// Makes a link to everything that one end user gave and got, in JSON Lines; it is valid for ten minutes. Requires the
    /// role ADMIN.
    async fn export_end_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The end user to export.")] input: ExportEndUserInput,
    ) -> Result<ExportEndUserPayload> {
        let exports = &ctx.services()?.exports;
        let link = exports.link(ctx.actor()?, &input.end_user).await?;
        Ok(link.into())
    }
}
