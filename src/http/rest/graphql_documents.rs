//! The GraphQL documents that REST endpoints execute. Each is complete with its fragments, so that its text is what an
//! account registers for its end users, and what is measured and validated like any client's.
//!
//! A named fragment becomes a schema of the same name in the OpenAPI description.

/// The selection of an agent for the holders of keys. It has no field that another system could make fail, because a created
/// agent whose response fails would look as if it was not created.
macro_rules! agent {
    () => {
        "fragment Agent on Agent {
  id slug name description status tier
  template { id name version }
  upgrade { id version }
  capabilities {
    skills { id name description examples }
    models latencyClass streaming
    knowledge { documentCount passageCount updatedAt }
    tools { name description policy available unavailableReason }
    handoffTargets { id slug name }
  }
  availability { state reasons { code text } checkedAt }
  configuration
  fallback { id slug name }
  createdAt updatedAt deletedAt
}
"
    };
}

/// The selection of an agent for end users.
macro_rules! agent_for_end_users {
    () => {
        "fragment AgentForEndUsers on Agent {
  id slug name description status
  capabilities { skills { id name description examples } latencyClass streaming }
  availability { state reasons { code } checkedAt }
}
"
    };
}

/// The selection of a message.
macro_rules! message {
    () => {
        "fragment Message on Message {
  id role text finishReason
  conversation { id }
  agent { id slug name }
  citations { number start end utf16Start utf16End passage { id text headings score document { id title } } }
  private demoQuality clientMessageId createdAt
}
"
    };
}

/// The selection of a list, without its items.
macro_rules! page {
    () => {
        "totalCount pageInfo { hasPreviousPage hasNextPage startCursor endCursor }"
    };
}

/// The variables of a list of agents, and their use.
macro_rules! agents {
    ($item:literal) => {
        concat!(
            "query ListAgents($first: Int, $after: String, $last: Int, $before: String, $filter: AgentFilter) {
  agents(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
    ",
            page!(),
            "
    nodes { ...",
            $item,
            " }
  }
}
"
        )
    };
}

pub(super) const LIST_AGENTS: &str = concat!(agents!("Agent"), agent!());
pub(super) const LIST_AGENTS_FOR_END_USERS: &str =
    concat!(agents!("AgentForEndUsers"), agent_for_end_users!());

pub(super) const GET_AGENT: &str = concat!(
    "query GetAgent($by: AgentBy!) { agent(by: $by) { ...Agent } }\n",
    agent!()
);
pub(super) const GET_AGENT_FOR_END_USERS: &str = concat!(
    "query GetAgent($by: AgentBy!) { agent(by: $by) { ...AgentForEndUsers } }\n",
    agent_for_end_users!()
);

/// Finds the id of an agent that a path names by its slug.
pub(super) const FIND_AGENT: &str = "query FindAgent($by: AgentBy!) { agent(by: $by) { id } }\n";

pub(super) const LIST_TEMPLATES: &str = concat!(
    "query ListTemplates($first: Int, $after: String, $last: Int, $before: String, $name: String, $includeDeprecated: Boolean) {
  agentTemplates(
    first: $first, after: $after, last: $last, before: $before, name: $name, includeDeprecated: $includeDeprecated
  ) {
    ",
    page!(),
    "
    nodes { ...AgentTemplate }
  }
}
fragment AgentTemplate on AgentTemplate {
  id name version workflow description configSchema contextSchema
  pricingTiers { name tools vectorStore models limits }
  skills { id name description examples }
  latencyClass deprecatedAt
}
"
);

pub(super) const CREATE_AGENT: &str = concat!(
    "mutation CreateAgent($input: CreateAgentInput!) { createAgent(input: $input) { agent { ...Agent } } }\n",
    agent!()
);
pub(super) const UPDATE_AGENT: &str = concat!(
    "mutation UpdateAgent($input: UpdateAgentInput!) { updateAgent(input: $input) { agent { ...Agent } } }\n",
    agent!()
);
pub(super) const DELETE_AGENT: &str = "mutation DeleteAgent($input: DeleteAgentInput!) { deleteAgent(input: $input) { deletedId } }\n";

pub(super) const CHAT: &str = concat!(
    "subscription Chat($input: ChatInput!) { chat(input: $input) { ...RunEvent } }
fragment RunEvent on RunEvent {
  type: __typename runId cursor sequence at
  ... on MessageAdded { message { ...Message } }
  ... on RunStarted { attempt }
  ... on AgentSelected { route {
    agent { id slug name } reason explanation confidence threshold skill { id name }
    candidates { agent { id slug name } score available }
  } }
  ... on KnowledgeRetrieved { passages { id text headings score document { id title } } }
  ... on ReasoningDelta { text }
  ... on TokenDelta { text offset utf16Offset }
  ... on ToolCallUpdated { run { ...RunState } toolCall {
    id tool status arguments argumentsDigest result error durationMs requestedAt expiresAt
    approval { approver arguments { name text } argumentsDigest expiresAt }
  } }
  ... on HandedOff { handoff { id from { id slug name } to { id slug name } initiator reason createdAt } }
  ... on RunProgress { stage }
  ... on RunSucceeded { run { ...RunState } message { ...Message } finishReason usage { ...Usage } }
  ... on RunFailed { run { ...RunState } error { code message detail } message { ...Message } usage { ...Usage } }
  ... on RunCancelled { run { ...RunState } message { ...Message } usage { ...Usage } }
}
fragment RunState on Run { id status }
fragment Usage on Usage { inputTokens outputTokens attempts costUsd firstTokenMs durationMs }
",
    message!()
);
pub(super) const CHAT_FOR_END_USERS: &str = concat!(
    "subscription Chat($input: ChatInput!) { chat(input: $input) { ...RunEventForEndUsers } }
fragment RunEventForEndUsers on RunEvent {
  type: __typename runId cursor sequence at
  ... on MessageAdded { message { ...Message } }
  ... on RunStarted { attempt }
  ... on AgentSelected { route { agent { id slug name } reason } }
  ... on ReasoningDelta { text }
  ... on TokenDelta { text offset utf16Offset }
  ... on ToolCallUpdated { run { ...RunState } toolCall {
    id tool status durationMs requestedAt
    approval { approver arguments { name text } argumentsDigest expiresAt }
  } }
  ... on HandedOff { handoff { id from { id slug name } to { id slug name } createdAt } }
  ... on RunProgress { stage }
  ... on RunSucceeded { run { ...RunState } message { ...Message } finishReason }
  ... on RunFailed { run { ...RunState } error { code message } message { ...Message } }
  ... on RunCancelled { run { ...RunState } message { ...Message } }
}
fragment RunState on Run { id status }
",
    message!()
);
