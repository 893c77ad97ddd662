//! Lists of runs in the API: their filter.

use async_graphql::{Context, ID, InputObject, MaybeUndefined};
use chrono::{DateTime, Utc};

use super::{
    connection::{ItemConnection, PageArgs, TotalCount, connect},
    context::ContextExt,
    error::Result,
    error_code::ErrorCode,
    run::{Run, RunStatus},
};
use crate::{
    domain::{self, AccountId, AgentId, ConversationId, Position},
    error::Error,
};

/// A filter for runs; every condition that is set must match.
#[derive(InputObject)]
pub(super) struct RunFilter {
    /// The account. Default: the caller's own; for an operator that acts in no account, all accounts.
    account_id: Option<ID>,
    /// Only runs with one of these statuses.
    status: Option<Vec<RunStatus>>,
    /// The agent of the run.
    agent_id: Option<ID>,
    /// The caller's own identifier for the end user of the conversation; not null.
    end_user: MaybeUndefined<String>,
    /// The conversation of the run.
    conversation_id: Option<ID>,
    /// The code of the error with which the run failed.
    error_code: Option<ErrorCode>,
    /// The run was requested at this time or later.
    from: Option<DateTime<Utc>>,
    /// The run was requested before this time.
    to: Option<DateTime<Utc>>,
}

impl RunFilter {
    /// The filter in the domain's terms, without the account.
    fn filter(self) -> Result<domain::RunFilter> {
        let agent = self.agent_id;
        let agent = agent.map(|id| AgentId::parse("filter.agentId", &id));
        let conversation = self.conversation_id;
        let conversation =
            conversation.map(|id| ConversationId::parse("filter.conversationId", &id));
        let end_user = match self.end_user {
            MaybeUndefined::Undefined => None,
            // a client that lost the name of its person must not get the runs of all
            MaybeUndefined::Null => {
                return Err(Error::bad_input(
                    "filter.endUser",
                    "is null, expected an identifier; leave it out for the runs of every end user",
                )
                .into());
            }
            MaybeUndefined::Value(end_user) => Some(end_user),
        };
        let statuses = self.status;
        Ok(domain::RunFilter {
            statuses: statuses.map(|statuses| statuses.into_iter().map(Into::into).collect()),
            agent: agent.transpose()?,
            end_user,
            conversation: conversation.transpose()?,
            error_code: self.error_code.map(Into::into),
            from: self.from,
            to: self.to,
        })
    }
}

/// Runs as a connection, newest first.
pub(super) async fn run_list(
    ctx: &Context<'_>,
    filter: Option<RunFilter>,
    args: PageArgs,
) -> Result<ItemConnection<Run>> {
    let account = filter
        .as_ref()
        .and_then(|filter| filter.account_id.as_ref());
    let account = account.map(|id| AccountId::parse("filter.accountId", id));
    let account = account.transpose()?;
    let filter = filter.map(RunFilter::filter).transpose()?;
    let filter = filter.unwrap_or_default();
    let actor = ctx.actor()?;
    let scope = format!("runs/{}", account.unwrap_or_else(|| actor.account()));
    let runs = &ctx.services()?.runs;
    let page = runs
        .list(actor, account, &filter, &args.request(&scope)?)
        .await?;
    let total = TotalCount::Runs(account, filter);
    Ok(connect(page, &scope, total, |run| Position::of(run.id)))
}
