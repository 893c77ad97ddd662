//! Relay cursor connections over pages of the store.

use std::borrow::Cow;

use async_graphql::{
    Context, Object, OutputType, TypeName,
    connection::{CursorType, Edge, EmptyFields, PageInfo},
};

use super::{context::ContextExt, error::Result};
use crate::{
    domain::{
        AccountId, AgentFilter, AgentId, ApprovalFilter, AuditFilter, ConversationFilter,
        ConversationId, Page, PageRequest, Position, RouteCorrectionFilter, RunFilter,
    },
    error::{Error, Problem},
};

/// The default number of items per page.
const USUAL: i32 = 20;
/// The maximum number of items per page.
const MOST: i32 = 100;

/// A page of `T`s as a Relay connection. The connection type of async-graphql has no description.
pub(super) struct ItemConnection<T: OutputType> {
    edges: Vec<Edge<String, T, EmptyFields>>,
    has_previous: bool,
    has_next: bool,
    total: TotalCount,
}

impl<T: OutputType> TypeName for ItemConnection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

/// One page of a list, with its cursors.
#[Object(name_type)]
impl<T: OutputType> ItemConnection<T> {
    /// The position of the page in the list.
    async fn page_info(&self) -> PageInfo {
        let cursor = |edge: Option<&Edge<String, T, EmptyFields>>| {
            edge.map(|edge| edge.cursor.encode_cursor())
        };
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: cursor(self.edges.first()),
            end_cursor: cursor(self.edges.last()),
        }
    }

    /// The items of the page, each with its cursor.
    async fn edges(&self) -> &[Edge<String, T, EmptyFields>] {
        &self.edges
    }

    /// The items of the page.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// The number of items in the whole list, independent of the page.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        self.total.count(ctx).await
    }
}

/// The four arguments of every connection.
pub(super) struct PageArgs {
    /// The number of items from the start, 1 to [`MOST`].
    pub(super) first: Option<i32>,
    /// The cursor after which the page starts.
    pub(super) after: Option<String>,
    /// The number of items from the end, 1 to [`MOST`]; an error together with `first`.
    pub(super) last: Option<i32>,
    /// The cursor before which the page ends.
    pub(super) before: Option<String>,
}

impl PageArgs {
    /// Validates the arguments. A cursor is valid only in the list named by `scope`, which issued it.
    pub(super) fn request(&self, scope: &str) -> Result<PageRequest> {
        let mut problems = Vec::new();
        for (path, number) in [("first", self.first), ("last", self.last)] {
            if let Some(number) = number.filter(|number| !(1..=MOST).contains(number)) {
                problems.push(Problem::new(
                    path,
                    format!("{number}, expected 1 to {MOST}"),
                ));
            }
        }
        if self.first.is_some() && self.last.is_some() {
            problems.push(Problem::new(
                "last",
                "stands beside first, expected only one of the two",
            ));
        }
        if !problems.is_empty() {
            return Err(Error::problems(problems).into());
        }
        let position = |path, cursor: &Option<String>| {
            cursor
                .as_deref()
                .map(|cursor| Position::parse(path, scope, cursor))
                .transpose()
        };
        Ok(PageRequest {
            limit: u64::try_from(self.first.or(self.last).unwrap_or(USUAL)).unwrap_or_default(),
            after: position("after", &self.after)?,
            before: position("before", &self.before)?,
            from_end: self.last.is_some(),
        })
    }
}

/// Converts a page to a connection; `place` returns the position of an item in the list `scope`.
pub(super) fn connect<D, T: OutputType + From<D>>(
    page: Page<D>,
    scope: &str,
    total: TotalCount,
    place: impl Fn(&D) -> Position,
) -> ItemConnection<T> {
    let edges = page.items.into_iter().map(|item| {
        let cursor = place(&item).encode(scope);
        Edge::new(cursor, T::from(item))
    });
    ItemConnection {
        edges: edges.collect(),
        has_previous: page.has_previous,
        has_next: page.has_next,
        total,
    }
}

/// The query behind `totalCount`, which runs only when the field is selected.
pub(super) enum TotalCount {
    /// All accounts.
    Accounts,
    /// The API keys of an account.
    ApiKeys(AccountId),
    /// The entries in the audit log of the actor's account.
    AuditEntries(AuditFilter),
    /// The servers that the actor can see.
    McpServers,
    /// The agents of an account.
    Agents(AccountId, AgentFilter),
    /// The conversations of the actor's account.
    Conversations(ConversationFilter),
    /// The runs of a conversation.
    ConversationRuns(ConversationId),
    /// The end users of the actor's account; with a text those whose identifier or name contains it.
    EndUsers(Option<String>),
    /// The documents of an agent.
    Documents(AccountId, AgentId),
    /// The messages of a conversation.
    Messages(ConversationId),
    /// The tool calls of the actor's account that wait for approval.
    PendingApprovals(ApprovalFilter),
    /// The runs of an account; without one those of the actor's account, or of all accounts.
    Runs(Option<AccountId>, RunFilter),
    /// The corrections of the router in the actor's account.
    RouteCorrections(RouteCorrectionFilter),
    /// The registered operations of the actor's account.
    RegisteredOperations,
    /// Published template versions.
    Templates {
        /// Only versions of the template with this name.
        name: Option<String>,
        /// Whether to count deprecated versions.
        include_deprecated: bool,
    },
}

impl TotalCount {
    async fn count(&self, ctx: &Context<'_>) -> Result<u64> {
        let services = ctx.services()?;
        let actor = ctx.actor()?;
        Ok(match self {
            Self::Accounts => services.accounts.count(actor).await?,
            Self::ApiKeys(account) => services.api_keys.count(actor, *account).await?,
            Self::Agents(account, filter) => {
                let actor = actor.acting_in(*account)?;
                services.agents.count(&actor, filter).await?
            }
            Self::AuditEntries(filter) => services.audit.count(actor, filter).await?,
            Self::McpServers => services.mcp_servers.count(actor).await?,
            Self::Conversations(filter) => services.conversations.count(actor, filter).await?,
            Self::ConversationRuns(id) => services.conversations.count_runs(actor, *id).await?,
            Self::EndUsers(search) => {
                let sessions = &services.sessions;
                sessions.count_end_users(actor, search.as_deref()).await?
            }
            Self::Documents(account, agent) => {
                services.documents.count(actor, *account, *agent).await?
            }
            Self::Messages(conversation) => {
                let conversations = &services.conversations;
                conversations.count_messages(actor, *conversation).await?
            }
            Self::PendingApprovals(filter) => {
                services.tool_calls.count_pending(actor, *filter).await?
            }
            Self::RegisteredOperations => services.registered_operations.count(actor).await?,
            Self::RouteCorrections(filter) => {
                services.route_corrections.count(actor, filter).await?
            }
            Self::Runs(account, filter) => services.runs.count(actor, *account, filter).await?,
            Self::Templates {
                name,
                include_deprecated,
            } => {
                let templates = &services.templates;
                let name = name.as_deref();
                templates.count(actor, name, *include_deprecated).await?
            }
        })
    }
}
