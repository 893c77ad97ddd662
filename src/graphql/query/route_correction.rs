//! Queries of corrections of the router.

use async_graphql::{Context, Object};

use crate::graphql::{
    connection::{ItemConnection, PageArgs},
    error::Result,
    route_correction::{RouteCorrection, RouteCorrectionFilter, route_correction_list},
};

/// The queries of corrections of the router.
#[derive(Default)]
pub(super) struct RouteCorrectionQueries;

#[Object]
impl RouteCorrectionQueries {
    /// The corrections of the router in the account, newest first. Requires the role ADMIN.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn route_corrections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Filter; every condition that is set must match.")] filter: Option<
            RouteCorrectionFilter,
        >,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<RouteCorrection>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        route_correction_list(ctx, filter, args).await
    }
}
