//! The fields that end users, and callers without credentials, may read. A field that is not listed is refused before the
//! operation runs, so that a new one is hidden until it is listed.

use crate::domain::Operation;

#[rustfmt::skip] // one type a line
/// The fields of each type that end users may read. The fields of the three root types are those of the operations for
/// end users.
pub const END_USER_FIELDS: &[(&str, &[&str])] = &[
    ("Agent", &["id", "slug", "name", "description", "status", "capabilities", "availability", "deletedAt"]),
    ("AgentConnection", &["pageInfo", "edges", "nodes", "totalCount"]),
    ("AgentEdge", &["node", "cursor"]),
    // not the explanation and the candidates, which name the account's other agents
    ("AgentSelected", &["runId", "run", "cursor", "sequence", "at", "route"]),
    // not the texts of the reasons, which name providers and servers
    ("Availability", &["state", "reasons", "checkedAt"]),
    ("AvailabilityReason", &["code"]),
    ("CancelRunPayload", &["run"]),
    ("Capabilities", &["skills", "latencyClass", "streaming"]),
    ("Citation", &["passage", "number", "start", "end", "utf16Start", "utf16End"]),
    // not the context, in which the account's server and workflows keep what they know about the person
    (
        "Conversation",
        &[
            "id", "title", "endUser", "agent", "metadata", "archivedAt", "lastMessage", "activeRun", "messageCount", "unread",
            "runs", "messages", "createdAt", "updatedAt",
        ],
    ),
    ("ConversationChange", &["kind", "conversation", "conversationId"]),
    ("ConversationConnection", &["pageInfo", "edges", "nodes", "totalCount"]),
    ("ConversationEdge", &["node", "cursor"]),
    ("DeleteConversationPayload", &["deletedId"]),
    ("Document", &["id", "title"]),
    (
        "EndUser",
        &["id", "externalId", "displayName", "anonymous", "conversations", "createdAt", "lastSeenAt", "trainingConsentAt"],
    ),
    ("HandedOff", &["runId", "run", "cursor", "sequence", "at", "handoff"]),
    // not what was carried and why, which is about the account's agents
    ("Handoff", &["id", "from", "to", "createdAt"]),
    // not the passages: those that the model was given are the message's sources
    ("KnowledgeRetrieved", &["runId", "run", "cursor", "sequence", "at"]),
    (
        "Message",
        &[
            "id", "conversation", "role", "text", "parts", "finishReason", "agent", "run", "sources", "citations", "alternatives", "rating",
            "demoQuality", "private", "clientMessageId", "createdAt",
        ],
    ),
    ("MessageAdded", &["runId", "run", "cursor", "sequence", "at", "message"]),
    ("MessageConnection", &["pageInfo", "edges", "nodes", "totalCount"]),
    ("MessageEdge", &["node", "cursor"]),
    ("Node", &["id"]),
    ("PageInfo", &["hasPreviousPage", "hasNextPage", "startCursor", "endCursor"]),
    ("Passage", &["id", "text", "headings", "score", "document", "position"]),
    ("BudgetStatus", &["scope", "tokens", "tokensLeft", "costUsd", "costUsdLeft", "enforcement"]),
    ("RateLimitStatus", &["messages", "budgets"]),
    ("RateLimitWindow", &["limit", "remaining", "resetsAt"]),
    ("RateMessagePayload", &["message"]),
    ("Rating", &["value", "comment"]),
    ("ReasoningDelta", &["runId", "run", "cursor", "sequence", "at", "text"]),
    ("ReasoningPart", &["text"]),
    ("RenewSessionPayload", &["session"]),
    ("ResolveToolCallPayload", &["toolCall"]),
    ("RouteDecision", &["agent", "reason"]),
    // not the route, nor the usage, which tells prices
    (
        "Run",
        &[
            "id", "status", "conversation", "agent", "attempt", "toolCalls", "userMessage", "message", "finishReason", "error",
            "createdAt", "startedAt", "finishedAt",
        ],
    ),
    ("RunCancelled", &["runId", "run", "cursor", "sequence", "at", "message"]),
    ("RunConnection", &["pageInfo", "edges", "nodes", "totalCount"]),
    ("RunEdge", &["node", "cursor"]),
    ("RunError", &["code", "message"]),
    ("RunEvent", &["runId", "run", "cursor", "sequence", "at"]),
    ("RunFailed", &["runId", "run", "cursor", "sequence", "at", "error", "message"]),
    ("RunProgress", &["runId", "run", "cursor", "sequence", "at", "stage"]),
    ("RunStarted", &["runId", "run", "cursor", "sequence", "at", "attempt"]),
    ("RunSucceeded", &["runId", "run", "cursor", "sequence", "at", "message", "finishReason"]),
    ("SelectAlternativePayload", &["conversation"]),
    ("SendMessagePayload", &["run"]),
    ("Session", &["id", "endUser", "agents", "limits", "createdAt", "expiresAt"]),
    ("SessionLimits", &["messagesPerMinute", "tokens"]),
    ("Skill", &["id", "name", "description", "examples"]),
    ("SourcePart", &["passage", "number", "offset", "utf16Offset"]),
    ("TextPart", &["text", "offset", "utf16Offset"]),
    ("TokenDelta", &["runId", "run", "cursor", "sequence", "at", "text", "offset", "utf16Offset"]),
    // the arguments only of calls that the end user approves
    ("ToolApproval", &["approver", "arguments", "argumentsDigest", "expiresAt"]),
    ("ToolArgument", &["name", "text"]),
    // not the arguments and the result, which are between the agent and the server
    ("ToolCall", &["id", "run", "tool", "status", "approval", "durationMs", "requestedAt"]),
    ("ToolCallConnection", &["pageInfo", "edges", "nodes", "totalCount"]),
    ("ToolCallEdge", &["node", "cursor"]),
    ("ToolCallPart", &["toolCall", "offset", "utf16Offset"]),
    ("ToolCallUpdated", &["runId", "run", "cursor", "sequence", "at", "toolCall"]),
    ("UpdateConversationPayload", &["conversation"]),
    ("Viewer", &["role", "session", "endUser"]),
];

/// The fields of the root types that end users may read.
pub(crate) fn end_user_operations() -> impl Iterator<Item = &'static str> {
    let operations = Operation::ALL.iter().copied();
    let operations = operations.filter(|operation| operation.is_for_end_users());
    // an end user may ask for itself
    operations.chain([Operation::EndUser]).map(Operation::name)
}

#[rustfmt::skip] // one type a line
/// The fields of each type that callers without credentials may read. The fields of the three root types are those of the
/// operations for them.
pub(crate) const ANONYMOUS_FIELDS: &[(&str, &[&str])] = &[
    ("EndUser", &["id", "externalId", "anonymous", "createdAt"]),
    ("Session", &["id", "limits", "createdAt", "expiresAt"]),
    ("SessionLimits", &["messagesPerMinute", "tokens"]),
    ("StartPublicSessionPayload", &["session", "token", "endUser"]),
];

/// The fields of the root types that callers without credentials may read.
pub(crate) fn anonymous_operations() -> impl Iterator<Item = &'static str> {
    let operations = Operation::ALL.iter().copied();
    let operations = operations.filter(|operation| operation.is_for_anonymous());
    operations.map(Operation::name)
}
