//! Relay cursor connections over the store's pages.

use std::borrow::Cow;

use async_graphql::{
    Context, Object, OutputType, TypeName,
    connection::{CursorType, Edge, EmptyFields, PageInfo},
};

use super::{context::ContextExt, error::Result};
use crate::{
    domain::{
        AccountId, AgentFilter, AgentId, AuditFilter, ConversationFilter, ConversationId, Page,
        PageRequest, Position,
    },
    error::{Error, Problem},
};

/// So many items when nothing else is asked for.
const USUAL: i32 = 20;
/// At most so many items.
const MOST: i32 = 100;

/// A page of `T`s as a Relay connection. The framework's own has no description.
pub(super) struct List<T: OutputType> {
    edges: Vec<Edge<String, T, EmptyFields>>,
    has_previous: bool,
    has_next: bool,
    total: Total,
}

impl<T: OutputType> TypeName for List<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

/// A page of a list, with the cursors that lead on from it.
#[Object(name_type)]
impl<T: OutputType> List<T> {
    /// Where the page lies in the list.
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

    /// How many items the whole list has, whatever the page.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        self.total.count(ctx).await
    }
}

/// The four arguments of every connection.
pub(super) struct PageArgs {
    /// So many from the start.
    pub(super) first: Option<i32>,
    /// Only what comes after it.
    pub(super) after: Option<String>,
    /// So many from the end.
    pub(super) last: Option<i32>,
    /// Only what comes before it.
    pub(super) before: Option<String>,
}

impl PageArgs {
    /// The page that is asked for of the list that `scope` names.
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

/// A page as a connection; `place` tells where an item stands.
pub(super) fn connect<D, T: OutputType + From<D>>(
    page: Page<D>,
    scope: &str,
    total: Total,
    place: impl Fn(&D) -> Position,
) -> List<T> {
    let edges = page.items.into_iter().map(|item| {
        let cursor = place(&item).encode(scope);
        Edge::new(cursor, T::from(item))
    });
    List {
        edges: edges.collect(),
        has_previous: page.has_previous,
        has_next: page.has_next,
        total,
    }
}

/// What a connection counts, when it is asked to.
pub(super) enum Total {
    /// Every account.
    Accounts,
    /// The entries of the actor's account's audit log.
    AuditEntries(AuditFilter),
    /// The servers that the actor sees.
    McpServers,
    /// The agents of an account.
    Agents(AccountId, AgentFilter),
    /// The conversations of the actor's account.
    Conversations(ConversationFilter),
    /// The documents of an agent.
    Documents(AccountId, AgentId),
    /// The messages of a conversation.
    Messages(ConversationId),
    /// The tool calls of the actor's account that wait for a person.
    PendingApprovals,
    /// Published template versions.
    Templates {
        /// Of this name.
        name: Option<String>,
        /// The deprecated ones too.
        include_deprecated: bool,
    },
}

impl Total {
    async fn count(&self, ctx: &Context<'_>) -> Result<u64> {
        let services = ctx.services()?;
        let actor = ctx.actor()?;
        Ok(match self {
            Self::Accounts => services.accounts.count(actor).await?,
            Self::Agents(account, filter) => {
                let actor = actor.acting_in(*account)?;
                services.agents.count(&actor, filter).await?
            }
            Self::AuditEntries(filter) => services.audit.count(actor, filter).await?,
            Self::McpServers => services.mcp_servers.count(actor).await?,
            Self::Conversations(filter) => services.conversations.count(actor, filter).await?,
            Self::Documents(account, agent) => {
                services.documents.count(actor, *account, *agent).await?
            }
            Self::Messages(conversation) => {
                let conversations = &services.conversations;
                conversations.count_messages(actor, *conversation).await?
            }
            Self::PendingApprovals => services.tool_calls.count_pending(actor).await?,
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
