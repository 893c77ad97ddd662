//! The changes of agents, for readers who keep a list of them.

use std::{collections::HashMap, sync::Arc};

use async_stream::try_stream;
use futures::{StreamExt, stream::BoxStream};

use super::agent::existing;
use crate::{
    domain::{Agent, AgentFilter, AgentId, AgentOrder, AgentOrderField, PageRequest},
    error::Result,
    port::{Announcement, Clock},
    store::TenantStore,
};

/// The maximum number of agents that are read at a time.
const PAGE: u64 = 100;

/// Follows the agents that one reader sees.
pub(super) struct AgentChanges {
    /// The agents that the reader sees.
    store: TenantStore,
    /// All agents of the account: an agent that an end user does not see any more may still exist.
    whole_account: TenantStore,
    clock: Arc<dyn Clock>,
    /// The only agent to follow.
    only: Option<AgentId>,
    /// The agents as the reader knows them: a deleted one is reported as it was last.
    known: HashMap<AgentId, Agent>,
}

impl AgentChanges {
    /// The changes of the agents of `store`, or of one of them; nothing is read yet.
    pub(super) fn of(
        store: TenantStore,
        whole_account: TenantStore,
        clock: Arc<dyn Clock>,
        only: Option<AgentId>,
    ) -> Self {
        Self {
            store,
            whole_account,
            clock,
            only,
            known: HashMap::new(),
        }
    }

    /// The agent of each announcement; a deleted one once more, with the time of its deletion. Ends after the deletion of
    /// the only agent.
    pub(super) fn follow(
        mut self,
        mut announced: BoxStream<'static, Announcement>,
    ) -> BoxStream<'static, Result<Agent>> {
        try_stream! {
            while let Some(heard) = announced.next().await {
                // boxed: rarely polled, and inline it would enlarge every waiting stream
                for id in Box::pin(self.concerned(heard)).await? {
                    let Some(agent) = Box::pin(self.look(id)).await? else {
                        continue;
                    };
                    let is_over = self.only.is_some() && agent.deleted_at.is_some();
                    yield agent;
                    if is_over {
                        return;
                    }
                }
            }
        }
        .boxed()
    }

    /// Reads the agents that are followed. `NOT_FOUND` when the only one does not exist.
    pub(super) async fn read(&mut self) -> Result<()> {
        match self.only {
            Some(id) => {
                let agent = existing(&self.store, id).await?;
                self.known.insert(id, agent);
                Ok(())
            }
            None => self.read_all().await,
        }
    }

    /// Reads all agents that the reader sees.
    async fn read_all(&mut self) -> Result<()> {
        let order = AgentOrder {
            field: AgentOrderField::CreatedAt,
            descending: false,
        };
        let mut after = None;
        loop {
            let request = PageRequest {
                limit: PAGE,
                after: after.take(),
                before: None,
                from_end: false,
            };
            let filter = AgentFilter::default();
            let page = self.store.agents(&filter, order, &request).await?;
            after = page.items.last().map(|agent| order.position(agent));
            let agents = page.items.into_iter();
            self.known.extend(agents.map(|agent| (agent.id, agent)));
            if !page.has_next {
                return Ok(());
            }
        }
    }

    /// The agents that an announcement may be about.
    async fn concerned(&mut self, heard: Announcement) -> Result<Vec<AgentId>> {
        match (heard, self.only) {
            (Announcement::AgentChanged(id), None) => Ok(vec![id]),
            (Announcement::AgentChanged(id), Some(only)) if id == only => Ok(vec![id]),
            (Announcement::Missed, Some(only)) => Ok(vec![only]),
            (Announcement::Missed, None) => {
                self.read_all().await?;
                Ok(self.known.keys().copied().collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    /// The agent as it is now; none when the reader neither sees nor knows it.
    async fn look(&mut self, id: AgentId) -> Result<Option<Agent>> {
        if let Some(agent) = self.store.agents_by_ids(&[id]).await?.pop() {
            self.known.insert(id, agent.clone());
            return Ok(Some(agent));
        }
        if !self.whole_account.agents_by_ids(&[id]).await?.is_empty() {
            return Ok(None);
        }
        let deleted_at = Some(self.clock.now());
        let known = self.known.remove(&id);
        Ok(known.map(|agent| Agent {
            deleted_at,
            ..agent
        }))
    }
}
