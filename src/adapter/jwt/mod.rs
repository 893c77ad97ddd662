//! Tokens of identity providers: their signatures, verified by `jsonwebtoken` on ring, with keys that are fetched through
//! the egress guard.

mod key_cache;
mod key_set;
mod ring_provider;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Validation, decode};
use serde::{Deserialize, de::IgnoredAny};
use tokio_util::task::TaskTracker;

use self::{
    key_cache::KeyCache,
    key_set::{Choice, KeyQuery},
};
use crate::{
    domain::{IdentityProvider, SignatureAlgorithm},
    error::{Error, Kind, Problem, Result},
    port::{Clock, TokenVerifier, WebFetcher},
};

/// The path of an issuer's configuration: <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig>.
const CONFIGURATION_PATH: &str = "/.well-known/openid-configuration";
/// The maximum size of an issuer's configuration, in bytes.
const LARGEST_CONFIGURATION: usize = 64 * 1024;
/// The input field of the URL of the keys.
const URL_FIELD: &str = "input.jwksUrl";
/// The input field of the issuer.
const ISSUER_FIELD: &str = "input.issuer";

/// Verifies JSON Web Tokens.
pub struct JwtVerifier {
    fetcher: Arc<dyn WebFetcher>,
    keys: KeyCache,
}

/// What the header of a token names. Everything else in it, such as a key or a URL of keys, is ignored; critical
/// extensions are refused by `jsonwebtoken`.
#[derive(Deserialize)]
struct TokenHeader {
    alg: String,
    kid: Option<String>,
}

/// What an issuer's configuration names.
#[derive(Deserialize)]
struct IssuerConfiguration {
    issuer: String,
    jwks_uri: String,
}

impl JwtVerifier {
    /// Creates a verifier. `fetcher` bounds the time of a request, and reaches no address that tenants must not reach;
    /// requests are made in tasks of `tracker`.
    pub fn new(fetcher: Arc<dyn WebFetcher>, clock: Arc<dyn Clock>, tracker: TaskTracker) -> Self {
        ring_provider::install();
        Self {
            keys: KeyCache::new(Arc::clone(&fetcher), clock, tracker),
            fetcher,
        }
    }

    async fn discover(&self, issuer: &str) -> Result<String> {
        let url = format!("{}{CONFIGURATION_PATH}", issuer.trim_end_matches('/'));
        let fetched = self.fetcher.fetch(&url, LARGEST_CONFIGURATION).await;
        let fetched = fetched.map_err(|error| of_field(ISSUER_FIELD, error))?;
        let found: IssuerConfiguration =
            serde_json::from_slice(&fetched.content).map_err(|_| {
                Error::bad_input(
                    ISSUER_FIELD,
                    format!("{CONFIGURATION_PATH} names no issuer and jwks_uri; give jwksUrl"),
                )
            })?;
        if found.issuer != issuer {
            return Err(Error::bad_input(
                ISSUER_FIELD,
                "is not the issuer that its configuration names; they must be equal, to the last slash",
            ));
        }
        Ok(found.jwks_uri)
    }
}

#[async_trait]
impl TokenVerifier for JwtVerifier {
    async fn find_keys(&self, issuer: &str, jwks_url: Option<&str>) -> Result<String> {
        if let Some(url) = jwks_url {
            self.fetcher.check(URL_FIELD, url)?;
            return Ok(url.to_owned());
        }
        self.fetcher.check(ISSUER_FIELD, issuer)?;
        let found = self.discover(issuer).await?;
        self.fetcher.check(URL_FIELD, &found)?;
        Ok(found)
    }

    async fn verify(&self, provider: &IdentityProvider, token: &str) -> Result<()> {
        let header = header_of(token)?;
        let algorithm = SignatureAlgorithm::named(&header.alg)
            .filter(|algorithm| provider.algorithms.contains(algorithm))
            .ok_or_else(not_allowed)?;
        let query = KeyQuery {
            kid: header.kid.as_deref(),
            algorithm,
        };
        let keys = self.keys.keys_for(provider, &query).await?;
        let key = match keys.choose(&query) {
            Choice::Key(key) => key,
            Choice::Unfit => return Err(not_allowed()),
            Choice::Unknown => {
                return Err(Error::unauthenticated(
                    "the identity provider has no key as the token names it (kid)",
                ));
            }
        };
        // the claims are checked by the caller, against its own clock
        let mut validation = Validation::new(ring_provider::algorithm_of(algorithm));
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        decode::<IgnoredAny>(token, key, &validation)
            .map(drop)
            .map_err(|_| Error::unauthenticated("the signature of the token is not valid"))
    }
}

fn header_of(token: &str) -> Result<TokenHeader> {
    let encoded = token.split('.').next().unwrap_or_default();
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(encoded).ok();
    decoded
        .and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(|| Error::unauthenticated("the header of the token cannot be read"))
}

fn not_allowed() -> Error {
    Error::unauthenticated("the algorithm of the token is not allowed")
}

/// The same error, for another field of the input.
fn of_field(field: &str, error: Error) -> Error {
    match error.kind() {
        Kind::BadInput(problems) => Error::problems(
            problems
                .iter()
                .map(|problem| Problem::new(field, problem.message.as_str()))
                .collect(),
        ),
        _ => error,
    }
}
