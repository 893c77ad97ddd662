//! Loads the personas of agents.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;

use super::{PersonaKey, by_account, by_key};
use crate::{
    graphql::error::{ApiError, Result},
    service::{PersonaView, Relations},
};

impl Loader<PersonaKey> for Relations {
    type Value = PersonaView;
    type Error = ApiError;

    async fn load(&self, keys: &[PersonaKey]) -> Result<HashMap<PersonaKey, PersonaView>> {
        let mut personas = HashMap::new();
        for (account, agents) in by_account(keys.iter().map(|key| (key.0, key.1))) {
            let found = self.personas_of(account, &agents).await?;
            personas.extend(by_key(found, |view| {
                PersonaKey(account, view.persona.agent)
            }));
        }
        Ok(personas)
    }
}
