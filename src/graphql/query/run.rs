//! Queries of lists of runs, and of what they were like.

use async_graphql::{Context, ID, Object};

use crate::{
    domain::AgentId,
    graphql::{
        analytics::Analytics,
        connection::{ItemConnection, PageArgs},
        context::ContextExt,
        error::Result,
        run::Run,
        run_list::{RunFilter, run_list},
        usage::DateRange,
    },
};

/// The queries of lists of runs, and of what they were like.
#[derive(Default)]
pub(super) struct RunQueries;

#[Object]
impl RunQueries {
    /// The runs of the account, newest first; for an operator that acts in no account, those of all accounts. Requires the role
    /// ADMIN.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Filter; every condition that is set must match.")] filter: Option<
            RunFilter,
        >,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<Run>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        run_list(ctx, filter, args).await
    }

    /// What the runs were like that ended in a period, by agent, with the handoffs between agents and the decisions of the
    /// router. Requires the role ADMIN.
    async fn analytics(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The period.")] range: DateRange,
        #[graphql(desc = "Only this agent.")] agent_id: Option<ID>,
    ) -> Result<Analytics> {
        let agent = agent_id.map(|id| AgentId::parse("agentId", &id));
        let agent = agent.transpose()?;
        let analytics = &ctx.services()?.analytics;
        let report = analytics.report(ctx.actor()?, range.into(), agent).await?;
        Ok(report.into())
    }
}
