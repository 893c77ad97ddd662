//! The keys of related objects that are not loaded by their ids alone.

use chrono::{DateTime, Utc};

use crate::domain::{AccountId, AgentId, ConversationId, DateRange, McpServerId, MessageId, RunId};

/// The key of an agent in an explicit account, because an operator can see accounts that it does not act in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct AccountAgentKey(
    pub(in crate::graphql) AccountId,
    pub(in crate::graphql) AgentId,
);

/// The key of an agent's tool grants, ordered by server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct ToolGrantsKey(
    pub(in crate::graphql) AccountId,
    pub(in crate::graphql) AgentId,
);

/// The key of the collections of an agent's vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct VectorConfigsKey(
    pub(in crate::graphql) AccountId,
    pub(in crate::graphql) AgentId,
);

/// The key of the sentence that reports a spent budget of an account in the month that begins then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct SpentBudgetKey(
    pub(in crate::graphql) AccountId,
    pub(in crate::graphql) DateTime<Utc>,
);

/// The key of an agent's persona.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct PersonaKey(
    pub(in crate::graphql) AccountId,
    pub(in crate::graphql) AgentId,
);

/// The key of the sums over an agent's runs in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct AnalyticsKey {
    /// The agent's account.
    pub(in crate::graphql) account: AccountId,
    /// The agent.
    pub(in crate::graphql) agent: AgentId,
    /// The period.
    pub(in crate::graphql) range: DateRange,
}

/// The key of an agent's public access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct PublicAccessKey(
    pub(in crate::graphql) AccountId,
    pub(in crate::graphql) AgentId,
);

/// The key of an MCP server that is open to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct AccountServerKey(
    pub(in crate::graphql) AccountId,
    pub(in crate::graphql) McpServerId,
);

/// The key of a message's sources, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct SourcesKey(pub(in crate::graphql) MessageId);

/// The key of a conversation's handoffs, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct ConversationHandoffsKey(pub(in crate::graphql) ConversationId);

/// The key of a conversation's active run, or of the queued one that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct ActiveRunKey(pub(in crate::graphql) ConversationId);

/// The key of the other versions of a message, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct AlternativesKey {
    /// The message.
    pub(in crate::graphql) message: MessageId,
    /// The run that the message started or that produced it.
    pub(in crate::graphql) run: RunId,
}

/// The key of the states that the workflows of a conversation's agents keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct WorkflowStatesKey(pub(in crate::graphql) ConversationId);

/// The key of a run's tool calls, in the order in which the model requested them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct RunToolCallsKey(pub(in crate::graphql) RunId);

/// The key of all published versions of the template with this name, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::graphql) struct TemplateVersionsKey(pub(in crate::graphql) String);
