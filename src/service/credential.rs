//! What the secret of a request stands for.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{
    domain::{Actor, ApiKey, CredentialId, EndUserSession, EndUserToken},
    error::{Error, Result},
};

/// What a secret stands for.
#[derive(Clone)]
pub(super) enum Credential {
    Key(Arc<ApiKey>),
    Session(Arc<EndUserSession>),
    Token(Arc<EndUserToken>),
}

impl Credential {
    /// Identifies the credential.
    pub(super) fn id(&self) -> CredentialId {
        match self {
            Self::Key(key) => CredentialId::Key(key.id),
            Self::Session(session) => CredentialId::Session(session.session.id),
            Self::Token(token) => CredentialId::Token(token.id),
        }
    }

    /// The caller, if the credential can be used at this time; else the reason, without a word about which secret it is.
    pub(super) fn actor_at(&self, now: DateTime<Utc>) -> Result<Actor> {
        match self {
            Self::Key(key) => {
                let is_valid = key.revoked_at.is_none() && key.expires_at.is_none_or(|at| at > now);
                is_valid.then(|| Actor::of_key(key)).ok_or_else(invalid_key)
            }
            Self::Session(found) if found.is_valid_at(now) => Ok(Actor::of_session(found)),
            Self::Session(found) => Err(Error::unauthenticated(refusal_of(found))),
            Self::Token(token) if token.expires_at > now => Ok(Actor::of_token(token)),
            Self::Token(_) => Err(Error::unauthenticated("the token has expired")),
        }
    }

    /// Whether the credential may be used from the page of this origin; `FORBIDDEN` otherwise. With `is_public`, the
    /// installation does not allow the origin, and only a public agent does.
    pub(super) fn check_origin(&self, origin: Option<&str>, is_public: bool) -> Result<()> {
        let named: &[String] = match self {
            Self::Session(found) => &found.session.origins,
            Self::Key(_) | Self::Token(_) => &[],
        };
        let is_named = named.iter().any(|known| Some(known.as_str()) == origin);
        if !named.is_empty() && !is_named {
            return Err(Error::forbidden(
                "the session may be used from the origins only that it was created for",
            ));
        }
        if is_public && !is_named {
            return Err(Error::forbidden(
                "pages of this origin may use sessions with a public agent; the operator can allow others",
            ));
        }
        Ok(())
    }
}

/// The refusal of a secret that no key has, or a key that cannot be used.
pub(super) fn invalid_key() -> Error {
    Error::unauthenticated("the API key is unknown, revoked or expired")
}

/// The reason why a session cannot be used any more.
fn refusal_of(EndUserSession { session, .. }: &EndUserSession) -> &'static str {
    if session.revoked_at.is_some() {
        "the session was revoked"
    } else if session.renewed_by.is_some() {
        "the session was renewed: use the token that took its place"
    } else {
        "the session has expired"
    }
}
