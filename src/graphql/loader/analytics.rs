//! Loads the sums over the runs of agents.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;

use super::AnalyticsKey;
use crate::{
    domain::{AccountId, AgentId, DateRange, RunSums},
    graphql::error::{ApiError, Result},
    service::Relations,
};

impl Loader<AnalyticsKey> for Relations {
    type Value = RunSums;
    type Error = ApiError;

    async fn load(&self, keys: &[AnalyticsKey]) -> Result<HashMap<AnalyticsKey, RunSums>> {
        let mut wanted: HashMap<(AccountId, DateRange), Vec<AgentId>> = HashMap::new();
        for key in keys {
            let agents = wanted.entry((key.account, key.range)).or_default();
            agents.push(key.agent);
        }
        let mut sums = HashMap::new();
        for ((account, range), agents) in wanted {
            let found = self.analytics_of(account, &agents, range).await?;
            sums.extend(found.into_iter().map(|(agent, sums)| {
                let key = AnalyticsKey {
                    account,
                    agent,
                    range,
                };
                (key, sums)
            }));
        }
        Ok(sums)
    }
}
