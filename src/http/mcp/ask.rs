//! Tools that ask an agent: streams the text as progress, returns the answer, and cancels the run when the caller
//! leaves.

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use rmcp::{
    RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock,
        ProgressNotificationParam, ProgressToken, RequestParamsMeta,
    },
    service::{Peer, RequestContext},
};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{answer::failed, server::Server};
use crate::{
    domain::{EventBody, RequestId, RunEvent, ToolCallStatus},
    error::{Error, Result},
    service::{AgentAnswer, Question, RunEvents},
};

/// The minimum interval of progress notifications: each repeats the text so far.
const PROGRESS: Duration = Duration::from_millis(100);

/// Asks the agent that the tool names, and waits for its answer. `None` when there is no such tool.
pub(super) async fn ask(
    server: &Server,
    request_id: RequestId,
    request: CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<Option<CallToolResponse>> {
    let token = context.meta.get_progress_token();
    let token = token.or_else(|| request.progress_token());
    let question = Question {
        tool: request.name.into_owned(),
        arguments: Value::Object(request.arguments.unwrap_or_default()),
    };
    let actor = server.actor.clone().in_request(request_id);
    let asked = server.services.agent_tools.ask(&actor, &question).await?;
    let Some(run) = asked else { return Ok(None) };
    let mut events = server
        .services
        .run_events
        .of_run(&server.actor, run.id, None)
        .await?;
    let mut told = ProgressReporter::new(token, context.peer.clone());
    let ended = server.ended.clone().unwrap_or_default();
    let answered = tokio::select! {
        answered = follow(server, &mut events, &mut told) => answered,
        () = nobody_waits(&context.ct, &ended) => {
            // on shutdown, another process continues the run
            if !server.closing.is_cancelled() {
                server.services.runs.cancel(&server.actor, run.id).await?;
            }
            Ok(failed("CANCELLED", "the question was taken back"))
        }
    };
    answered.map(|answer| Some(answer.into()))
}

/// Waits until the caller cancelled the request, or its session has ended.
async fn nobody_waits(cancelled: &CancellationToken, ended: &CancellationToken) {
    tokio::select! {
        () = cancelled.cancelled() => {}
        () = ended.cancelled() => {}
    }
}

/// Follows the run to its end.
async fn follow(
    server: &Server,
    events: &mut RunEvents,
    told: &mut ProgressReporter,
) -> Result<CallToolResult> {
    while let Some(event) = events.next().await {
        let event: Arc<RunEvent> = event?;
        match &event.body {
            // a new attempt starts from the beginning
            EventBody::Started { .. } => told.text.clear(),
            EventBody::TokenDelta { text, .. } => {
                told.text.push_str(text);
                told.tell().await;
            }
            EventBody::MessageAdded { .. }
            | EventBody::AgentSelected { .. }
            | EventBody::KnowledgeRetrieved { .. }
            | EventBody::ReasoningDelta { .. }
            | EventBody::Progress { .. }
            | EventBody::HandedOff { .. } => {}
            EventBody::ToolCallUpdated { call, status, .. } => {
                let waits = *status == ToolCallStatus::AwaitingApproval;
                // the event may be an old one
                if waits
                    && server
                        .services
                        .agent_tools
                        .is_undecided(&server.actor, *call)
                        .await?
                {
                    return Ok(failed("AWAITING_APPROVAL", &undecided(&event)));
                }
            }
            EventBody::Succeeded { .. } => {
                let answer = server
                    .services
                    .agent_tools
                    .answer(&server.actor, event.run)
                    .await?;
                return Ok(succeeded(&answer));
            }
            EventBody::Failed { error, .. } => {
                return Ok(failed(error.code.name(), &error.message));
            }
            EventBody::Cancelled { .. } => return Ok(failed("CANCELLED", "the run was cancelled")),
        }
    }
    Err(Error::unavailable(
        "the answer's events ended before the answer did; ask again with the same clientMessageId",
    ))
}

/// The text for a call that waits for approval: a person may take a day, which is longer than a client waits.
fn undecided(event: &RunEvent) -> String {
    format!(
        "a person has to decide about a tool call first, and then {} goes on; ask again with the same clientMessageId to read \
         its answer",
        event.run
    )
}

fn succeeded(answer: &AgentAnswer) -> CallToolResult {
    let citations = answer.citations.iter().map(|cited| {
        let passage = &cited.passage;
        json!({
            "number": cited.number,
            "documentId": passage.document.to_string(),
            "headings": passage.headings,
            "text": passage.text,
            "score": passage.score,
        })
    });
    let structured = json!({
        "runId": answer.run.to_string(),
        "conversationId": answer.conversation.to_string(),
        "messageId": answer.message.to_string(),
        "text": answer.text,
        "citations": citations.collect::<Vec<_>>(),
    });
    let mut result = CallToolResult::success(vec![ContentBlock::text(answer.text.clone())]);
    result.structured_content = Some(structured);
    result
}

/// The text that was sent to the caller as progress.
struct ProgressReporter {
    text: String,
    token: Option<ProgressToken>,
    peer: Peer<RoleServer>,
    /// The number of notifications. Progress must always increase, also when a new attempt begins.
    times: u32,
    last: Option<Instant>,
}

impl ProgressReporter {
    fn new(token: Option<ProgressToken>, peer: Peer<RoleServer>) -> Self {
        Self {
            text: String::new(),
            token,
            peer,
            times: 0,
            last: None,
        }
    }

    async fn tell(&mut self) {
        let Some(token) = &self.token else { return };
        let now = Instant::now();
        if self.last.is_some_and(|last| now - last < PROGRESS) {
            return;
        }
        self.last = Some(now);
        self.times += 1;
        let progress = ProgressNotificationParam::new(token.clone(), f64::from(self.times))
            .with_message(self.text.clone());
        // a caller that no longer listens to progress still gets the answer
        if let Err(cause) = self.peer.notify_progress(progress).await {
            tracing::debug!(%cause, "telling an MCP client the text so far failed");
        }
    }
}
