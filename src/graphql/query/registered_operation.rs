//! Queries of registered operations.

use async_graphql::{Context, Object};

use crate::graphql::{
    connection::{ItemConnection, PageArgs},
    error::Result,
    registered_operation::{RegisteredOperation, registered_operation_list},
};

/// The queries of registered operations.
#[derive(Default)]
pub(super) struct RegisteredOperationQueries;

#[Object]
impl RegisteredOperationQueries {
    /// The documents that the account has registered for its end users, oldest first. Requires the role ADMIN.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn registered_operations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<RegisteredOperation>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        registered_operation_list(ctx, args).await
    }
}
