//! API keys in the API.

use async_graphql::{Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{domain, service::NewApiKey};

/// A key that acts for an account; its secret is known to its holder alone.
pub(super) struct ApiKey(pub(super) domain::ApiKey);

/// A key that acts for an account; its secret is known to its holder alone.
#[Object]
impl ApiKey {
    /// Its id, `key_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its name, for people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The start of its secret, to tell keys apart.
    async fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// What it may do.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was last used, to the minute.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_used_at
    }

    /// From when on it is no longer good.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// When it was revoked.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }
}

/// What a key may do; each role may do all that the ones below it may.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::Role")]
pub(super) enum Role {
    /// Runs the platform: accounts, templates, global MCP servers; may act inside any account.
    Operator,
    /// Manages one account with its keys and billing.
    Owner,
    /// Manages one account's agents.
    Admin,
    /// Discovers agents and chats.
    Member,
    /// Only reads.
    Reader,
}

/// A new key.
#[derive(InputObject)]
pub(super) struct CreateApiKeyInput {
    /// Its name, for people; 1 to 120 characters.
    name: String,
    /// What it may do; at most what the caller may.
    role: Role,
    /// From when on it is no longer good; never when left out.
    expires_at: Option<DateTime<Utc>>,
}

impl From<CreateApiKeyInput> for NewApiKey {
    fn from(input: CreateApiKeyInput) -> Self {
        Self {
            name: input.name,
            role: input.role.into(),
            expires_at: input.expires_at,
        }
    }
}

/// The key that was made.
#[derive(SimpleObject)]
pub(super) struct CreateApiKeyPayload {
    /// The key.
    pub(super) api_key: ApiKey,
    /// Its secret; it is shown this once.
    pub(super) secret: String,
}

/// The key that is to be revoked.
#[derive(InputObject)]
pub(super) struct RevokeApiKeyInput {
    /// Its id.
    pub(super) id: ID,
}

/// The key that was revoked.
#[derive(SimpleObject)]
pub(super) struct RevokeApiKeyPayload {
    /// The key; its connections are closed too.
    pub(super) api_key: ApiKey,
}
