//! The exchanges of a line: each a question with its answer.

use crate::domain::{Message, MessageId, MessageRole};

/// A question with the answers to it on one line: one, or an answer that was cut with those that continue it.
pub(super) struct Turn {
    question: Message,
    answers: Vec<Message>,
}

impl Turn {
    /// The turns of a line, whose messages are in their order. Answers before the first question are not included: their
    /// question is too far back.
    pub(super) fn of_line(line: Vec<Message>) -> Vec<Self> {
        let mut turns: Vec<Self> = Vec::new();
        for message in line {
            match (message.role, turns.last_mut()) {
                (MessageRole::User, _) => turns.push(Self {
                    question: message,
                    answers: Vec::new(),
                }),
                (MessageRole::Assistant, Some(turn)) => turn.answers.push(message),
                (MessageRole::Assistant, None) => {}
            }
        }
        turns
    }

    /// Whether the last message of the turn is this one.
    pub(super) fn ends_with(&self, answer: MessageId) -> bool {
        self.answers.last().is_some_and(|last| last.id == answer)
    }

    /// Whether a message of the turn, or a part of one, is private.
    pub(super) fn is_private(&self) -> bool {
        let mut messages = std::iter::once(&self.question).chain(&self.answers);
        messages.any(|message| {
            message.private || message.sections.iter().any(|section| section.private)
        })
    }

    /// Whether both sides of the turn have a text, and none of it is private.
    pub(super) fn is_open_exchange(&self) -> bool {
        let is_blank = |text: &str| text.trim().is_empty();
        !self.is_private() && !is_blank(self.question()) && !is_blank(&self.answer())
    }

    /// The text of the question.
    pub(super) fn question(&self) -> &str {
        &self.question.text
    }

    /// The text of the answer, with what continues it.
    pub(super) fn answer(&self) -> String {
        let texts = self.answers.iter().map(|answer| answer.text.as_str());
        texts.collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::Turn;
    use crate::domain::{ConversationId, Message, MessageId, MessageRole, RunId};

    fn message(number: u128, role: MessageRole, text: &str) -> Message {
        let id = Uuid::from_u128(number);
        let question = Message::of_user(
            MessageId::from_uuid(id),
            ConversationId::from_uuid(id),
            RunId::from_uuid(id),
            text.to_owned(),
            DateTime::UNIX_EPOCH,
        );
        Message { role, ..question }
    }

    fn question(number: u128, text: &str) -> Message {
        message(number, MessageRole::User, text)
    }

    fn answer(number: u128, text: &str) -> Message {
        message(number, MessageRole::Assistant, text)
    }

    #[test]
    fn a_turn_is_a_question_with_all_its_answers() {
        let turns = Turn::of_line(vec![
            answer(1, "of a question before the line"),
            question(2, "A story?"),
            answer(3, "Once upon"),
            answer(4, " a time."),
            question(5, "And then?"),
            question(6, "Hello?"),
            answer(7, "Hi."),
        ]);
        let texts: Vec<_> = turns
            .iter()
            .map(|turn| (turn.question(), turn.answer()))
            .collect();
        let text = |text: &str| text.to_owned();
        assert_eq!(
            texts,
            [
                ("A story?", text("Once upon a time.")),
                ("And then?", text("")),
                ("Hello?", text("Hi."))
            ]
        );
        let open: Vec<bool> = turns.iter().map(Turn::is_open_exchange).collect();
        assert_eq!(open, [true, false, true]);
        let ends = |number| turns[0].ends_with(MessageId::from_uuid(Uuid::from_u128(number)));
        assert!(ends(4) && !ends(3));
    }

    #[test]
    fn one_private_message_makes_its_turn_private() {
        let mut hidden = question(1, "My code is 4711.");
        hidden.private = true;
        let turns = Turn::of_line(vec![hidden, answer(2, "Thanks."), question(3, "And?")]);
        let private: Vec<bool> = turns.iter().map(Turn::is_private).collect();
        assert_eq!(private, [true, false]);
        assert!(!turns[0].is_open_exchange());
    }
}
