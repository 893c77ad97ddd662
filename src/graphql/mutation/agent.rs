//! Agents, and what they know.

use async_graphql::{Context, Object};

use crate::{
    domain::{AgentId, DocumentId},
    graphql::{
        agent::Agent,
        agent_input::{
            ActivateAgentInput, ActivateAgentPayload, CreateAgentInput, CreateAgentPayload,
            DeleteAgentInput, DeleteAgentPayload, SuspendAgentInput, SuspendAgentPayload,
            UpdateAgentInput, UpdateAgentPayload,
        },
        context::ContextExt,
        document::{
            DeleteDocumentInput, DeleteDocumentPayload, Document, IngestDocumentInput,
            IngestDocumentPayload,
        },
        error::Result,
        vector_store::{ChangeVectorStoreInput, ChangeVectorStorePayload},
    },
};

/// What can be changed of agents.
#[derive(Default)]
pub(super) struct AgentMutations;

#[Object]
impl AgentMutations {
    /// Makes an agent from a template. Needs the role ADMIN.
    async fn create_agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The agent.")] input: CreateAgentInput,
    ) -> Result<CreateAgentPayload> {
        let agent = ctx
            .services()?
            .agents
            .create(ctx.actor()?, input.agent()?)
            .await?;
        Ok(CreateAgentPayload {
            agent: Agent(agent),
        })
    }

    /// Changes an agent, from its next message on. Needs the role ADMIN.
    async fn update_agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to change.")] input: UpdateAgentInput,
    ) -> Result<UpdateAgentPayload> {
        let id = AgentId::parse("input.id", &input.id)?;
        let agent = ctx
            .services()?
            .agents
            .update(ctx.actor()?, id, input.change()?)
            .await?;
        Ok(UpdateAgentPayload {
            agent: Agent(agent),
        })
    }

    /// Deletes an agent; what it said stays in its conversations. Needs the role ADMIN.
    async fn delete_agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which agent.")] input: DeleteAgentInput,
    ) -> Result<DeleteAgentPayload> {
        ctx.services()?
            .agents
            .delete(ctx.actor()?, AgentId::parse("input.id", &input.id)?)
            .await?;
        Ok(DeleteAgentPayload {
            deleted_id: input.id,
        })
    }

    /// Moves an agent's vectors to another store while it answers. Needs the role ADMIN.
    async fn change_vector_store(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to.")] input: ChangeVectorStoreInput,
    ) -> Result<ChangeVectorStorePayload> {
        let agent = ctx
            .services()?
            .vector_stores
            .change(ctx.actor()?, input.change()?)
            .await?;
        Ok(ChangeVectorStorePayload {
            agent: Agent(agent),
        })
    }

    /// Gives an agent something to know; it is worked on in the background. Needs the role ADMIN.
    async fn ingest_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to know.")] input: IngestDocumentInput,
    ) -> Result<IngestDocumentPayload> {
        let document = ctx
            .services()?
            .documents
            .ingest(ctx.actor()?, input.input()?)
            .await?;
        Ok(IngestDocumentPayload {
            document: Document(document),
        })
    }

    /// Deletes a document with its passages, vectors and citations. Needs the role ADMIN.
    async fn delete_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which document.")] input: DeleteDocumentInput,
    ) -> Result<DeleteDocumentPayload> {
        ctx.services()?
            .documents
            .delete(ctx.actor()?, DocumentId::parse("input.id", &input.id)?)
            .await?;
        Ok(DeleteDocumentPayload {
            deleted_id: input.id,
        })
    }

    /// Pauses an agent; answers under way are finished. Needs the role ADMIN.
    async fn suspend_agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which agent.")] input: SuspendAgentInput,
    ) -> Result<SuspendAgentPayload> {
        let agent = ctx
            .services()?
            .agents
            .suspend(ctx.actor()?, AgentId::parse("input.id", &input.id)?)
            .await?;
        Ok(SuspendAgentPayload {
            agent: Agent(agent),
        })
    }

    /// Makes an agent answer. Needs the role ADMIN.
    async fn activate_agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which agent.")] input: ActivateAgentInput,
    ) -> Result<ActivateAgentPayload> {
        let agent = ctx
            .services()?
            .agents
            .activate(ctx.actor()?, AgentId::parse("input.id", &input.id)?)
            .await?;
        Ok(ActivateAgentPayload {
            agent: Agent(agent),
        })
    }
}
