//! Mutations of corrections of the router.

use async_graphql::{Context, Object};

use crate::{
    domain::RouteCorrectionId,
    graphql::{
        context::ContextExt,
        error::Result,
        route_correction::{
            AcceptRouteCorrectionInput, AcceptRouteCorrectionPayload, DismissRouteCorrectionInput,
            DismissRouteCorrectionPayload, RouteCorrection,
        },
    },
};

/// The mutations of corrections of the router.
#[derive(Default)]
pub(super) struct RouteCorrectionMutations;

#[Object]
impl RouteCorrectionMutations {
    /// Makes the message of a correction an example of a skill, at most 200 an account: the account's next messages are
    /// compared with it. An accepted correction can be accepted again with another agent or skill. Requires the role ADMIN.
    async fn accept_route_correction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The correction to accept.")] input: AcceptRouteCorrectionInput,
    ) -> Result<AcceptRouteCorrectionPayload> {
        let corrections = &ctx.services()?.route_corrections;
        let accepted = corrections
            .accept(ctx.actor()?, input.correction()?)
            .await?;
        Ok(AcceptRouteCorrectionPayload {
            route_correction: RouteCorrection(accepted),
        })
    }

    /// Decides that the message of a correction is no example; an accepted one is no example any more. Requires the role ADMIN.
    async fn dismiss_route_correction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The correction to dismiss.")] input: DismissRouteCorrectionInput,
    ) -> Result<DismissRouteCorrectionPayload> {
        let corrections = &ctx.services()?.route_corrections;
        let id = RouteCorrectionId::parse("input.id", &input.id)?;
        let dismissed = corrections.dismiss(ctx.actor()?, id).await?;
        Ok(DismissRouteCorrectionPayload {
            route_correction: RouteCorrection(dismissed),
        })
    }
}
