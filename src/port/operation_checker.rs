//! Checks GraphQL documents before they are stored.

use async_trait::async_trait;

/// Checks a document against the schema and the limits of the HTTP boundary, without executing it.
#[async_trait]
pub trait OperationChecker: Send + Sync {
    /// The name of the document's one operation, if end users can execute it; else the reason why they cannot.
    async fn check(&self, document: &str) -> Result<String, String>;
}
