//! The table of REST endpoints: those that the epic of multi-agent support names.

use axum::http::StatusCode;

use super::{
    endpoint::{
        AgentArgument, Endpoint,
        QueryParameter::{self, Filter, Variable},
        RestAnswer, RestMethod,
    },
    graphql_documents,
};

const PAGE_OF_AGENTS: &[QueryParameter] = &[
    Variable("first"),
    Variable("after"),
    Variable("last"),
    Variable("before"),
    Filter("status"),
    Filter("template"),
    Filter("tier"),
    Filter("skill"),
    Filter("tool"),
    Filter("search"),
];

/// Every endpoint.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: RestMethod::Get,
        paths: &[
            ("/accounts/{account}/agents", "listAgents"),
            ("/agents", "listOwnAgents"),
        ],
        summary: "List the agents of the account",
        description: "Oldest first, in pages. End users get the active agents that they may talk to, with fewer fields.",
        document: graphql_documents::LIST_AGENTS,
        for_end_users: Some(graphql_documents::LIST_AGENTS_FOR_END_USERS),
        query: PAGE_OF_AGENTS,
        body: None,
        agent: AgentArgument::None,
        answer: RestAnswer::Value(StatusCode::OK, &["agents"]),
    },
    Endpoint {
        method: RestMethod::Post,
        paths: &[("/accounts/{account}/agents", "createAgent")],
        summary: "Create an agent from a template",
        description: "Requires the role ADMIN.",
        document: graphql_documents::CREATE_AGENT,
        for_end_users: None,
        query: &[],
        body: Some("CreateAgentInput"),
        agent: AgentArgument::None,
        answer: RestAnswer::NewAgent(&["createAgent", "agent"]),
    },
    Endpoint {
        method: RestMethod::Get,
        paths: &[("/accounts/{account}/agents/{agent}", "getAgent")],
        summary: "Read an agent",
        description: "End users get fewer fields.",
        document: graphql_documents::GET_AGENT,
        for_end_users: Some(graphql_documents::GET_AGENT_FOR_END_USERS),
        query: &[],
        body: None,
        agent: AgentArgument::By,
        answer: RestAnswer::Value(StatusCode::OK, &["agent"]),
    },
    Endpoint {
        method: RestMethod::Put,
        paths: &[("/accounts/{account}/agents/{agent}", "updateAgent")],
        summary: "Change an agent",
        description: "Fields that are left out stay as they are; `configuration` replaces all settings of the agent. Requires the role ADMIN.",
        document: graphql_documents::UPDATE_AGENT,
        for_end_users: None,
        query: &[],
        body: Some("UpdateAgentInput"),
        agent: AgentArgument::Input("id"),
        answer: RestAnswer::Value(StatusCode::OK, &["updateAgent", "agent"]),
    },
    Endpoint {
        method: RestMethod::Delete,
        paths: &[("/accounts/{account}/agents/{agent}", "deleteAgent")],
        summary: "Delete an agent",
        description: "Requires the role ADMIN.",
        document: graphql_documents::DELETE_AGENT,
        for_end_users: None,
        query: &[],
        body: None,
        agent: AgentArgument::Input("id"),
        answer: RestAnswer::Nothing,
    },
    Endpoint {
        method: RestMethod::Post,
        paths: &[
            ("/accounts/{account}/agents/{agent}/chat", "chatWithAgent"),
            ("/agents/{agent}/chat", "chatWithOwnAgent"),
        ],
        summary: "Send a message to an agent",
        description: CHAT,
        document: graphql_documents::CHAT,
        for_end_users: Some(graphql_documents::CHAT_FOR_END_USERS),
        query: &[],
        body: Some("ChatInput"),
        agent: AgentArgument::Input("agentId"),
        answer: RestAnswer::Run,
    },
    Endpoint {
        method: RestMethod::Post,
        paths: &[
            ("/accounts/{account}/chat", "chat"),
            ("/chat", "chatInOwnAccount"),
        ],
        summary: "Send a message, and let the account choose the agent",
        description: CHAT,
        document: graphql_documents::CHAT,
        for_end_users: Some(graphql_documents::CHAT_FOR_END_USERS),
        query: &[],
        body: Some("ChatInput"),
        agent: AgentArgument::None,
        answer: RestAnswer::Run,
    },
    Endpoint {
        method: RestMethod::Get,
        paths: &[("/accounts/{account}/agentic-workflows", "listTemplates")],
        summary: "List the agent templates",
        description: "In the order of their publication, in pages. They are the same for every account.",
        document: graphql_documents::LIST_TEMPLATES,
        for_end_users: None,
        query: &[
            Variable("first"),
            Variable("after"),
            Variable("last"),
            Variable("before"),
            Variable("name"),
            Variable("includeDeprecated"),
        ],
        body: None,
        agent: AgentArgument::None,
        answer: RestAnswer::Value(StatusCode::OK, &["agentTemplates"]),
    },
];

const CHAT: &str = "Requires the role MEMBER, or the session of an end user. With `Accept: text/event-stream`, the response is the stream \
of the run's events, each with its cursor as its id, and ends with the event `complete`; with `Last-Event-ID` it resumes after that \
event. Otherwise the response is the last event of the run, when it has ended, or the tool call that waits for approval (202). \
`clientMessageId` is required: the same request with the same one attaches to the run and sends nothing again. Place text by its \
offset, and begin again at every `RunStarted`.";
