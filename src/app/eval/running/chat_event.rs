//! The events and objects of the API that a dialogue reads.

use serde::Deserialize;
use serde_json::Value;

/// The subscription that sends a message; its selection is what the types here have.
pub(super) const CHAT: &str = "subscription($input: ChatInput!) { chat(input: $input) { __typename
    ... on RunStarted { run { conversation { id } } }
    ... on AgentSelected { route { agent { id } reason confidence explanation } }
    ... on TokenDelta { text }
    ... on ToolCallUpdated { runId toolCall { id tool arguments argumentsDigest result status error } }
    ... on HandedOff { handoff { outcome to { id } } }
    ... on RunSucceeded { finishReason usage { inputTokens outputTokens costUsd }
        message { text sources { text document { title } } citations { number passage { text document { title } } } } }
    ... on RunFailed { error { code message } } } }";
pub(super) const PREVIEW: &str = "query($message: String!, $conversation: ID) {
    previewRoute(message: $message, conversationId: $conversation) { agent { id } reason confidence explanation } }";

/// An event of a chat.
#[derive(Deserialize)]
#[serde(tag = "__typename", rename_all_fields = "camelCase")]
pub(super) enum ChatEvent {
    RunStarted {
        run: StartedRun,
    },
    AgentSelected {
        route: ChosenRoute,
    },
    TokenDelta {},
    ToolCallUpdated {
        run_id: String,
        tool_call: UpdatedCall,
    },
    HandedOff {
        handoff: MadeHandoff,
    },
    RunSucceeded(Box<Success>),
    RunFailed {
        error: RunProblem,
    },
    RunCancelled {},
    #[serde(other)]
    Other,
}

/// An object of which only the id is read.
#[derive(Deserialize)]
pub(super) struct WithId {
    pub(super) id: String,
}

#[derive(Deserialize)]
pub(super) struct StartedRun {
    pub(super) conversation: WithId,
}

#[derive(Deserialize)]
pub(super) struct ChosenRoute {
    pub(super) agent: WithId,
    pub(super) reason: String,
    pub(super) confidence: f64,
    pub(super) explanation: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdatedCall {
    pub(super) id: String,
    pub(super) tool: String,
    pub(super) arguments: Value,
    pub(super) arguments_digest: String,
    pub(super) result: Value,
    pub(super) status: String,
    pub(super) error: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct MadeHandoff {
    pub(super) outcome: String,
    /// None once the agent is deleted.
    pub(super) to: Option<WithId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Success {
    pub(super) finish_reason: String,
    pub(super) usage: SpentUsage,
    pub(super) message: AnswerMessage,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SpentUsage {
    pub(super) input_tokens: i64,
    pub(super) output_tokens: i64,
    pub(super) cost_usd: f64,
}

#[derive(Deserialize)]
pub(super) struct AnswerMessage {
    pub(super) text: String,
    /// The passages that the model was given.
    pub(super) sources: Vec<AnswerPassage>,
    pub(super) citations: Vec<AnswerCitation>,
}

#[derive(Deserialize)]
pub(super) struct AnswerCitation {
    pub(super) number: i32,
    pub(super) passage: AnswerPassage,
}

#[derive(Deserialize)]
pub(super) struct AnswerPassage {
    pub(super) text: String,
    pub(super) document: CitedDocument,
}

#[derive(Deserialize)]
pub(super) struct CitedDocument {
    pub(super) title: String,
}

#[derive(Deserialize)]
pub(super) struct RunProblem {
    pub(super) code: String,
    pub(super) message: String,
}

/// The data of the subscription.
#[derive(Deserialize)]
pub(super) struct ChatData {
    pub(super) chat: ChatEvent,
}

/// The data of a preview.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewData {
    pub(super) preview_route: ChosenRoute,
}

/// The data of the query for a conversation's context.
#[derive(Deserialize)]
pub(super) struct ContextData {
    pub(super) conversation: ConversationContext,
}

#[derive(Deserialize)]
pub(super) struct ConversationContext {
    pub(super) context: Value,
}
