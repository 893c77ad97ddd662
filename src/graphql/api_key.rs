//! API keys in the API.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::{
    connection::{ItemConnection, PageArgs, TotalCount, connect},
    context::ContextExt,
    error::Result,
};
use crate::{
    domain::{self, AccountId, Position},
    error::Error,
    service::NewApiKey,
};

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

impl From<domain::ApiKey> for ApiKey {
    fn from(key: domain::ApiKey) -> Self {
        Self(key)
    }
}

/// The keys of an account as a connection.
pub(super) async fn key_list(
    ctx: &Context<'_>,
    account: AccountId,
    args: PageArgs,
) -> Result<ItemConnection<ApiKey>> {
    let scope = format!("apiKeys/{account}");
    let keys = &ctx.services()?.api_keys;
    let page = keys
        .list(ctx.actor()?, account, &args.request(&scope)?)
        .await?;
    Ok(connect(page, &scope, TotalCount::ApiKeys(account), |key| {
        Position::of(key.id)
    }))
}

/// The role of a caller; each role of a key includes the permissions of the roles below it.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
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
    /// One person in a browser, in a session: chats, and sees only its own conversations. Never the role of a key.
    EndUser,
}

impl From<domain::Role> for Role {
    fn from(role: domain::Role) -> Self {
        match role {
            domain::Role::Operator => Self::Operator,
            domain::Role::Owner => Self::Owner,
            domain::Role::Admin => Self::Admin,
            domain::Role::Member => Self::Member,
            domain::Role::Reader => Self::Reader,
        }
    }
}

impl Role {
    /// The role of a key; `BAD_USER_INPUT` for the role that no key has.
    fn of_key(self) -> Result<domain::Role> {
        Ok(match self {
            Self::Operator => domain::Role::Operator,
            Self::Owner => domain::Role::Owner,
            Self::Admin => domain::Role::Admin,
            Self::Member => domain::Role::Member,
            Self::Reader => domain::Role::Reader,
            Self::EndUser => {
                return Err(Error::bad_input(
                    "input.role",
                    "END_USER is the role of a session, which createSession begins; expected the role of a key",
                )
                .into());
            }
        })
    }
}

/// A new API key.
#[derive(InputObject)]
pub(super) struct CreateApiKeyInput {
    /// The display name, 1 to 120 characters.
    name: String,
    /// The role of the key; cannot exceed the caller's role, and is not `END_USER`.
    role: Role,
    /// The time from which the key is no longer valid. Default: never.
    expires_at: Option<DateTime<Utc>>,
}

impl CreateApiKeyInput {
    /// The key that the input describes.
    pub(super) fn key(self) -> Result<NewApiKey> {
        Ok(NewApiKey {
            name: self.name,
            role: self.role.of_key()?,
            expires_at: self.expires_at,
        })
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
