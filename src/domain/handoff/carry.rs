//! What a handoff carries to the receiver, and what it leaves behind: messages, a summary, and results of tools.

use super::{ContextItem, ContextItemKind, ContextPolicy};
use crate::domain::{Message, MessageRole, PastMessage};

/// The maximum number of tool results that a handoff carries, the newest.
const MOST_RESULTS: usize = 8;
/// The maximum number of characters of a carried tool result.
const LONGEST_RESULT: usize = 2_000;

/// Everything that a handoff may carry.
#[derive(Debug, Clone)]
pub struct HandoffSource<'a> {
    /// How much is carried.
    pub policy: ContextPolicy,
    /// The earlier messages of the conversation, oldest first.
    pub past: &'a [PastMessage],
    /// The question that is being answered; none between two messages.
    pub question: Option<&'a Message>,
    /// The results of the sender's tool calls in this run, oldest first.
    pub results: Vec<ToolResult>,
    /// What the sender's workflow knows: each fact with its name.
    pub facts: Vec<(&'static str, String)>,
    /// Whether the facts were found out with private items in view.
    pub facts_are_private: bool,
    /// The number of passages of the sender's knowledge in its prompt.
    pub passages: usize,
    /// The summary of what may be carried, for the policy SUMMARY.
    pub summary: Option<String>,
}

/// The result of a tool call.
#[derive(Debug, Clone)]
pub struct ToolResult {
    /// The tool's name.
    pub tool: String,
    /// The result's text.
    pub text: String,
    /// Whether the tool is private, or was called with private items in view.
    pub private: bool,
}

/// What a handoff carries, and what it leaves behind, each with the reason.
pub fn carry_items(source: &HandoffSource<'_>) -> (Vec<ContextItem>, Vec<ContextItem>) {
    let (mut carried, mut dropped) = (Vec::new(), Vec::new());
    for past in source.past {
        match past_item(source.policy, past) {
            item if item.message.is_some() => carried.push(item),
            item => dropped.push(item),
        }
    }
    if let Some(question) = source.question {
        carried.push(ContextItem {
            message: Some(question.id),
            ..ContextItem::new(
                ContextItemKind::Message,
                "the question that is being answered",
                "the receiver answers it",
            )
        });
    }
    if let Some(summary) = &source.summary {
        carried.push(ContextItem {
            text: Some(summary.clone()),
            ..ContextItem::new(
                ContextItemKind::Summary,
                "summary of the conversation",
                "made of the messages that may be carried",
            )
        });
    }
    let newest = source.results.len().saturating_sub(MOST_RESULTS);
    for (index, result) in source.results.iter().enumerate() {
        match result_item(source.policy, result, index < newest) {
            item if item.text.is_some() => carried.push(item),
            item => dropped.push(item),
        }
    }
    for (name, value) in &source.facts {
        match fact_item(source, name, value) {
            item if item.text.is_some() => carried.push(item),
            item => dropped.push(item),
        }
    }
    if source.passages > 0 {
        dropped.push(ContextItem::new(
            ContextItemKind::Document,
            format!("{} passages of knowledge", source.passages),
            "the knowledge of an agent stays with it",
        ));
    }
    (carried, dropped)
}

/// A message as an item: with the message's id if it is carried.
fn past_item(policy: ContextPolicy, past: &PastMessage) -> ContextItem {
    let message = &past.message;
    let noun = match message.role {
        MessageRole::User => "question",
        MessageRole::Assistant => "answer",
    };
    let at = message.created_at.format("%Y-%m-%d %H:%M:%S UTC");
    let item =
        |why: &str| ContextItem::new(ContextItemKind::Message, format!("{noun} of {at}"), why);
    if past.carriable_text().is_none() {
        return item("private");
    }
    match policy {
        ContextPolicy::Full => ContextItem {
            message: Some(message.id),
            ..item(if message.private {
                "the policy is FULL; its private parts stay behind"
            } else {
                "the policy is FULL"
            })
        },
        ContextPolicy::Summary => item("the policy is SUMMARY: the summary stands for it"),
        ContextPolicy::Isolated => item("the policy is ISOLATED"),
    }
}

/// A fact as an item: with its value if it is carried.
fn fact_item(source: &HandoffSource<'_>, name: &str, value: &str) -> ContextItem {
    let item = |why: &str| ContextItem::new(ContextItemKind::Fact, name, why);
    if source.facts_are_private {
        return item("private");
    }
    match source.policy {
        ContextPolicy::Full | ContextPolicy::Summary => ContextItem {
            text: Some(value.to_owned()),
            ..item("a fact that the sender's workflow found out")
        },
        ContextPolicy::Isolated => item("the policy is ISOLATED"),
    }
}

/// A tool result as an item: with the text if it is carried.
fn result_item(policy: ContextPolicy, result: &ToolResult, is_old: bool) -> ContextItem {
    let item = |why: &str| {
        let label = format!("result of {}", result.tool);
        ContextItem::new(ContextItemKind::ToolResult, label, why)
    };
    if result.private {
        return item("private");
    }
    if is_old {
        return item("older than the newest results");
    }
    match policy {
        ContextPolicy::Full => ContextItem {
            text: Some(result.text.chars().take(LONGEST_RESULT).collect()),
            ..item("the policy is FULL")
        },
        ContextPolicy::Summary => item("the policy is SUMMARY"),
        ContextPolicy::Isolated => item("the policy is ISOLATED"),
    }
}
