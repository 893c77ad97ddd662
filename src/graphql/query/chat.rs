//! Queries of conversations, runs, tool calls, knowledge and usage.

use async_graphql::{Context, ID, Object};

use crate::{
    domain::{AgentId, ConversationId, RunId},
    graphql::{
        connection::{ItemConnection, PageArgs},
        context::ContextExt,
        conversation::{Conversation, conversation_list},
        conversation_input::{ConversationFilter, ConversationOrder},
        document::{Passage, passages},
        error::Result,
        rate_limit::RateLimitStatus,
        route::RouteDecision,
        run::Run,
        tool_call::{ApprovalFilter, ToolCall, pending_list},
        usage::{DateRange, UsageGroup, UsageReport},
    },
};

/// The queries of conversations, runs, tool calls, knowledge and usage.
#[derive(Default)]
pub(super) struct ChatQueries;

#[Object]
impl ChatQueries {
    /// What the account used in a period, added up by one property.
    async fn usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The period.")] range: DateRange,
        #[graphql(desc = "The property of the rows.", default_with = "UsageGroup::Agent")]
        group_by: UsageGroup,
    ) -> Result<UsageReport> {
        let usage = &ctx.services()?.usage;
        let report = usage
            .report(ctx.actor()?, range.into(), group_by.into())
            .await?;
        Ok(report.into())
    }

    /// What is left for the caller, of messages and of budgets.
    async fn rate_limit(&self, ctx: &Context<'_>) -> Result<RateLimitStatus> {
        let left = ctx.services()?.usage.left(ctx.actor()?).await?;
        Ok(left.into())
    }

    /// The conversations of the account that are not archived, the last activity first.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Filter; every condition that is set must match.")] filter: Option<
            ConversationFilter,
        >,
        #[graphql(desc = "Order. Default: UPDATED_AT DESC.")] order_by: Option<ConversationOrder>,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<Conversation>> {
        conversation_list(
            ctx,
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

    /// A conversation of the account.
    async fn conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the conversation.")] id: ID,
    ) -> Option<Result<Conversation>> {
        let found = async {
            Ok(ctx
                .services()?
                .conversations
                .get(ctx.actor()?, ConversationId::parse("id", &id)?)
                .await?
                .map(Conversation))
        };
        found.await.transpose()
    }

    /// The agent that the router would choose for a message, and the reason. Nothing is sent.
    async fn preview_route(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The text of the message, 1 to 32,000 characters.")] message: String,
        #[graphql(desc = "The id of the conversation that the message would continue.")]
        conversation_id: Option<ID>,
    ) -> Result<RouteDecision> {
        let conversation = conversation_id
            .map(|id| ConversationId::parse("conversationId", &id))
            .transpose()?;
        let routes = &ctx.services()?.routes;
        let route = routes.preview(ctx.actor()?, &message, conversation).await?;
        Ok(RouteDecision(route))
    }

    /// Searches an agent's knowledge by meaning and by words; best match first.
    async fn search_knowledge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the agent.")] agent_id: ID,
        #[graphql(desc = "The search query, 1 to 4,000 characters.")] query: String,
        #[graphql(default = 8, desc = "The maximum number of passages, 1 to 100.")] first: Option<
            i32,
        >,
    ) -> Result<Vec<Passage>> {
        let agent = AgentId::parse("agentId", &agent_id)?;
        let found = ctx
            .services()?
            .documents
            .search(ctx.actor()?, agent, &query, first.unwrap_or(8))
            .await?;
        passages(ctx, found).await
    }

    /// The tool calls that wait for approval, oldest first.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn pending_approvals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Filter; every condition that is set must match.")] filter: Option<
            ApprovalFilter,
        >,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<ToolCall>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        pending_list(ctx, filter, args).await
    }

    /// A run of the account; of any account for an operator that acts in none.
    async fn run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the run.")] id: ID,
    ) -> Option<Result<Run>> {
        let found = async {
            Ok(ctx
                .services()?
                .runs
                .get(ctx.actor()?, RunId::parse("id", &id)?)
                .await?
                .map(Run))
        };
        found.await.transpose()
    }
}
