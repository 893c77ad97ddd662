//! What was said, and what is known.

use async_graphql::{Context, ID, Object};

use crate::{
    domain::{AgentId, ConversationId, RunId},
    graphql::{
        connection::{List, PageArgs},
        context::ContextExt,
        conversation::{Conversation, ConversationFilter, conversation_list},
        document::{Passage, passages},
        error::Result,
        run::Run,
        tool_call::{ToolCall, pending_list},
    },
};

/// What can be asked of conversations and knowledge.
#[derive(Default)]
pub(super) struct ChatQueries;

#[Object]
impl ChatQueries {
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
                .conversations
                .get(ctx.actor()?, ConversationId::parse("id", &id)?)
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
            .documents
            .search(ctx.actor()?, agent, &query, first.unwrap_or(8))
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
                .runs
                .get(ctx.actor()?, RunId::parse("id", &id)?)
                .await?
                .map(Run))
        };
        found.await.transpose()
    }
}
