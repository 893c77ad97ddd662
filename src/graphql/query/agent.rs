//! Queries of agents.

use async_graphql::{Context, Object};

use crate::{
    domain::AgentId,
    graphql::{
        agent::{Agent, agent_list},
        agent_input::{AgentBy, AgentFilter, AgentOrder},
        connection::{ItemConnection, PageArgs},
        context::ContextExt,
        error::Result,
    },
};

/// The queries of agents.
#[derive(Default)]
pub(super) struct AgentQueries;

#[Object]
impl AgentQueries {
    /// The agents of the account. Default order: oldest first.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn agents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Filter; every condition that is set must match.")] filter: Option<
            AgentFilter,
        >,
        #[graphql(desc = "The order of the list.")] order_by: Option<AgentOrder>,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<Agent>> {
        agent_list(
            ctx,
            ctx.actor()?.account(),
            filter,
            order_by,
            PageArgs {
                first,
                after,
                last,
                before,
            },
        )
        .await
    }

    /// An agent of the account.
    async fn agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Selects the agent.")] by: AgentBy,
    ) -> Option<Result<Agent>> {
        let found = async {
            let (services, actor) = (ctx.services()?, ctx.actor()?);
            let agent = match by {
                AgentBy::Id(id) => {
                    services
                        .agents
                        .get(actor, AgentId::parse("by.id", &id)?)
                        .await?
                }
                AgentBy::Slug(slug) => services.agents.by_slug(actor, &slug).await?,
            };
            Ok(agent.map(Agent))
        };
        found.await.transpose()
    }
}
