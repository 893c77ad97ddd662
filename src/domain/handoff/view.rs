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

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::ConversationView;
    use crate::domain::{AgentId, ConversationId, Message, MessageId, PastMessage, RunId};

    #[test]
    fn a_private_question_without_an_answer_makes_the_view_private() {
        let id = Uuid::from_u128(1);
        let agent = AgentId::from_uuid(id);
        let message = |private| {
            let mut message = Message::of_user(
                MessageId::from_uuid(id),
                ConversationId::from_uuid(id),
                RunId::from_uuid(id),
                "4711".to_owned(),
                DateTime::UNIX_EPOCH,
            );
            message.private = private;
            PastMessage {
                message,
                run_agent: Some(agent),
            }
        };
        // the run failed, so no private answer tells it
        assert!(ConversationView::of(agent, vec![message(true)], &[]).is_private);
        assert!(!ConversationView::of(agent, vec![message(false)], &[]).is_private);
        let other = AgentId::from_uuid(Uuid::from_u128(2));
        let seen_by_other = ConversationView::of(other, vec![message(true)], &[]);
        assert_eq!(seen_by_other, ConversationView::default());
    }
}
