//! The mutations: one input, one payload each.

use async_graphql::{Context, Object};

use super::{
    account::{
        Account, CreateAccountInput, CreateAccountPayload, UpdateAccountInput, UpdateAccountPayload,
    },
    agent::Agent,
    agent_input::{
        ActivateAgentInput, ActivateAgentPayload, CreateAgentInput, CreateAgentPayload,
        DeleteAgentInput, DeleteAgentPayload, SuspendAgentInput, SuspendAgentPayload,
        UpdateAgentInput, UpdateAgentPayload,
    },
    api_key::{
        ApiKey, CreateApiKeyInput, CreateApiKeyPayload, RevokeApiKeyInput, RevokeApiKeyPayload,
    },
    context::ContextExt,
    conversation::{DeleteConversationInput, DeleteConversationPayload},
    document::{
        DeleteDocumentInput, DeleteDocumentPayload, Document, IngestDocumentInput,
        IngestDocumentPayload,
    },
    error::Result,
    message::{ChatInput, Message, RateMessageInput, RateMessagePayload, SendMessagePayload},
    run::{CancelRunInput, CancelRunPayload, Run},
    template::{
        AgentTemplate, DeprecateAgentTemplateInput, DeprecateAgentTemplatePayload,
        PublishAgentTemplateInput, PublishAgentTemplatePayload,
    },
    tool_call::{ResolveToolCallInput, ResolveToolCallPayload, ToolCall},
    vector_store::{ChangeVectorStoreInput, ChangeVectorStorePayload},
};
use crate::domain::{
    AccountId, AgentId, ConversationId, DocumentId, KeyId, MessageId, Operation, RunId, TemplateId,
};

/// What can be changed.
#[derive(Debug, Clone, Copy)]
pub struct Mutation;

/// What can be changed.
#[Object]
impl Mutation {
    /// Makes an account with an owner's key. Operators only.
    async fn create_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: CreateAccountInput,
    ) -> Result<CreateAccountPayload> {
        let (account, minted) = ctx
            .services()?
            .create_account(ctx.actor()?, input.into())
            .await?;
        Ok(CreateAccountPayload {
            account: Account(account),
            owner_key: minted.secret.reveal().to_owned(),
        })
    }

    /// Changes an account: the caller's own, or any for an operator. Needs the role OWNER.
    async fn update_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to change.")] mut input: UpdateAccountInput,
    ) -> Result<UpdateAccountPayload> {
        let id = input
            .id
            .take()
            .map(|id| AccountId::parse("input.id", &id))
            .transpose()?;
        let account = ctx
            .services()?
            .update_account(ctx.actor()?, id, input.into())
            .await?;
        Ok(UpdateAccountPayload {
            account: Account(account),
        })
    }

    /// Makes an API key; its secret is shown this once. Needs the role OWNER.
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: CreateApiKeyInput,
    ) -> Result<CreateApiKeyPayload> {
        let minted = ctx
            .services()?
            .create_api_key(ctx.actor()?, input.into())
            .await?;
        Ok(CreateApiKeyPayload {
            secret: minted.secret.reveal().to_owned(),
            api_key: ApiKey(minted.key),
        })
    }

    /// Revokes an API key at once, with its open connections. Needs the role OWNER.
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key.")] input: RevokeApiKeyInput,
    ) -> Result<RevokeApiKeyPayload> {
        let key = ctx
            .services()?
            .revoke_api_key(ctx.actor()?, KeyId::parse("input.id", &input.id)?)
            .await?;
        Ok(RevokeApiKeyPayload {
            api_key: ApiKey(key),
        })
    }

    /// Publishes a template version, the same for ever from then on. Operators only.
    async fn publish_agent_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version.")] input: PublishAgentTemplateInput,
    ) -> Result<PublishAgentTemplatePayload> {
        let template = ctx
            .services()?
            .publish_template(ctx.actor()?, input.spec()?)
            .await?;
        Ok(PublishAgentTemplatePayload {
            template: AgentTemplate(template),
        })
    }

    /// Takes a template version out of the choice for new agents; its agents stay. Operators only.
    async fn deprecate_agent_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which version.")] input: DeprecateAgentTemplateInput,
    ) -> Result<DeprecateAgentTemplatePayload> {
        let template = ctx
            .services()?
            .deprecate_template(ctx.actor()?, TemplateId::parse("input.id", &input.id)?)
            .await?;
        Ok(DeprecateAgentTemplatePayload {
            template: AgentTemplate(template),
        })
    }

    /// Makes an agent from a template. Needs the role ADMIN.
    async fn create_agent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The agent.")] input: CreateAgentInput,
    ) -> Result<CreateAgentPayload> {
        let agent = ctx
            .services()?
            .create_agent(ctx.actor()?, input.agent()?)
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
            .update_agent(ctx.actor()?, id, input.change()?)
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
            .delete_agent(ctx.actor()?, AgentId::parse("input.id", &input.id)?)
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
            .change_vector_store(ctx.actor()?, input.change()?)
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
            .ingest_document(ctx.actor()?, input.input()?)
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
            .delete_document(ctx.actor()?, DocumentId::parse("input.id", &input.id)?)
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
            .suspend_agent(ctx.actor()?, AgentId::parse("input.id", &input.id)?)
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
            .activate_agent(ctx.actor()?, AgentId::parse("input.id", &input.id)?)
            .await?;
        Ok(ActivateAgentPayload {
            agent: Agent(agent),
        })
    }

    /// Sends a message; like the subscription `chat`, without streaming. Needs the role MEMBER.
    async fn send_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] input: ChatInput,
    ) -> Result<SendMessagePayload> {
        let run = ctx
            .services()?
            .send_message(ctx.actor()?, Operation::SendMessage, input.message()?)
            .await?;
        Ok(SendMessagePayload { run: Run(run) })
    }

    /// Stops a run; a run that has ended stays as it is. Needs the role MEMBER.
    async fn cancel_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which run.")] input: CancelRunInput,
    ) -> Result<CancelRunPayload> {
        let run = ctx
            .services()?
            .cancel_run(ctx.actor()?, RunId::parse("input.runId", &input.run_id)?)
            .await?;
        Ok(CancelRunPayload { run: Run(run) })
    }

    /// Lets a waiting tool call be made, or not; once, and only with the arguments that the person saw. Needs the role ADMIN.
    async fn resolve_tool_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: ResolveToolCallInput,
    ) -> Result<ResolveToolCallPayload> {
        let call = ctx
            .services()?
            .resolve_tool_call(ctx.actor()?, input.resolution()?)
            .await?;
        Ok(ResolveToolCallPayload {
            tool_call: ToolCall(call),
        })
    }

    /// Keeps what a person thinks of an answer; a second rating replaces the first. Needs the role MEMBER.
    async fn rate_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rating.")] input: RateMessageInput,
    ) -> Result<RateMessagePayload> {
        let id = MessageId::parse("input.messageId", &input.message_id)?;
        let message = ctx
            .services()?
            .rate_message(ctx.actor()?, id, input.rating())
            .await?;
        Ok(RateMessagePayload {
            message: Message(message),
        })
    }

    /// Deletes a conversation with everything said in it; an answer under way is stopped. Needs the role MEMBER.
    async fn delete_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conversation.")] input: DeleteConversationInput,
    ) -> Result<DeleteConversationPayload> {
        ctx.services()?
            .delete_conversation(ctx.actor()?, ConversationId::parse("input.id", &input.id)?)
            .await?;
        Ok(DeleteConversationPayload {
            deleted_id: input.id,
        })
    }
}
