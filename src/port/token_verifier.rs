//! Verifies the signatures of identity providers' tokens with the public keys that the providers publish.

use async_trait::async_trait;

use crate::{domain::IdentityProvider, error::Result};

/// Verifies tokens of identity providers.
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// The URL of an issuer's public keys: the given one or, without one, the one that the issuer's configuration names.
    /// `BAD_USER_INPUT` for `input.jwksUrl` or `input.issuer` when a URL must not be reached or leads to no keys' URL;
    /// UNAVAILABLE when the issuer does not answer.
    async fn find_keys(&self, issuer: &str, jwks_url: Option<&str>) -> Result<String>;

    /// Verifies that the provider signed the token, with one of its algorithms. Says nothing about the token's claims.
    /// `UNAUTHENTICATED` if it did not; UNAVAILABLE when the provider's keys cannot be fetched.
    async fn verify(&self, provider: &IdentityProvider, token: &str) -> Result<()>;
}
