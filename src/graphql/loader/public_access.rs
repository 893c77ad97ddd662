//! Loads the public access of agents.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;

use super::{PublicAccessKey, by_account, by_key};
use crate::{
    domain::PublicAccess,
    graphql::error::{ApiError, Result},
    service::Relations,
};

impl Loader<PublicAccessKey> for Relations {
    type Value = PublicAccess;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[PublicAccessKey],
    ) -> Result<HashMap<PublicAccessKey, PublicAccess>> {
        let mut access = HashMap::new();
        for (account, agents) in by_account(keys.iter().map(|key| (key.0, key.1))) {
            let found = self.public_access_of(account, &agents).await?;
            access.extend(by_key(found, |access| {
                PublicAccessKey(access.account, access.agent)
            }));
        }
        Ok(access)
    }
}
