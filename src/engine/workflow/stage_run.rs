//! What a program reads: the turn, the outcomes of finished stages, the results of tools.

use std::fmt::Write;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{ConsultStage, ExtractionStage, Pause, Stage};
use crate::{
    domain::{
        CallExtra, McpTransport, MessageRole, ModelCall, ScoredPassage, ToolCall, ToolCallStatus,
        ToolPolicy,
    },
    engine::{
        extraction::ExtractionRequest, step_journal::StepJournal, tool_set::Tool, turn::Turn,
    },
    error::{Error, Result},
};

/// The number of the person's latest messages that an extraction reads.
const LATEST: usize = 4;
/// The maximum number of stages that are carried out at the same time.
const AT_ONCE: usize = 3;

/// A run, as its workflow's program sees it.
pub(in crate::engine) struct StageRun<'a> {
    pub(super) turn: &'a Turn,
    journal: &'a StepJournal,
}

/// A tool of a built-in server.
#[derive(Clone, Copy)]
pub(super) struct BuiltInTool {
    /// The type of the server.
    pub(super) server: &'static str,
    pub(super) name: &'static str,
}

impl BuiltInTool {
    fn is(self, tool: &Tool) -> bool {
        let server = tool.server();
        server.transport == McpTransport::BuiltIn
            && server.kind == self.server
            && tool.name() == self.name
    }
}

impl<'a> StageRun<'a> {
    /// The view of a run with this journal.
    pub(super) fn new(turn: &'a Turn, journal: &'a StepJournal) -> Self {
        Self { turn, journal }
    }

    /// Whether a model of the agent can be asked for more than a demonstration.
    pub(super) fn has_capable_model(&self) -> bool {
        let mut models = self.turn.models.iter();
        models.any(|model| !model.entry.model.demo_quality())
    }

    /// Whether the person's messages are read before they are answered; the agent's settings can turn it off.
    pub(super) fn reads_messages(&self, setting: &str) -> bool {
        let is_wanted = self.turn.settings.get(setting).and_then(Value::as_bool);
        is_wanted.unwrap_or(true) && self.has_capable_model()
    }

    /// The state before the run.
    pub(super) fn state<T: DeserializeOwned + Default>(&self, property: &str) -> T {
        let state = self.turn.state.get(property).cloned();
        // a state that another version of the template wrote otherwise begins again
        state
            .and_then(|state| serde_json::from_value(state).ok())
            .unwrap_or_default()
    }

    /// The state after the run as a property of the context; none when the run has not changed it.
    pub(super) fn changed<T: Serialize + DeserializeOwned + Default + PartialEq>(
        &self,
        property: &str,
        state: &T,
    ) -> Option<Map<String, Value>> {
        let before: T = self.state(property);
        let value = serde_json::to_value(state)
            .ok()
            .filter(|_| before != *state)?;
        Some(Map::from_iter([(property.to_owned(), value)]))
    }

    /// The person's latest messages, the newest last.
    pub(super) fn said(&self) -> Vec<&'a str> {
        let earlier = self.turn.history.iter();
        let earlier = earlier.filter(|message| message.role == MessageRole::User);
        let mut said: Vec<&str> = earlier.map(|message| message.text.as_str()).collect();
        said.drain(..said.len().saturating_sub(LATEST - 1));
        said.push(&self.turn.question.text);
        said
    }

    /// The latest messages as a transcript for an extraction; the person's newest message stands alone at its end.
    pub(super) fn transcript(&self) -> String {
        let first = self.turn.history.len().saturating_sub(2 * LATEST);
        let mut text = String::new();
        for message in self.turn.history.get(first..).unwrap_or_default() {
            let author = match message.role {
                MessageRole::User => "Person",
                MessageRole::Assistant => "Agent",
            };
            // writing to a string cannot fail
            let _ = writeln!(text, "{author}: {}", message.text);
        }
        format!(
            "{text}\nThe person's newest message:\n{}",
            self.turn.question.text
        )
    }

    /// The number of tokens that the run has taken.
    pub(super) fn tokens(&self) -> i64 {
        let usage = self.journal.usage();
        usage.input_tokens + usage.output_tokens
    }

    /// The outcome of an extraction; none when no model gave a valid one.
    pub(super) fn extract<T: DeserializeOwned>(
        &self,
        name: &str,
        request: impl FnOnce() -> ExtractionRequest,
    ) -> Result<Option<T>, Pause> {
        if let Some(outcome) = self.journal.stage(name) {
            return read(outcome.outcome.as_ref());
        }
        Err(Pause::before(Stage::Extract(vec![ExtractionStage {
            name: name.to_owned(),
            request: request(),
        }])))
    }

    /// The outcomes of these extractions, in their order. `None` for one that is not to be carried out any more.
    pub(super) fn extract_each<T: DeserializeOwned>(
        &self,
        requests: Vec<ExtractionStage>,
        may_go_on: bool,
    ) -> Result<Vec<Option<T>>, Pause> {
        let mut outcomes = Vec::with_capacity(requests.len());
        let mut missing = Vec::new();
        for stage in requests {
            match self.journal.stage(&stage.name) {
                Some(step) => outcomes.push(read(step.outcome.as_ref())?),
                None if may_go_on && missing.len() < AT_ONCE => missing.push(stage),
                None => outcomes.push(None),
            }
        }
        if missing.is_empty() {
            return Ok(outcomes);
        }
        Err(Pause::before(Stage::Extract(missing)))
    }

    /// Whether a stage is finished.
    pub(super) fn is_finished(&self, name: &str) -> bool {
        self.journal.stage(name).is_some()
    }

    /// The passages that were found for each of these questions, each with its document's title.
    pub(super) fn search(
        &self,
        name: &'static str,
        questions: impl FnOnce() -> Vec<String>,
    ) -> Result<Vec<Vec<(String, ScoredPassage)>>, Pause> {
        match self.journal.stage(name) {
            Some(step) => Ok(read(step.outcome.as_ref())?.unwrap_or_default()),
            None => Err(Pause::before(Stage::Search {
                name,
                questions: questions(),
            })),
        }
    }

    /// The calls that a model asked for about each of these questions.
    pub(super) fn consult(
        &self,
        questions: Vec<ConsultStage>,
    ) -> Result<Vec<&'a [ToolCall]>, Pause> {
        let mut calls = Vec::with_capacity(questions.len());
        let mut missing = Vec::new();
        for stage in questions {
            match self.journal.stage(&stage.name) {
                Some(step) => calls.push(step.calls.as_slice()),
                None if missing.len() < AT_ONCE => missing.push(stage),
                None => {}
            }
        }
        if missing.is_empty() {
            return Ok(calls);
        }
        Err(Pause::before(Stage::Consult(missing)))
    }

    /// The result of a call of a built-in tool, made by the program. `None` when the agent may not use the tool without a
    /// person's approval, or when the call failed.
    pub(super) fn call(
        &self,
        name: &'static str,
        tool: BuiltInTool,
        arguments: impl Serialize,
    ) -> Result<Option<&'a Value>, Pause> {
        if let Some(step) = self.journal.stage(name) {
            return Ok(step.calls.first().and_then(result_of));
        }
        let Some(tool) = self.built_in(tool) else {
            return Ok(None);
        };
        let arguments = serde_json::to_string(&arguments).map_err(|cause| {
            Pause::Failed(Error::internal("write a tool's arguments").with_source(cause))
        })?;
        Err(Pause::before(Stage::Call {
            name,
            call: ModelCall {
                reference: name.to_owned(),
                name: tool.offered.name.clone(),
                arguments,
                extra: CallExtra::default(),
            },
        }))
    }

    /// A built-in tool that the agent may call without a person's approval.
    pub(super) fn built_in(&self, wanted: BuiltInTool) -> Option<&'a Tool> {
        let mut tools = self.turn.tools.tools();
        tools.find(|tool| wanted.is(tool) && tool.policy == ToolPolicy::Auto)
    }

    /// The results of the successful calls of a built-in tool in this run, of the program and of the model.
    pub(super) fn results(&self, wanted: BuiltInTool) -> impl Iterator<Item = &'a Value> {
        let turn = self.turn;
        let is_it = move |call: &&ToolCall| {
            let tool = turn.tools.of(call);
            tool.is_some_and(|tool| wanted.is(tool))
        };
        self.journal.calls().filter(is_it).filter_map(result_of)
    }

    /// The results of all successful calls of this run.
    pub(super) fn all_results(&self) -> impl Iterator<Item = &'a Value> {
        self.journal.calls().filter_map(result_of)
    }
}

fn result_of(call: &ToolCall) -> Option<&Value> {
    let is_done = call.status == ToolCallStatus::Succeeded;
    call.result.as_ref().filter(|_| is_done)
}

fn read<T: DeserializeOwned>(outcome: Option<&Value>) -> Result<Option<T>, Pause> {
    let outcome = outcome.filter(|outcome| !outcome.is_null());
    let read = outcome.map(|outcome| serde_json::from_value(outcome.clone()));
    read.transpose().map_err(|cause| {
        Pause::Failed(Error::internal("read a stage's outcome").with_source(cause))
    })
}
