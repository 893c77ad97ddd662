//! Mutations of accounts, API keys and templates.

use async_graphql::{Context, Object};

use crate::{
    domain::{AccountId, KeyId, TemplateId},
    graphql::{
        account::{
            Account, CreateAccountInput, CreateAccountPayload, UpdateAccountInput,
            UpdateAccountPayload,
        },
        account_deletion::{DeleteAccountInput, DeleteAccountPayload},
        api_key::{
            ApiKey, CreateApiKeyInput, CreateApiKeyPayload, RevokeApiKeyInput, RevokeApiKeyPayload,
        },
        context::ContextExt,
        error::Result,
        suspension::{
            ResumeAccountInput, ResumeAccountPayload, SuspendAccountInput, SuspendAccountPayload,
        },
        template::{
            AgentTemplate, DeprecateAgentTemplateInput, DeprecateAgentTemplatePayload,
            PublishAgentTemplateInput, PublishAgentTemplatePayload,
        },
    },
};

/// The mutations of accounts, API keys and templates.
#[derive(Default)]
pub(super) struct AccountMutations;

#[Object]
impl AccountMutations {
    /// Creates an account with an owner key. Operators only.
    async fn create_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new account.")] input: CreateAccountInput,
    ) -> Result<CreateAccountPayload> {
        let (account, minted) = ctx
            .services()?
            .accounts
            .create(ctx.actor()?, input.into())
            .await?;
        Ok(CreateAccountPayload {
            account: Account(account),
            owner_key: minted.secret.reveal().to_owned(),
        })
    }

    /// Changes an account: the caller's own, or any account for an operator. Requires the role OWNER.
    async fn update_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] mut input: UpdateAccountInput,
    ) -> Result<UpdateAccountPayload> {
        let id = input
            .id
            .take()
            .map(|id| AccountId::parse("input.id", &id))
            .transpose()?;
        let account = ctx
            .services()?
            .accounts
            .update(ctx.actor()?, id, input.into())
            .await?;
        Ok(UpdateAccountPayload {
            account: Account(account),
        })
    }

    /// Suspends an account: only operators can use it, its sockets and streams end, and its runs are cancelled, in every
    /// process. Its data stays. Operators only.
    async fn suspend_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: SuspendAccountInput,
    ) -> Result<SuspendAccountPayload> {
        let id = AccountId::parse("input.id", &input.id)?;
        let suspensions = &ctx.services()?.suspensions;
        let account = suspensions.suspend(ctx.actor()?, id, input.reason).await?;
        Ok(SuspendAccountPayload {
            account: Account(account),
        })
    }

    /// Lets a suspended account be used again. Operators only.
    async fn resume_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: ResumeAccountInput,
    ) -> Result<ResumeAccountPayload> {
        let id = AccountId::parse("input.id", &input.id)?;
        let suspensions = &ctx.services()?.suspensions;
        let account = suspensions.resume(ctx.actor()?, id).await?;
        Ok(ResumeAccountPayload {
            account: Account(account),
        })
    }

    /// Suspends an account for good and removes everything that belongs to it, in the background. Repeating it returns the
    /// same deletion. Operators only.
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account.")] input: DeleteAccountInput,
    ) -> Result<DeleteAccountPayload> {
        let id = AccountId::parse("input.id", &input.id)?;
        let deletions = &ctx.services()?.account_deletions;
        let deletion = deletions.delete(ctx.actor()?, id, &input.name).await?;
        Ok(DeleteAccountPayload {
            deleted_id: input.id,
            deletion: deletion.into(),
        })
    }

    /// Creates an API key; the secret is returned only here. Requires the role OWNER.
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new key.")] input: CreateApiKeyInput,
    ) -> Result<CreateApiKeyPayload> {
        let minted = ctx
            .services()?
            .api_keys
            .create(ctx.actor()?, input.key()?)
            .await?;
        Ok(CreateApiKeyPayload {
            secret: minted.secret.reveal().to_owned(),
            api_key: ApiKey(minted.key),
        })
    }

    /// Revokes an API key at once and closes its connections. Requires the role OWNER.
    async fn revoke_api_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key to revoke.")] input: RevokeApiKeyInput,
    ) -> Result<RevokeApiKeyPayload> {
        let key = ctx
            .services()?
            .api_keys
            .revoke(ctx.actor()?, KeyId::parse("input.id", &input.id)?)
            .await?;
        Ok(RevokeApiKeyPayload {
            api_key: ApiKey(key),
        })
    }

    /// Publishes a template version. A published version is immutable. Operators only.
    async fn publish_agent_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The template version.")] input: PublishAgentTemplateInput,
    ) -> Result<PublishAgentTemplatePayload> {
        let template = ctx
            .services()?
            .templates
            .publish(ctx.actor()?, input.spec()?)
            .await?;
        Ok(PublishAgentTemplatePayload {
            template: AgentTemplate(template),
        })
    }

    /// Deprecates a template version: new agents cannot use it; its existing agents are unchanged. Operators only.
    async fn deprecate_agent_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The template version to deprecate.")] input: DeprecateAgentTemplateInput,
    ) -> Result<DeprecateAgentTemplatePayload> {
        let template = ctx
            .services()?
            .templates
            .deprecate(ctx.actor()?, TemplateId::parse("input.id", &input.id)?)
            .await?;
        Ok(DeprecateAgentTemplatePayload {
            template: AgentTemplate(template),
        })
    }
}
