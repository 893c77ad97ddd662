//! Who is asking: a stand-in that knows the keys it was given.

use std::collections::HashMap;

use crate::{
    domain::Actor,
    error::{Error, Result},
};

/// What a caller shows to say who it is.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The `Authorization` header, or what stands for it in `connection_init`.
    pub authorization: Option<String>,
    /// The account that an operator wants to act in.
    pub account: Option<String>,
}

/// Turns credentials into an actor.
#[derive(Debug, Default)]
pub struct Access {
    keys: HashMap<String, Actor>,
}

impl Access {
    /// Knows these keys.
    pub fn new(keys: HashMap<String, Actor>) -> Self {
        Self { keys }
    }

    /// The actor behind the credentials; nobody when there are none.
    #[expect(clippy::unused_async, reason = "the real one asks the store")]
    pub async fn authenticate(&self, credentials: &Credentials) -> Result<Option<Actor>> {
        let Some(authorization) = &credentials.authorization else {
            return Ok(None);
        };
        authorization
            .strip_prefix("Bearer ")
            .and_then(|key| self.keys.get(key))
            .cloned()
            .map(Some)
            .ok_or_else(|| Error::unauthenticated("this API key is not valid"))
    }
}
