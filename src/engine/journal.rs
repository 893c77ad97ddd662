//! What of an answer is done for good: the rounds that asked for tools. A take-over goes on from here.

use crate::{
    domain::{Round, ToolCall, ToolCallStatus, Usage},
    engine::tools::Belt,
    port::{ModelCall, PromptMessage},
};

/// The rounds of a run so far.
#[derive(Default)]
pub(super) struct Journal {
    rounds: Vec<Round>,
}

impl Journal {
    /// What earlier attempts have settled.
    pub(super) fn new(rounds: Vec<Round>) -> Self {
        Self { rounds }
    }

    /// Everything that the run's readers were told in it.
    pub(super) fn text(&self) -> String {
        self.rounds
            .iter()
            .map(|round| round.text.as_str())
            .collect()
    }

    /// What the rounds used.
    pub(super) fn usage(&self) -> Usage {
        self.rounds
            .iter()
            .fold(Usage::default(), |sum, round| Usage {
                input_tokens: sum.input_tokens + round.input_tokens,
                output_tokens: sum.output_tokens + round.output_tokens,
                cost_usd: sum.cost_usd + round.cost_usd,
                ..sum
            })
    }

    /// How many rounds there were.
    pub(super) fn len(&self) -> usize {
        self.rounds.len()
    }

    /// The number of the next round.
    pub(super) fn next_number(&self) -> i32 {
        self.rounds.last().map_or(1, |round| round.number + 1)
    }

    /// How many calls there were in all.
    pub(super) fn count_calls(&self) -> usize {
        self.rounds.iter().map(|round| round.calls.len()).sum()
    }

    /// The calls of the last round, the only ones that may be open.
    pub(super) fn last_calls(&mut self) -> &mut [ToolCall] {
        self.rounds
            .last_mut()
            .map(|round| round.calls.as_mut_slice())
            .unwrap_or_default()
    }

    /// One more round.
    pub(super) fn push(&mut self, round: Round) {
        self.rounds.push(round);
    }

    /// The rounds as the model sees them: what it said and called, and what the tools said. What the tools said is cut where
    /// it has over `longest` characters each.
    pub(super) fn messages(&self, belt: &Belt, longest: usize) -> Vec<PromptMessage> {
        let mut messages = Vec::new();
        for round in &self.rounds {
            let calls = round.calls.iter().map(|call| ModelCall {
                reference: call.reference.clone(),
                name: belt.name_of(call).to_owned(),
                arguments: call.arguments.to_string(),
            });
            messages.push(PromptMessage::Assistant {
                text: round.text.trim().to_owned(),
                calls: calls.collect(),
            });
            messages.extend(round.calls.iter().map(|call| PromptMessage::Tool {
                reference: call.reference.clone(),
                text: cut(&said(call), longest),
            }));
        }
        messages
    }
}

/// What the model reads of a call's end.
fn said(call: &ToolCall) -> String {
    let why = call.error.as_deref().unwrap_or("no reason is known");
    match (&call.answer, call.status) {
        (Some(answer), ToolCallStatus::Failed) => format!("The tool failed: {answer}"),
        (Some(answer), _) => answer.clone(),
        (None, ToolCallStatus::Failed) => format!("The call failed: {why}"),
        (None, _) => format!("The call was not made: {why}"),
    }
}

/// A text of at most `longest` characters, with a mark where something is left out.
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
