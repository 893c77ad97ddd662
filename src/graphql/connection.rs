//! Relay cursor connections over the store's pages.

use async_graphql::{
    Context, Object, OutputType,
    connection::{Connection, Edge},
};
use super::{context::ContextExt, error::Result};
use crate::{
    domain::{AccountId, AgentFilter, ConversationFilter, ConversationId, Page, PageRequest, Position},
    error::{Error, Problem},
};

/// So many items when nothing else is asked for.
const USUAL: i32 = 20;
/// At most so many items.
const MOST: i32 = 100;

/// A connection of `T`s, as the contract has them.
pub(super) type List<T> = Connection<String, T, Total>;

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
                problems.push(Problem::new(path, format!("{number}, expected 1 to {MOST}")));
            }
        }
        if self.first.is_some() && self.last.is_some() {
            problems.push(Problem::new("last", "stands beside first, expected only one of the two"));
        }
        if !problems.is_empty() {
            return Err(Error::problems(problems).into());
        }
        let position = |path, cursor: &Option<String>| cursor.as_deref().map(|cursor| Position::parse(path, scope, cursor)).transpose();
        Ok(PageRequest {
            limit: u64::try_from(self.first.or(self.last).unwrap_or(USUAL)).unwrap_or_default(),
            after: position("after", &self.after)?,
            before: position("before", &self.before)?,
            from_end: self.last.is_some(),
        })
    }
}

/// A page as a connection; `place` tells where an item stands.
pub(super) fn connect<D, T: OutputType + From<D>>(page: Page<D>, scope: &str, total: Total, place: impl Fn(&D) -> Position) -> List<T> {
    let mut connection = Connection::with_additional_fields(page.has_previous, page.has_next, total);
    connection.edges.extend(page.items.into_iter().map(|item| {
        let cursor = place(&item).encode(scope);
        Edge::new(cursor, T::from(item))
    }));
    connection
}

/// What a connection counts, when it is asked to.
pub(super) enum Total {
    /// Every account.
    Accounts,
    /// The agents of an account.
    Agents(AccountId, AgentFilter),
    /// The conversations of the actor's account.
    Conversations(ConversationFilter),
    /// The messages of a conversation.
    Messages(ConversationId),
    /// Published template versions.
    Templates {
        /// Of this name.
        name: Option<String>,
        /// The deprecated ones too.
        include_deprecated: bool,
    },
}

/// What a connection knows about the whole list.
#[Object]
impl Total {
    /// How many items the whole list has, whatever the page.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        let services = ctx.services()?;
        let tenant = services.visible_to(ctx.actor()?);
        Ok(match self {
            Self::Accounts => services.count_accounts(ctx.actor()?).await?,
            Self::Agents(account, filter) => services.store().tenant(*account).count_agents(filter).await?,
            Self::Conversations(filter) => tenant.count_conversations(filter).await?,
            Self::Messages(conversation) => tenant.count_messages(*conversation).await?,
            Self::Templates { name, include_deprecated } => services.store().platform().count_templates(name.as_deref(), *include_deprecated).await?,
        })
    }
}
