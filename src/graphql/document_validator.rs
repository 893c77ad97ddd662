//! Validates documents against the schema without executing them.

use std::sync::Arc;

use async_graphql::{
    Request, ServerError, ValidationResult,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
};

use super::{ApiSchema, schema_builder};

/// A schema that executes nothing.
pub(crate) struct DocumentValidator(ApiSchema);

impl DocumentValidator {
    /// A validator of documents for the API.
    pub(crate) fn new() -> Self {
        Self(schema_builder().extension(StopAfterValidation).finish())
    }

    /// The errors of a document that no caller could execute; empty for a valid one.
    pub(crate) async fn errors(&self, request: Request) -> Vec<ServerError> {
        self.0.execute(request).await.errors
    }
}

/// Ends each request after its validation, with no error for a valid document.
struct StopAfterValidation;

impl ExtensionFactory for StopAfterValidation {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait::async_trait]
impl Extension for StopAfterValidation {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        next.run(ctx).await?;
        Err(Vec::new())
    }
}
