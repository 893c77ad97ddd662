//! Identity providers in the API.

use async_graphql::{ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::error::Result;
use crate::{domain, error::Error, service::NewIdentityProvider};

/// An identity provider that the account trusts: its JSON Web Tokens act as end users of the account.
pub(super) struct IdentityProvider(pub(super) domain::IdentityProvider);

/// An identity provider that the account trusts: its JSON Web Tokens act as end users of the account.
#[Object]
impl IdentityProvider {
    /// The id of the identity provider, `idp_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The display name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The issuer (`iss`) of its tokens; unique within the account.
    async fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The audience (`aud`) of the tokens that are for this account.
    async fn audience(&self) -> &str {
        &self.0.audience
    }

    /// The URL of its public keys, a JSON Web Key Set.
    async fn jwks_url(&self) -> &str {
        &self.0.jwks_url
    }

    /// The algorithms of signatures that are accepted.
    async fn algorithms(&self) -> Vec<&'static str> {
        let algorithms = self.0.algorithms.iter();
        algorithms.map(|algorithm| algorithm.name()).collect()
    }

    /// The names of the claims that are read, as in the input.
    async fn claims(&self) -> Value {
        self.0.claims.to_json()
    }

    /// The time of the registration.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// An identity provider to register.
#[derive(InputObject)]
pub(super) struct RegisterIdentityProviderInput {
    /// The display name, 1 to 120 characters.
    name: String,
    /// The issuer (`iss`) of its tokens, exactly as they have it; at most 500 characters.
    issuer: String,
    /// The audience (`aud`) of the tokens that are for this account; at most 500 characters. No other account of the
    /// installation may have the same issuer and audience.
    audience: String,
    /// The URL of its public keys, a JSON Web Key Set. Default: the one that `<issuer>/.well-known/openid-configuration`
    /// names now.
    jwks_url: Option<String>,
    /// The algorithms of signatures that are accepted: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, `EdDSA`.
    #[graphql(default_with = "default_algorithms()")]
    algorithms: Vec<String>,
    /// The names of the claims to read: `endUser` (default `sub`), `displayName` (default `name`), `agents` (a list of ids
    /// of agents that the end user may talk to; default none, every active agent) and `messagesPerMinute` (default none,
    /// the installation's rate).
    claims: Option<Value>,
}

fn default_algorithms() -> Vec<String> {
    ["RS256", "ES256", "EdDSA"].map(str::to_owned).to_vec()
}

impl RegisterIdentityProviderInput {
    /// The identity provider that the input describes.
    pub(super) fn identity_provider(self) -> Result<NewIdentityProvider> {
        let claims = match self.claims {
            None | Some(Value::Null) => None,
            Some(Value::Object(claims)) => Some(claims),
            Some(_) => {
                let problem = "is no object, expected one like {\"endUser\": \"sub\"}";
                return Err(Error::bad_input("input.claims", problem).into());
            }
        };
        Ok(NewIdentityProvider {
            name: self.name,
            issuer: self.issuer,
            audience: self.audience,
            jwks_url: self.jwks_url,
            algorithms: self.algorithms,
            claims,
        })
    }
}

/// The result of `registerIdentityProvider`.
#[derive(SimpleObject)]
pub(super) struct RegisterIdentityProviderPayload {
    /// The identity provider.
    pub(super) identity_provider: IdentityProvider,
}

/// The identity provider to remove.
#[derive(InputObject)]
pub(super) struct RemoveIdentityProviderInput {
    /// The id of the identity provider.
    pub(super) id: ID,
}

/// The result of `removeIdentityProvider`.
#[derive(SimpleObject)]
pub(super) struct RemoveIdentityProviderPayload {
    /// The id of the removed identity provider.
    pub(super) deleted_id: ID,
}
