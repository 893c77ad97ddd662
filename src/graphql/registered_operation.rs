//! Registered operations in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;

use super::{
    connection::{ItemConnection, PageArgs, TotalCount, connect},
    context::ContextExt,
    error::Result,
};
use crate::{
    domain::{self, Position, RegisteredOperationId},
    service::NewOperation,
};

/// A GraphQL document that the account has registered for its end users.
pub(super) struct RegisteredOperation(pub(super) domain::RegisteredOperation);

impl From<domain::RegisteredOperation> for RegisteredOperation {
    fn from(operation: domain::RegisteredOperation) -> Self {
        Self(operation)
    }
}

/// A GraphQL document that the account has registered for its end users.
#[Object]
impl RegisteredOperation {
    /// The id of the registered operation, `operation_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The name of the operation in the document.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The SHA-256 of the document in hexadecimal, by which clients name it.
    async fn sha256_hash(&self) -> String {
        HEXLOWER.encode(&self.0.hash)
    }

    /// The text of the document, exactly as it was registered.
    async fn document(&self) -> &str {
        &self.0.document
    }

    /// The time of the registration.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// The documents that the end users of an account may execute.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::EndUserOperations")]
pub(super) enum EndUserOperations {
    /// Every document over the fields for end users.
    Any,
    /// Registered documents only.
    Registered,
}

/// The registered operations of the caller's account as a connection.
pub(super) async fn registered_operation_list(
    ctx: &Context<'_>,
    args: PageArgs,
) -> Result<ItemConnection<RegisteredOperation>> {
    let actor = ctx.actor()?;
    let scope = format!("registeredOperations/{}", actor.account());
    let operations = &ctx.services()?.registered_operations;
    let page = operations.list(actor, &args.request(&scope)?).await?;
    Ok(connect(
        page,
        &scope,
        TotalCount::RegisteredOperations,
        |operation| Position::of(operation.id),
    ))
}

/// An operation to register.
#[derive(InputObject)]
pub(super) struct OperationInput {
    /// The document with one named operation. It is registered exactly as it is: a client that sends it with another blank
    /// sends another document.
    document: String,
    /// The SHA-256 of the document in hexadecimal, to compare. Default: not compared.
    sha256_hash: Option<String>,
}

/// The operations to register.
#[derive(InputObject)]
pub(super) struct RegisterOperationsInput {
    /// The operations, 1 to 100. Those that are registered already stay as they are.
    operations: Vec<OperationInput>,
}

impl RegisterOperationsInput {
    /// The operations that the input describes.
    pub(super) fn operations(self) -> Vec<NewOperation> {
        let operations = self.operations.into_iter();
        let operations = operations.map(|operation| NewOperation {
            document: operation.document,
            sha256_hash: operation.sha256_hash,
        });
        operations.collect()
    }
}

/// The result of `registerOperations`.
#[derive(SimpleObject)]
pub(super) struct RegisterOperationsPayload {
    /// The registered operations, in the order of the input.
    pub(super) operations: Vec<RegisteredOperation>,
}

/// The registered operations to remove.
#[derive(InputObject)]
pub(super) struct UnregisterOperationsInput {
    /// The ids of the registered operations, 1 to 100.
    ids: Vec<ID>,
}

impl UnregisterOperationsInput {
    /// The ids.
    pub(super) fn ids(&self) -> Result<Vec<RegisteredOperationId>> {
        let parse = |(index, id): (usize, &ID)| {
            RegisteredOperationId::parse(&format!("input.ids[{index}]"), id)
        };
        let ids = self.ids.iter().enumerate().map(parse);
        Ok(ids.collect::<crate::error::Result<_>>()?)
    }

    /// The ids as they were given.
    pub(super) fn given(self) -> Vec<ID> {
        self.ids
    }
}

/// The result of `unregisterOperations`.
#[derive(SimpleObject)]
pub(super) struct UnregisterOperationsPayload {
    /// The ids of the removed operations.
    pub(super) deleted_ids: Vec<ID>,
}
