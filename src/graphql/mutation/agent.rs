//! Mutations of agents, their documents and their vector stores.

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
        agent_version::{
            EndCanaryInput, EndCanaryPayload, StartCanaryInput, StartCanaryPayload,
            UpgradeAgentInput, UpgradeAgentPayload,
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

/// The mutations of agents, their documents and their vector stores.
#[derive(Default)]
pub(super) struct AgentMutations;

#[Object]
impl AgentMutations {
    /// Creates an agent from a template. Requires the role ADMIN.
    async fn create_agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new agent.")] input: CreateAgentInput,
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

    /// Changes an agent; the change applies from its next message on. Requires the role ADMIN.
    async fn update_agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateAgentInput,
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

    /// Moves an agent to another version of its template, from its next message on; a dry run only lists what would not
    /// work as before. Requires the role ADMIN.
    async fn upgrade_agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The agent and the version.")] input: UpgradeAgentInput,
    ) -> Result<UpgradeAgentPayload> {
        let id = AgentId::parse("input.id", &input.id)?;
        let dry_run = input.dry_run.unwrap_or(false);
        let (agent, problems) = ctx
            .services()?
            .agents
            .versions()
            .upgrade(ctx.actor()?, id, &input.version, dry_run)
            .await?;
        Ok(UpgradeAgentPayload {
            agent: Agent(agent),
            problems: problems.into_iter().map(Into::into).collect(),
        })
    }

    /// Lets another version of the agent's template answer a share of its conversations. It is rolled back by itself within
    /// a minute when it exceeds a threshold. Requires the role ADMIN.
    async fn start_canary(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version to try.")] input: StartCanaryInput,
    ) -> Result<StartCanaryPayload> {
        let (agent, problems) = ctx
            .services()?
            .agents
            .versions()
            .start_canary(ctx.actor()?, input.canary()?)
            .await?;
        Ok(StartCanaryPayload {
            agent: Agent(agent),
            problems: problems.into_iter().map(Into::into).collect(),
        })
    }

    /// Ends the running canary of an agent. Requires the role ADMIN.
    async fn end_canary(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it ends.")] input: EndCanaryInput,
    ) -> Result<EndCanaryPayload> {
        let id = AgentId::parse("input.agentId", &input.agent_id)?;
        let agent = ctx
            .services()?
            .agents
            .versions()
            .end_canary(ctx.actor()?, id, input.promote)
            .await?;
        Ok(EndCanaryPayload {
            agent: Agent(agent),
        })
    }

    /// Deletes an agent; its messages stay in their conversations. Requires the role ADMIN.
    async fn delete_agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The agent to delete.")] input: DeleteAgentInput,
    ) -> Result<DeleteAgentPayload> {
        ctx.services()?
            .agents
            .delete(ctx.actor()?, AgentId::parse("input.id", &input.id)?)
            .await?;
        Ok(DeleteAgentPayload {
            deleted_id: input.id,
        })
    }

    /// Moves an agent's vectors to another store; the agent continues to answer meanwhile. Requires the role ADMIN.
    async fn change_vector_store(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new vector store.")] input: ChangeVectorStoreInput,
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

    /// Adds a document to an agent's knowledge; it is processed in the background. Requires the role ADMIN.
    async fn ingest_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The document.")] input: IngestDocumentInput,
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

    /// Deletes a document with its passages and vectors, also where they are sources of answers. Requires the role ADMIN.
    async fn delete_document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The document to delete.")] input: DeleteDocumentInput,
    ) -> Result<DeleteDocumentPayload> {
        ctx.services()?
            .documents
            .delete(ctx.actor()?, DocumentId::parse("input.id", &input.id)?)
            .await?;
        Ok(DeleteDocumentPayload {
            deleted_id: input.id,
        })
    }

    /// Suspends an agent; running answers are completed. Requires the role ADMIN.
    async fn suspend_agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The agent to suspend.")] input: SuspendAgentInput,
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

    /// Activates an agent. Requires the role ADMIN.
    async fn activate_agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The agent to activate.")] input: ActivateAgentInput,
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
