//! The finished steps of a run: the model calls that requested tools, with the tool calls. A take-over continues from
//! them.

use serde_json::Map;

use crate::{
    domain::{CallExtra, ModelCall, RunStep, ToolCall, ToolCallStatus, Usage},
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

    /// The text that the run's readers received in these steps.
    pub(super) fn text(&self) -> String {
        self.steps.iter().map(|step| step.text.as_str()).collect()
    }

    /// The tokens and the cost of all steps.
    pub(super) fn usage(&self) -> Usage {
        self.steps.iter().fold(Usage::default(), |sum, step| Usage {
            input_tokens: sum.input_tokens + step.input_tokens,
            output_tokens: sum.output_tokens + step.output_tokens,
            cost_usd: sum.cost_usd + step.cost_usd,
            ..sum
        })
    }

    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// The number of the next step, from 1.
    pub(super) fn next_number(&self) -> i32 {
        self.steps.last().map_or(1, |step| step.number + 1)
    }

    /// The number of tool calls in all steps.
    pub(super) fn count_calls(&self) -> usize {
        self.steps.iter().map(|step| step.calls.len()).sum()
    }

    /// The tool calls of the last step, the only ones that may be unfinished.
    pub(super) fn last_calls(&mut self) -> &mut [ToolCall] {
        self.steps
            .last_mut()
            .map(|step| step.calls.as_mut_slice())
            .unwrap_or_default()
    }

    /// Adds a step.
    pub(super) fn push(&mut self, step: RunStep) {
        self.steps.push(step);
    }

    /// The reasoning of all steps.
    pub(super) fn reasoning(&self) -> String {
        let steps = self.steps.iter().map(|step| step.reasoning.as_str());
        let steps: Vec<_> = steps.filter(|reasoning| !reasoning.is_empty()).collect();
        steps.join(PARAGRAPH)
    }

    /// The steps as messages to the model: its text and calls, and the tools' results, each cut to `longest`
    /// characters. What a provider needs back is added to the steps of `model` only.
    pub(super) fn messages(
        &self,
        tools: &ToolSet,
        model: &str,
        longest: usize,
    ) -> Vec<PromptMessage> {
        let mut messages = Vec::new();
        for step in &self.steps {
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
