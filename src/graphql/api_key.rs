//! API keys in the API.

use async_graphql::{Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{domain, service::NewApiKey};

/// An API key of an account. The server stores only a hash of its secret.
pub(super) struct ApiKey(pub(super) domain::ApiKey);

/// An API key of an account. The server stores only a hash of its secret.
#[Object]
impl ApiKey {
    /// The id of the key, `key_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The display name of the key.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The first characters of the secret, to identify the key.
    async fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// The role of the key.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// The creation time.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The time of the last use, to the minute.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_used_at
    }

    /// The time from which the key is no longer valid.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// The time of revocation.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }
}

/// The role of a caller; each role includes the permissions of the roles below it.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::Role")]
pub(super) enum Role {
    /// Manages the platform: accounts, templates and global MCP servers; can act inside any account.
    Operator,
    /// Manages one account, with its keys and billing.
    Owner,
    /// Manages the agents of one account.
    Admin,
    /// Discovers agents and chats.
    Member,
    /// Reads only.
    Reader,
}

/// A new API key.
#[derive(InputObject)]
pub(super) struct CreateApiKeyInput {
    /// The display name, 1 to 120 characters.
    name: String,
    /// The role of the key; cannot exceed the caller's role.
    role: Role,
    /// The time from which the key is no longer valid. Default: never.
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

/// The result of `createApiKey`.
#[derive(SimpleObject)]
pub(super) struct CreateApiKeyPayload {
    /// The key.
    pub(super) api_key: ApiKey,
    /// The secret of the key. It is returned only here.
    pub(super) secret: String,
}

/// The key to revoke.
#[derive(InputObject)]
pub(super) struct RevokeApiKeyInput {
    /// The id of the key.
    pub(super) id: ID,
}

/// The result of `revokeApiKey`.
#[derive(SimpleObject)]
pub(super) struct RevokeApiKeyPayload {
    /// The revoked key; its connections are closed.
    pub(super) api_key: ApiKey,
}
