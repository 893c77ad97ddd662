//! The finished steps of a run: the model calls that requested tools, with the tool calls, and the stages of the workflow.
//! A take-over continues from them.

use serde_json::Map;

use crate::{
    domain::{
        CallExtra, Handoff, MessageSection, ModelCall, RunStep, ToolCall, ToolCallStatus,
        ToolResult, Usage, UsageShare,
    },
    engine::tool_set::ToolSet,
    port::PromptMessage,
};

/// The separator between the model's words before a tool call and those afterwards.
pub(super) const PARAGRAPH: &str = "\n\n";

/// The finished steps of a run.
#[derive(Default)]
pub(super) struct StepJournal {
    steps: Vec<RunStep>,
}

impl StepJournal {
    /// A journal with the steps of earlier attempts.
    pub(super) fn new(steps: Vec<RunStep>) -> Self {
        Self { steps }
    }

    /// The finished steps, oldest first.
    pub(super) fn steps(&self) -> &[RunStep] {
        &self.steps
    }

    /// The length of the text of the agents before the one that answers now, in Unicode code points.
    pub(super) fn characters_before_part(&self) -> usize {
        let before = self.steps.len() - self.part().len();
        let texts = self.steps.iter().take(before);
        texts.map(|step| step.text.chars().count()).sum()
    }

    /// The tokens and the cost of all steps.
    pub(super) fn usage(&self) -> Usage {
        let mut sum = Usage::default();
        for share in self.shares() {
            sum += share.usage;
        }
        sum
    }

    /// The tokens and the cost of all steps, by the agents and models that caused them.
    pub(super) fn shares(&self) -> Vec<UsageShare> {
        let mut shares = Vec::new();
        for step in &self.steps {
            let share = UsageShare {
                agent: step.agent,
                model: Some(step.model.clone()).filter(|model| !model.is_empty()),
                usage: step.usage(),
            };
            // a stage of the workflow may have asked no model
            if share.model.is_some() || share.usage != Usage::default() {
                share.add_to(&mut shares);
            }
        }
        shares
    }

    /// The steps of the agent that answers now: those after the last handoff.
    fn part(&self) -> &[RunStep] {
        let hands_over = |step: &RunStep| step.handoff.as_ref().is_some_and(Handoff::is_accepted);
        let before = self.steps.iter().rposition(hands_over);
        let first = before.map_or(0, |at| at + 1);
        self.steps.get(first..).unwrap_or_default()
    }

    /// The number of model calls to the conversation by the agent that answers now.
    pub(super) fn len(&self) -> usize {
        self.replies().count()
    }

    /// The model calls to the conversation by the agent that answers now: its steps without the workflow's stages.
    fn replies(&self) -> impl Iterator<Item = &RunStep> {
        self.part().iter().filter(|step| step.stage.is_none())
    }

    /// The finished stage of this name of the agent that answers now.
    pub(super) fn stage(&self, name: &str) -> Option<&RunStep> {
        let mut steps = self.part().iter();
        steps.find(|step| step.stage.as_deref() == Some(name))
    }

    /// The tool calls of the agent that answers now.
    pub(super) fn calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.part().iter().flat_map(|step| &step.calls)
    }

    /// Whether the run has finished steps, of any agent.
    pub(super) fn has_steps(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Whether a step of the agent that answers now was written with private items in view, or asked for some.
    pub(super) fn is_private(&self) -> bool {
        self.part().iter().any(|step| step.private)
    }

    /// The handoffs that steps asked for, oldest first.
    pub(super) fn handoffs(&self) -> impl Iterator<Item = &Handoff> {
        self.steps.iter().filter_map(|step| step.handoff.as_ref())
    }

    /// Whether a handoff of the agent that answers now was refused: it must then answer itself.
    pub(super) fn was_refused(&self) -> bool {
        self.part().iter().any(|step| step.handoff.is_some())
    }

    /// The successful results of the calls of the agent that answers now.
    pub(super) fn results(&self) -> Vec<ToolResult> {
        let calls = |step: &RunStep| {
            let private = step.private;
            let calls = step.calls.iter();
            let results = calls.filter_map(move |call| {
                let text = call.answer.clone()?;
                (call.status == ToolCallStatus::Succeeded).then(|| ToolResult {
                    tool: call.tool.clone(),
                    text,
                    private,
                })
            });
            results.collect::<Vec<_>>()
        };
        self.part().iter().flat_map(calls).collect()
    }

    /// The steps' texts as sections of the answer, neighbours of one agent and one privacy as one.
    pub(super) fn sections(&self) -> Vec<MessageSection> {
        let mut sections = Vec::new();
        for step in &self.steps {
            add_section(
                &mut sections,
                MessageSection {
                    agent: step.agent,
                    characters: step.text.chars().count(),
                    private: step.private,
                },
            );
        }
        sections
    }

    /// The number of the next step, from 1.
    pub(super) fn next_number(&self) -> i32 {
        self.steps.last().map_or(1, |step| step.number + 1)
    }

    /// The number of tool calls that a model asked for as the agent that answers now.
    pub(super) fn count_calls(&self) -> usize {
        let asked = self.part().iter().filter(|step| !step.model.is_empty());
        asked.map(|step| step.calls.len()).sum()
    }

    /// The tool calls that have not ended.
    pub(super) fn open_calls(&mut self) -> Vec<&mut ToolCall> {
        let calls = self.steps.iter_mut().flat_map(|step| &mut step.calls);
        calls.filter(|call| !call.status.is_final()).collect()
    }

    /// Adds a step.
    pub(super) fn push(&mut self, step: RunStep) {
        self.steps.push(step);
    }

    /// The steps of the agent that answers now as messages to its model: its text and calls, and the tools' results, each
    /// cut to `longest` characters. The instructions contain what the workflow did in its stages. What a provider needs back is added to the steps of `model` only.
    pub(super) fn messages(
        &self,
        tools: &ToolSet,
        model: &str,
        longest: usize,
    ) -> Vec<PromptMessage> {
        let mut messages = Vec::new();
        for step in self.replies() {
            let is_own = step.model == model;
            let calls = step.calls.iter().map(|call| ModelCall {
                reference: call.reference.clone(),
                name: tools.name_of(call).to_owned(),
                arguments: call.arguments.to_string(),
                extra: if is_own {
                    call.extra.clone()
                } else {
                    CallExtra::default()
                },
            });
            messages.push(PromptMessage::Assistant {
                text: step.text.trim().to_owned(),
                calls: calls.collect(),
                extra: if is_own {
                    step.extra.clone()
                } else {
                    Map::new()
                },
            });
            messages.extend(step.calls.iter().map(|call| PromptMessage::Tool {
                reference: call.reference.clone(),
                text: cut(&result_text(call), longest),
            }));
        }
        messages
    }
}

/// Appends a section, or extends the last one if both are alike.
pub(super) fn add_section(sections: &mut Vec<MessageSection>, next: MessageSection) {
    if next.characters == 0 {
        return;
    }
    match sections.last_mut() {
        Some(last) if (last.agent, last.private) == (next.agent, next.private) => {
            last.characters += next.characters;
        }
        _ => sections.push(next),
    }
}

/// The text that reports a call's result to the model.
fn result_text(call: &ToolCall) -> String {
    let why = call.error.as_deref().unwrap_or("no reason is known");
    match (&call.answer, call.status) {
        (Some(answer), ToolCallStatus::Failed) => format!("The tool failed: {answer}"),
        (Some(answer), _) => answer.clone(),
        (None, ToolCallStatus::Failed | ToolCallStatus::Unknown) => {
            format!("The call failed: {why}")
        }
        (None, _) => format!("The call was not made: {why}"),
    }
}

/// The first `longest` characters of a text, with a note when it was cut.
fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((at, _)) => {
            let kept = text.get(..at).unwrap_or_default();
            let all = text.chars().count();
            format!("{kept}\n[… cut: {longest} of {all} characters shown]")
        }
    }
}
