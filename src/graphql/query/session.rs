//! Queries of end users.

use async_graphql::{Context, Object};

use crate::graphql::{
    connection::{ItemConnection, PageArgs},
    context::ContextExt,
    erasure::Erasure,
    error::Result,
    session::{EndUser, EndUserFilter, end_user_list},
};

/// The queries of end users.
#[derive(Default)]
pub(super) struct EndUserQueries;

#[Object]
impl EndUserQueries {
    /// The end users of the account, newest first. Requires the role ADMIN.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn end_users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Filter; every condition that is set must match.")] filter: Option<
            EndUserFilter,
        >,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<EndUser>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        end_user_list(ctx, filter, args).await
    }

    /// The end user with this identifier of the account's own. Requires the role ADMIN; an end user may ask for itself.
    async fn end_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's own identifier for the person.")] external_id: String,
    ) -> Option<Result<EndUser>> {
        let found = async {
            let sessions = &ctx.services()?.sessions;
            let found = sessions.end_user_named(ctx.actor()?, &external_id).await?;
            Ok(found.map(EndUser))
        };
        found.await.transpose()
    }

    /// The latest erasure of the end user with this identifier of the account's own, also after the person is gone.
    /// Requires the role ADMIN.
    async fn erasure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's own identifier for the person.")] end_user: String,
    ) -> Option<Result<Erasure>> {
        let found = async {
            let erasures = &ctx.services()?.erasures;
            let found = erasures.latest(ctx.actor()?, &end_user).await?;
            Ok(found.map(|erasure| Erasure::of(end_user, erasure)))
        };
        found.await.transpose()
    }
}
