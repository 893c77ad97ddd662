//! The audit log in the API.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    connection::{ItemConnection, PageArgs, TotalCount, connect},
    context::ContextExt,
    error::Result,
};
use crate::{
    domain::{self, AgentId, ConversationId, NodeId, Position},
    error::Error,
};

/// An audited action in the account. Entries form a hash chain: each entry contains the hash of the previous one,
/// so that changed, removed or moved entries are detected.
pub(super) struct AuditEntry(pub(super) domain::AuditEntry);

impl From<domain::AuditEntry> for AuditEntry {
    fn from(entry: domain::AuditEntry) -> Self {
        Self(entry)
    }
}

/// An audited action in the account. Entries form a hash chain: each entry contains the hash of the previous one,
/// so that changed, removed or moved entries are detected.
#[Object]
impl AuditEntry {
    /// The id of the entry, `audit_…`.
    pub(super) async fn id(&self) -> ID {
        self.0.note.id.to_string().into()
    }

    /// The position of the entry in the account's log, from 1, without gaps.
    async fn sequence(&self) -> i64 {
        self.0.sequence
    }

    /// The time of the action.
    async fn at(&self) -> DateTime<Utc> {
        self.0.note.at
    }

    /// The actor: the id of an API key or of an agent, or `operator` for the server's command line.
    async fn actor(&self) -> &str {
        &self.0.note.actor
    }

    /// The action: the name of the mutation, or `toolCall`.
    async fn action(&self) -> &str {
        &self.0.note.action
    }

    /// The id of the object that the action changed.
    async fn subject(&self) -> Option<ID> {
        self.0.note.subject.clone().map(ID::from)
    }

    /// The id of the related agent, which may be deleted.
    async fn agent_id(&self) -> Option<ID> {
        self.0.note.agent.map(|id| id.to_string().into())
    }

    /// The id of the related conversation, which may be deleted.
    async fn conversation_id(&self) -> Option<ID> {
        self.0.note.conversation.map(|id| id.to_string().into())
    }

    /// Further details, a JSON object; never contains secrets or message texts.
    async fn detail(&self) -> &Value {
        &self.0.note.detail
    }

    /// The hash of this entry and the previous hash, in hexadecimal: HMAC-SHA256 with a key of the installation, or
    /// SHA-256 when the installation has no key.
    async fn hash(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0.hash)
    }

    /// The hash of the previous entry, in hexadecimal; zeros for the first entry.
    async fn previous_hash(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0.previous_hash)
    }
}

/// The audit log of the actor's account as a connection.
pub(super) async fn audit_list(
    ctx: &Context<'_>,
    filter: Option<AuditFilter>,
    args: PageArgs,
) -> Result<ItemConnection<AuditEntry>> {
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
        TotalCount::AuditEntries(filter),
        |entry| Position {
            sort: Some(entry.sequence.to_string()),
            id: entry.note.id.uuid(),
        },
    ))
}

/// A filter for audit entries; every condition that is set must match.
#[derive(InputObject, Default)]
pub(super) struct AuditFilter {
    /// The actor: the id of an API key or of an agent.
    actor: Option<String>,
    /// The action: the name of a mutation, or `toolCall`.
    action: Option<String>,
    /// The id of the object that the action changed.
    subject: Option<ID>,
    /// The related agent.
    agent_id: Option<ID>,
    /// The related conversation.
    conversation_id: Option<ID>,
    /// The earliest time, inclusive.
    from: Option<DateTime<Utc>>,
    /// The latest time, exclusive.
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

/// Validates an id of any known kind. The object itself may be deleted.
fn subject(field: &str, id: ID) -> crate::error::Result<String> {
    let known = NodeId::parse(field, &id)?;
    if known.noun().is_none() {
        let message = format!("\"{}_…\" ids name nothing here", known.prefix);
        return Err(Error::bad_input(field, message));
    }
    Ok(id.0)
}
