//! The queries.

use async_graphql::{Context, ID, Object};

use super::{
    account::Account,
    agent::{Agent, agent_list},
    agent_input::{AgentBy, AgentFilter, AgentOrder},
    connection::{List, PageArgs, Total, connect},
    context::ContextExt,
    conversation::{Conversation, ConversationFilter, conversation_list},
    document::{Passage, passages},
    error::Result,
    node::{Node, Viewer, authorize, find_node},
    run::Run,
    template::{AgentTemplate, template_list},
    tool_call::{ToolCall, pending_list},
};
use crate::{
    domain::{AccountId, AgentId, ConversationId, Operation, Position, RunId},
    error::Error,
};

/// At most this many ids in one `nodes`.
const MOST_IDS: usize = 100;

/// What can be asked.
#[derive(Debug, Clone, Copy)]
pub struct Query;

/// What can be asked.
#[Object]
impl Query {
    /// Who is asking.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        Viewer::of(ctx).await
    }

    /// Anything with an id; null when there is no such thing for the caller.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id.")] id: ID,
    ) -> Option<Result<Node>> {
        find_node(ctx, "id", &id).await.transpose()
    }

    /// Several things with ids, in the order of the ids; null where there is no such thing for the caller.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        authorize(ctx, Operation::Nodes)?;
        if ids.len() > MOST_IDS {
            return Err(
                Error::bad_input("ids", format!("{} ids, at most {MOST_IDS}", ids.len())).into(),
            );
        }
        let fields: Vec<_> = (0..ids.len())
            .map(|index| format!("ids[{index}]"))
            .collect();
        futures::future::try_join_all(
            ids.iter()
                .zip(&fields)
                .map(|(id, field)| find_node(ctx, field, id)),
        )
        .await
    }

    /// An account: the caller's own when the id is left out; operators may name any.
    async fn account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] id: Option<ID>,
    ) -> Option<Result<Account>> {
        let found = async {
            let id = id.map(|id| AccountId::parse("id", &id)).transpose()?;
            Ok(ctx
                .services()?
                .account(ctx.actor()?, id)
                .await?
                .map(Account))
        };
        found.await.transpose()
    }

    /// Every account, the oldest first. Operators only.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<List<Account>> {
        let request = PageArgs {
            first,
            after,
            last,
            before,
        }
        .request("accounts")?;
        let page = ctx.services()?.accounts(ctx.actor()?, &request).await?;
        Ok(connect(page, "accounts", Total::Accounts, |account| {
            Position::of(account.id)
        }))
    }

    /// Published agent templates, the first published first.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn agent_templates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only the versions of this agent type.")] name: Option<String>,
        #[graphql(desc = "The deprecated versions too.", default_with = "Some(false)")]
        include_deprecated: Option<bool>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<List<AgentTemplate>> {
        template_list(
            ctx,
            name,
            include_deprecated.unwrap_or_default(),
            PageArgs {
                first,
                after,
                last,
                before,
            },
        )
        .await
    }

    /// A template version: the newest published one that is not deprecated when the version is left out.
    async fn agent_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The agent type, e.g. `sales_agent`.")] name: String,
        #[graphql(desc = "The version, e.g. `1.0.0`.")] version: Option<String>,
    ) -> Option<Result<AgentTemplate>> {
        let found = async {
            Ok(ctx
                .services()?
                .template(ctx.actor()?, &name, version.as_deref())
                .await?
                .map(AgentTemplate))
        };
        found.await.transpose()
    }

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
            ctx.actor()?.account,
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
                AgentBy::Id(id) => services.agent(actor, AgentId::parse("by.id", &id)?).await?,
                AgentBy::Slug(slug) => services.agent_by_slug(actor, &slug).await?,
            };
            Ok(agent.map(Agent))
        };
        found.await.transpose()
    }

    /// The account's conversations, the newest first.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones; everything that is set must hold.")] filter: Option<
            ConversationFilter,
        >,
        #[graphql(desc = "So many from the start, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<List<Conversation>> {
        conversation_list(
            ctx,
            filter,
            PageArgs {
                first,
                after,
                last,
                before,
            },
        )
        .await
    }

    /// One conversation of the account.
    async fn conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> Option<Result<Conversation>> {
        let found = async {
            Ok(ctx
                .services()?
                .conversation(ctx.actor()?, ConversationId::parse("id", &id)?)
                .await?
                .map(Conversation))
        };
        found.await.transpose()
    }

    /// The passages of an agent that answer a question, the best first: found by meaning and by words.
    async fn search_knowledge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose knowledge.")] agent_id: ID,
        #[graphql(desc = "The question; 1 to 4,000 characters.")] query: String,
        #[graphql(default = 8, desc = "At most so many passages, 1 to 100.")] first: Option<i32>,
    ) -> Result<Vec<Passage>> {
        let agent = AgentId::parse("agentId", &agent_id)?;
        let found = ctx
            .services()?
            .search_knowledge(ctx.actor()?, agent, &query, first.unwrap_or(8))
            .await?;
        passages(ctx, found).await
    }

    /// The tool calls that wait for a person, the oldest first.
    async fn pending_approvals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
    ) -> Result<List<ToolCall>> {
        let args = PageArgs {
            first,
            after,
            last: None,
            before: None,
        };
        pending_list(ctx, args).await
    }

    /// One run of the account.
    async fn run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> Option<Result<Run>> {
        let found = async {
            Ok(ctx
                .services()?
                .run(ctx.actor()?, RunId::parse("id", &id)?)
                .await?
                .map(Run))
        };
        found.await.transpose()
    }
}
