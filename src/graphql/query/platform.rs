//! Who is asking, anything by its id, accounts and templates.

use async_graphql::{Context, ID, Object};

use crate::{
    domain::{AccountId, Operation, Position},
    error::Error,
    graphql::{
        account::Account,
        connection::{List, PageArgs, Total, connect},
        context::ContextExt,
        error::Result,
        node::{Node, Viewer, authorize, find_node},
        template::{AgentTemplate, template_list},
    },
};

/// At most this many ids in one `nodes`.
const MOST_IDS: usize = 100;

/// What can be asked of the platform.
#[derive(Default)]
pub(super) struct PlatformQueries;

#[Object]
impl PlatformQueries {
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
                .accounts
                .get(ctx.actor()?, id)
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
        let page = ctx
            .services()?
            .accounts
            .list(ctx.actor()?, &request)
            .await?;
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
                .templates
                .get(ctx.actor()?, &name, version.as_deref())
                .await?
                .map(AgentTemplate))
        };
        found.await.transpose()
    }
}
