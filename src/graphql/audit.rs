//! The audit log in the API.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    connection::{List, PageArgs, Total, connect},
    context::ContextExt,
    error::Result,
};
use crate::{
    domain::{self, AgentId, ConversationId, NodeId, Position},
    error::Error,
};

/// Something that was done in the account. Entries are a chain: each bears the hash of the one before it, so that none can be
/// changed, left out or moved unnoticed.
pub(super) struct AuditEntry(pub(super) domain::AuditEntry);

impl From<domain::AuditEntry> for AuditEntry {
    fn from(entry: domain::AuditEntry) -> Self {
        Self(entry)
    }
}

/// Something that was done in the account. Entries are a chain: each bears the hash of the one before it, so that none can be
/// changed, left out or moved unnoticed.
#[Object]
impl AuditEntry {
    /// Its id, `audit_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.note.id.to_string().into()
    }

    /// Its place in the account's log, from 1, without gaps.
    async fn sequence(&self) -> i64 {
        self.0.sequence
    }

    /// When it was done.
    async fn at(&self) -> DateTime<Utc> {
        self.0.note.at
    }

    /// Who did it: the id of an API key, or of an agent; `operator` at the command line of the server.
    async fn actor(&self) -> &str {
        &self.0.note.actor
    }

    /// What was done: the name of the mutation, or `toolCall`.
    async fn action(&self) -> &str {
        &self.0.note.action
    }

    /// The id of what it was done to.
    async fn subject(&self) -> Option<ID> {
        self.0.note.subject.clone().map(ID::from)
    }

    /// The id of the agent it is about; the agent may be gone.
    async fn agent_id(&self) -> Option<ID> {
        self.0.note.agent.map(|id| id.to_string().into())
    }

    /// The id of the conversation it happened in; the conversation may be gone.
    async fn conversation_id(&self) -> Option<ID> {
        self.0.note.conversation.map(|id| id.to_string().into())
    }

    /// The rest, an object; never a secret or what somebody said.
    async fn detail(&self) -> &Value {
        &self.0.note.detail
    }

    /// The hash of the entry and the hash before it, in hexadecimal: HMAC-SHA256 under a key of the installation, or SHA-256
    /// where it has none.
    async fn hash(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0.hash)
    }

    /// The hash of the entry before it, in hexadecimal; zeros for the first.
    async fn previous_hash(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0.previous_hash)
    }
}

/// The log of the actor's account as a connection.
pub(super) async fn audit_list(
    ctx: &Context<'_>,
    filter: Option<AuditFilter>,
    args: PageArgs,
) -> Result<List<AuditEntry>> {
    let filter = filter.unwrap_or_default().filter()?;
    let scope = format!("auditLog/{}", ctx.actor()?.account());
    let page = ctx
        .services()?
        .audit
        .list(ctx.actor()?, &filter, &args.request(&scope)?)
        .await?;
    Ok(connect(
        page,
        &scope,
        Total::AuditEntries(filter),
        |entry| Position {
            sort: Some(entry.sequence.to_string()),
            id: entry.note.id.uuid(),
        },
    ))
}

/// Which entries; everything that is set must hold.
#[derive(InputObject, Default)]
pub(super) struct AuditFilter {
    /// Who did it: the id of an API key, or of an agent.
    actor: Option<String>,
    /// What was done: the name of a mutation, or `toolCall`.
    action: Option<String>,
    /// The id of what it was done to.
    subject: Option<ID>,
    /// The agent it is about.
    agent_id: Option<ID>,
    /// The conversation it happened in.
    conversation_id: Option<ID>,
    /// Not before.
    from: Option<DateTime<Utc>>,
    /// Before.
    to: Option<DateTime<Utc>>,
}

impl AuditFilter {
    fn filter(self) -> Result<domain::AuditFilter> {
        let subject = self.subject.map(|id| subject("filter.subject", id));
        let agent = self
            .agent_id
            .map(|id| AgentId::parse("filter.agentId", &id));
        let conversation = self
            .conversation_id
            .map(|id| ConversationId::parse("filter.conversationId", &id));
        Ok(domain::AuditFilter {
            actor: self.actor,
            action: self.action,
            subject: subject.transpose()?,
            agent: agent.transpose()?,
            conversation: conversation.transpose()?,
            from: self.from,
            to: self.to,
        })
    }
}

/// An id of any kind; whatever it named may be gone.
fn subject(field: &str, id: ID) -> crate::error::Result<String> {
    let known = NodeId::parse(field, &id)?;
    if known.noun().is_none() {
        let message = format!("\"{}_…\" ids name nothing here", known.prefix);
        return Err(Error::bad_input(field, message));
    }
    Ok(id.0)
}
