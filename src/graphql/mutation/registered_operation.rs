//! Mutations of registered operations.

use async_graphql::{Context, Object};

use crate::graphql::{
    context::ContextExt,
    error::Result,
    registered_operation::{
        RegisterOperationsInput, RegisterOperationsPayload, RegisteredOperation,
        UnregisterOperationsInput, UnregisterOperationsPayload,
    },
};

/// The mutations of registered operations.
#[derive(Default)]
pub(super) struct RegisteredOperationMutations;

#[Object]
impl RegisteredOperationMutations {
    /// Registers documents for the end users of the account, at most 1,000 with 2 MiB together. Each is checked against the
    /// schema, the limits of documents and the fields for end users. Where `Account.endUserOperations` is REGISTERED, end
    /// users may execute no other document. Requires the role ADMIN.
    async fn register_operations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The documents.")] input: RegisterOperationsInput,
    ) -> Result<RegisterOperationsPayload> {
        let operations = &ctx.services()?.registered_operations;
        let registered = operations
            .register(ctx.actor()?, input.operations())
            .await?;
        Ok(RegisterOperationsPayload {
            operations: registered.into_iter().map(RegisteredOperation).collect(),
        })
    }

    /// Removes registered documents; when one of them does not exist, none. Requires the role ADMIN.
    async fn unregister_operations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The documents to remove.")] input: UnregisterOperationsInput,
    ) -> Result<UnregisterOperationsPayload> {
        let operations = &ctx.services()?.registered_operations;
        operations.remove(ctx.actor()?, &input.ids()?).await?;
        Ok(UnregisterOperationsPayload {
            deleted_ids: input.given(),
        })
    }
}
