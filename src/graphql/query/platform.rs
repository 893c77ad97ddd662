//! Queries of the caller, nodes, accounts and templates.

use async_graphql::{Context, ID, Object};

use crate::{
    domain::{AccountId, Operation, Position},
    error::Error,
    graphql::{
        account::Account,
        account_deletion::AccountDeletion,
        connection::{ItemConnection, PageArgs, TotalCount, connect},
        context::ContextExt,
        error::Result,
        node::{Node, Viewer, authorize, find_node},
        template::{AgentTemplate, template_list},
    },
};

/// The maximum number of ids in one `nodes` query.
const MOST_IDS: usize = 100;

/// The queries of the caller, nodes, accounts and templates.
#[derive(Default)]
pub(super) struct PlatformQueries;

#[Object]
impl PlatformQueries {
    /// The caller.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        Viewer::of(ctx).await
    }

    /// The object with this id; null if the caller cannot see such an object.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id.")] id: ID,
    ) -> Option<Result<Node>> {
        find_node(ctx, "id", &id).await.transpose()
    }

    /// The objects with these ids, in the same order; null for each id that the caller cannot see.
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

    /// An account. Default: the caller's own; operators can name any account.
    async fn account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the account.")] id: Option<ID>,
    ) -> Option<Result<Account>> {
        let found = async {
            let id = id.map(|id| AccountId::parse("id", &id)).transpose()?;
            Ok(ctx
                .services()?
                .accounts
                .get(ctx.actor()?, id)
                .await?
                .map(Account))
        };
        found.await.transpose()
    }

    /// The deletion of an account, also after the account is gone; null when it was never requested. Operators only.
    async fn account_deletion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the account.")] account_id: ID,
    ) -> Option<Result<AccountDeletion>> {
        let found = async {
            let id = AccountId::parse("accountId", &account_id)?;
            let deletions = &ctx.services()?.account_deletions;
            let found = deletions.find(ctx.actor()?, id).await?;
            Ok(found.map(AccountDeletion::from))
        };
        found.await.transpose()
    }

    /// All accounts, oldest first. Operators only.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<Account>> {
        let request = PageArgs {
            first,
            after,
            last,
            before,
        }
        .request("accounts")?;
        let page = ctx
            .services()?
            .accounts
            .list(ctx.actor()?, &request)
            .await?;
        Ok(connect(page, "accounts", TotalCount::Accounts, |account| {
            Position::of(account.id)
        }))
    }

    /// The published template versions, in order of publication.
    #[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
    async fn agent_templates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only versions of this agent type.")] name: Option<String>,
        #[graphql(
            desc = "Whether to include deprecated versions.",
            default_with = "Some(false)"
        )]
        include_deprecated: Option<bool>,
        #[graphql(desc = "The number of items from the start, 1 to 100. Default: 20.")]
        first: Option<i32>,
        #[graphql(desc = "Returns only the items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The number of items from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Returns only the items before this cursor.")] before: Option<String>,
    ) -> Result<ItemConnection<AgentTemplate>> {
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

    /// A template version. Default: the newest version that is not deprecated.
    async fn agent_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The agent type, for example `sales_agent`.")] name: String,
        #[graphql(desc = "The version, for example `1.0.0`.")] version: Option<String>,
    ) -> Option<Result<AgentTemplate>> {
        let found = async {
            Ok(ctx
                .services()?
                .templates
                .get(ctx.actor()?, &name, version.as_deref())
                .await?
                .map(AgentTemplate))
        };
        found.await.transpose()
    }
}
