//! The messages of a conversation that one agent sees: those of its own runs, and those that handoffs carried to it.

use std::collections::BTreeSet;

use super::{Handoff, HandoffInitiator};
use crate::domain::{AgentId, Message, MessageId, MessageRole, PastMessage, RunId};

/// What one agent sees of the earlier messages of a conversation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConversationView {
    /// The messages that the agent sees, in their order; of an answer that several agents wrote, the parts that it sees.
    pub messages: Vec<Message>,
    /// Whether one of them is private.
    pub is_private: bool,
}

impl ConversationView {
    /// The view of `agent` on earlier messages of a conversation with these handoffs.
    pub fn of(agent: AgentId, past: Vec<PastMessage>, handoffs: &[Handoff]) -> Self {
        let accepted = || handoffs.iter().filter(|handoff| handoff.is_accepted());
        let to_agent = accepted().filter(|handoff| handoff.to == Some(agent));
        let carried: BTreeSet<MessageId> = to_agent
            .flat_map(|handoff| handoff.carried.iter().filter_map(|item| item.message))
            .collect();
        // an agent that handed over during a run has received the question of the run
        let handed_over: BTreeSet<RunId> = accepted()
            .filter(|handoff| handoff.initiator == HandoffInitiator::Agent)
            .filter(|handoff| handoff.from == Some(agent))
            .filter_map(|handoff| handoff.run)
            .collect();
        let mut view = Self::default();
        for PastMessage { message, run_agent } in past {
            let is_carried = carried.contains(&message.id);
            match message.role {
                MessageRole::User => {
                    let is_own = run_agent == Some(agent) || handed_over.contains(&message.run);
                    if is_own || (is_carried && !message.private) {
                        view.is_private |= message.private;
                        view.messages.push(message);
                    }
                }
                MessageRole::Assistant => view.add_answer(agent, message, is_carried),
            }
        }
        view
    }

    fn add_answer(&mut self, agent: AgentId, message: Message, is_carried: bool) {
        let mut text = String::new();
        for (author, is_private, part) in message.parts_by_agent() {
            let is_own = author == Some(agent);
            if is_own || (is_carried && !is_private) {
                self.is_private |= is_private;
                text.push_str(part);
            }
        }
        if !text.trim().is_empty() {
            self.messages.push(Message {
                text: text.trim().to_owned(),
                ..message
            });
        }
    }
}
