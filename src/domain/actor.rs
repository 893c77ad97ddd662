//! The caller of an operation: the holder of a key, with its account and role, or an end user in a session.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        AccountId, AgentId, ApiKey, EndUserId, EndUserScope, EndUserSession, EndUserToken, KeyId,
        Operation, RequestId, SessionId, SessionLimits, TokenId,
    },
    error::{Error, Result},
};

/// The role of a key; each role may do everything that the roles before it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// May only read.
    Reader,
    /// May discover agents and chat.
    Member,
    /// May manage the agents of one account.
    Admin,
    /// May manage one account with its keys and billing.
    Owner,
    /// May manage the platform, i.e. accounts and templates, and act inside any account.
    Operator,
}

impl Role {
    /// Every role, the one with the fewest rights first.
    pub const ALL: [Self; 5] = [
        Self::Reader,
        Self::Member,
        Self::Admin,
        Self::Owner,
        Self::Operator,
    ];

    /// The role's name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "READER",
            Self::Member => "MEMBER",
            Self::Admin => "ADMIN",
            Self::Owner => "OWNER",
            Self::Operator => "OPERATOR",
        }
    }
}

/// The caller of an operation. Authentication makes it; `troupe dev` makes one for its demo account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account that the caller acts in.
    account: AccountId,
    /// The account that the credential belongs to.
    home: AccountId,
    caller: Caller,
    expires_at: Option<DateTime<Utc>>,
    /// The request in which the caller acts, by which the log lines of what it starts are found.
    request: Option<RequestId>,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Caller {
    /// The holder of an API key.
    Key { id: KeyId, role: Role },
    /// An end user in a session, or with a token of an identity provider.
    EndUser {
        credential: CredentialId,
        limits: SessionLimits,
        scope: Arc<EndUserScope>,
    },
}

/// The credential that a caller authenticated with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialId {
    /// An API key.
    Key(KeyId),
    /// A session of an end user.
    Session(SessionId),
    /// A token of an identity provider.
    Token(TokenId),
}

impl Actor {
    /// The holder of a key, acting in the key's own account.
    pub fn of_key(key: &ApiKey) -> Self {
        Self {
            account: key.account,
            home: key.account,
            caller: Caller::Key {
                id: key.id,
                role: key.role,
            },
            expires_at: key.expires_at,
            request: None,
        }
    }

    /// The end user of a session.
    pub fn of_session(EndUserSession { session, end_user }: &EndUserSession) -> Self {
        Self {
            account: session.account,
            home: session.account,
            caller: Caller::EndUser {
                credential: CredentialId::Session(session.id),
                limits: session.limits,
                scope: Arc::new(EndUserScope {
                    end_user: end_user.id,
                    external_id: end_user.external_id.clone(),
                    agents: session.agents.clone(),
                }),
            },
            expires_at: Some(session.expires_at),
            request: None,
        }
    }

    /// The end user whom a token of an identity provider names.
    pub fn of_token(token: &EndUserToken) -> Self {
        Self {
            account: token.account,
            home: token.account,
            caller: Caller::EndUser {
                credential: CredentialId::Token(token.id),
                limits: token.limits,
                scope: Arc::new(EndUserScope {
                    end_user: token.end_user.id,
                    external_id: token.end_user.external_id.clone(),
                    agents: token.agents.clone(),
                }),
            },
            expires_at: Some(token.expires_at),
            request: None,
        }
    }

    /// The same caller acting in `account`. `FORBIDDEN` when that is another account and the caller is not an operator.
    pub fn acting_in(&self, account: AccountId) -> Result<Self> {
        if account != self.account && !self.is_operator() {
            return Err(Error::forbidden(
                "only an operator may act in another account",
            ));
        }
        Ok(Self {
            account,
            ..self.clone()
        })
    }

    /// The same caller in this request.
    #[must_use]
    pub fn in_request(self, request: RequestId) -> Self {
        Self {
            request: Some(request),
            ..self
        }
    }

    /// The request in which the caller acts.
    pub fn request(&self) -> Option<RequestId> {
        self.request
    }

    /// The account that the credential belongs to.
    pub fn home(&self) -> AccountId {
        self.home
    }

    /// The account that the caller acts in: the key's own, or the one that an operator named.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The role of the key; none for an end user.
    pub fn role(&self) -> Option<Role> {
        match self.caller {
            Caller::Key { role, .. } => Some(role),
            Caller::EndUser { .. } => None,
        }
    }

    /// The key; none for an end user.
    pub fn key(&self) -> Option<KeyId> {
        match self.caller {
            Caller::Key { id, .. } => Some(id),
            Caller::EndUser { .. } => None,
        }
    }

    /// The key, the session or the token.
    pub fn credential(&self) -> CredentialId {
        match &self.caller {
            Caller::Key { id, .. } => CredentialId::Key(*id),
            Caller::EndUser { credential, .. } => *credential,
        }
    }

    /// The end user; none for the holder of a key.
    pub fn end_user(&self) -> Option<&EndUserScope> {
        match &self.caller {
            Caller::Key { .. } => None,
            Caller::EndUser { scope, .. } => Some(scope),
        }
    }

    /// The session of an end user; none for the holder of a key or of an identity provider's token.
    pub fn session(&self) -> Option<SessionId> {
        match self.credential() {
            CredentialId::Session(session) => Some(session),
            CredentialId::Key(_) | CredentialId::Token(_) => None,
        }
    }

    /// The tokens that the runs of an end user's session may use together; none without such a budget.
    pub fn session_tokens(&self) -> Option<i64> {
        self.session().and(self.limits()?.tokens)
    }

    /// What an end user may spend; none for the holder of a key.
    pub fn limits(&self) -> Option<SessionLimits> {
        match &self.caller {
            Caller::Key { .. } => None,
            Caller::EndUser { limits, .. } => Some(*limits),
        }
    }

    /// The time from which on the credential is not valid any more.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.expires_at
    }

    /// Whether the caller is an operator, in any account.
    pub fn is_operator(&self) -> bool {
        self.role() == Some(Role::Operator)
    }

    /// Whether the caller is an operator that acts in its own account, and so for the platform, not for a customer.
    pub fn acts_for_platform(&self) -> bool {
        self.is_operator() && self.account == self.home
    }

    /// Whether the caller may read the own words of outside systems that failed: administrators, owners and operators.
    pub fn may_read_details(&self) -> bool {
        self.role() >= Some(Role::Admin)
    }

    /// The permission for an operation; `FORBIDDEN` when the caller's role does not allow it, or when it is not for end
    /// users.
    pub fn authorize(&self, operation: Operation) -> Result<Permission> {
        if operation.is_for_anonymous() {
            return Err(Error::forbidden(format!(
                "{} is for callers without credentials; createSession begins a session of a person whom the account names",
                operation.name()
            )));
        }
        let needed = operation.least_role();
        let (caller, scope) = match &self.caller {
            Caller::Key { id, role } if *role >= needed => (CallerId::Key(*id), None),
            Caller::Key { role, .. } => {
                return Err(Error::forbidden(format!(
                    "{} needs the role {} or above, this key is {}",
                    operation.name(),
                    needed.name(),
                    role.name()
                )));
            }
            Caller::EndUser { scope, .. } if operation.is_for_end_users() => {
                (CallerId::EndUser(scope.end_user), Some(Arc::clone(scope)))
            }
            Caller::EndUser { .. } => {
                return Err(Error::forbidden(format!(
                    "{} is not for end users; it needs an API key with the role {} or above",
                    operation.name(),
                    needed.name(),
                )));
            }
        };
        Ok(Permission {
            account: self.account,
            caller,
            scope,
            operation,
        })
    }
}

/// The name under which the audit log keeps a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerId {
    /// The holder of an API key.
    Key(KeyId),
    /// An end user.
    EndUser(EndUserId),
}

impl fmt::Display for CallerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => id.fmt(f),
            Self::EndUser(id) => id.fmt(f),
        }
    }
}

/// The proof that a caller may perform an operation in an account. Only [`Actor::authorize`] makes one. A service that
/// acts for a caller reaches no row without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    account: AccountId,
    caller: CallerId,
    scope: Option<Arc<EndUserScope>>,
    operation: Operation,
}

impl Permission {
    /// The account whose rows the operation may touch.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The caller.
    pub fn caller(&self) -> CallerId {
        self.caller
    }

    /// The end user whose rows alone the operation may touch; none for the holder of a key.
    pub fn scope(&self) -> Option<&Arc<EndUserScope>> {
        self.scope.as_ref()
    }

    /// Whether the caller may talk to this agent, if it is active.
    pub fn may_talk_to(&self, agent: AgentId) -> bool {
        let scope = self.scope.as_ref();
        scope.is_none_or(|scope| scope.may_talk_to(agent))
    }

    /// The operation.
    pub fn operation(&self) -> Operation {
        self.operation
    }
}
