//! The agents of an account.

use async_graphql::{Context, Object};

use crate::{
    domain::AgentId,
    graphql::{
        agent::{Agent, agent_list},
        agent_input::{AgentBy, AgentFilter, AgentOrder},
        connection::{List, PageArgs},
        context::ContextExt,
        error::Result,
    },
};

/// What can be asked of agents.
#[derive(Default)]
pub(super) struct AgentQueries;

#[Object]
impl AgentQueries {
    /// The account's agents, the oldest first unless ordered otherwise.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn agents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; everything that is set must hold.")] filter: Option<
            AgentFilter,
        >,
        #[graphql(desc = "In which order.")] order_by: Option<AgentOrder>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<List<Agent>> {
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

    /// One agent of the account.
    async fn agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] by: AgentBy,
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
