//! An answer while it is written, as the readers of its run know it: the text and the parts since the attempt began.

use crate::domain::{EventBody, MessagePart, ToolCallId};

/// The text and the parts that the events of a run's last attempt make up. The stored message is made of it, so that a
/// reader who follows the events and one who loads the message see the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageDraft {
    text: String,
    /// The length of the text, in Unicode code points.
    characters: usize,
    /// The length of the text, in UTF-16 code units.
    utf16: usize,
    parts: Vec<MessagePart>,
}

impl MessageDraft {
    /// Adds what an event adds to the answer; a new attempt begins an empty one.
    pub fn apply(&mut self, event: &EventBody) {
        match event {
            EventBody::Started { .. } => *self = Self::default(),
            EventBody::TokenDelta { text, .. } => self.add_text(text),
            EventBody::ReasoningDelta { text } => self.add_reasoning(text),
            EventBody::ToolCallUpdated { call, .. } => self.add_call(*call),
            EventBody::KnowledgeRetrieved { .. } => self.set_sources(),
            EventBody::MessageAdded { .. }
            | EventBody::AgentSelected { .. }
            | EventBody::Progress { .. }
            | EventBody::HandedOff { .. }
            | EventBody::Succeeded { .. }
            | EventBody::Failed { .. }
            | EventBody::Cancelled { .. } => {}
        }
    }

    /// The event that adds this text.
    pub fn token_delta(&self, text: String) -> EventBody {
        EventBody::TokenDelta {
            text,
            offset: i64::try_from(self.characters).unwrap_or(i64::MAX),
            utf16_offset: i64::try_from(self.utf16).unwrap_or(i64::MAX),
        }
    }

    /// Whether the answer has no text yet.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The length of the text, in Unicode code points.
    pub fn characters(&self) -> usize {
        self.characters
    }

    /// Whether the last part is reasoning: what a model thinks next would be joined to it.
    pub fn ends_in_reasoning(&self) -> bool {
        matches!(self.parts.last(), Some(MessagePart::Reasoning { .. }))
    }

    /// The text and its parts; no parts for an answer that is nothing but text.
    pub fn into_text_and_parts(self) -> (String, Vec<MessagePart>) {
        match self.parts.as_slice() {
            [MessagePart::Text { .. }] => (self.text, Vec::new()),
            _ => (self.text, self.parts),
        }
    }

    fn add_text(&mut self, text: &str) {
        let (mut characters, mut utf16) = (0, 0);
        for character in text.chars() {
            characters += 1;
            utf16 += character.len_utf16();
        }
        self.text.push_str(text);
        self.characters += characters;
        self.utf16 += utf16;
        match self.parts.last_mut() {
            Some(MessagePart::Text { characters: known }) => *known += characters,
            _ => self.parts.push(MessagePart::Text { characters }),
        }
    }

    fn add_reasoning(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(MessagePart::Reasoning { text: known }) => known.push_str(text),
            _ => self.parts.push(MessagePart::Reasoning {
                text: text.to_owned(),
            }),
        }
    }

    /// Adds a call where it was reported first.
    fn add_call(&mut self, call: ToolCallId) {
        let part = MessagePart::ToolCall { call };
        if !self.parts.contains(&part) {
            self.parts.push(part);
        }
    }

    /// The sources are those of the last search, because each agent of a run is given its own.
    fn set_sources(&mut self) {
        self.parts.retain(|part| *part != MessagePart::Sources);
        self.parts.push(MessagePart::Sources);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::ToolCallStatus;

    fn call(number: u128) -> EventBody {
        EventBody::ToolCallUpdated {
            call: ToolCallId::from_uuid(Uuid::from_u128(number)),
            status: ToolCallStatus::Running,
            error: None,
            duration_ms: None,
        }
    }

    fn drafted(events: &[EventBody]) -> MessageDraft {
        let mut draft = MessageDraft::default();
        for event in events {
            draft.apply(event);
        }
        draft
    }

    fn text(text: &str) -> EventBody {
        MessageDraft::default().token_delta(text.to_owned())
    }

    fn thought(text: &str) -> EventBody {
        EventBody::ReasoningDelta {
            text: text.to_owned(),
        }
    }

    #[test]
    fn parts_stand_in_the_order_of_the_events() {
        let found = EventBody::KnowledgeRetrieved {
            passages: Vec::new(),
        };
        let events = [
            found,
            thought("Hm"),
            thought("m."),
            text("é🦀"),
            text("!"),
            call(1),
            call(2),
            call(1),
            text("\n\nDone."),
        ];
        let draft = drafted(&events);
        assert_eq!(draft.characters(), 10);
        assert_eq!(
            draft.token_delta("x".to_owned()),
            EventBody::TokenDelta {
                text: "x".to_owned(),
                offset: 10,
                utf16_offset: 11
            }
        );
        let (all, parts) = draft.into_text_and_parts();
        assert_eq!(all, "é🦀!\n\nDone.");
        let of = |number| MessagePart::ToolCall {
            call: ToolCallId::from_uuid(Uuid::from_u128(number)),
        };
        let thought = MessagePart::Reasoning {
            text: "Hmm.".to_owned(),
        };
        let expected = [
            MessagePart::Sources,
            thought,
            MessagePart::Text { characters: 3 },
            of(1),
            of(2),
            MessagePart::Text { characters: 7 },
        ];
        assert_eq!(parts, expected);
    }

    #[test]
    fn a_new_attempt_drops_what_came_before() {
        let events = [
            thought("Hm"),
            text("Half an ans"),
            call(1),
            EventBody::Started { attempt: 2 },
            text("The whole answer."),
        ];
        let (all, parts) = drafted(&events).into_text_and_parts();
        assert_eq!(
            (all.as_str(), parts.as_slice()),
            ("The whole answer.", &[][..])
        );
    }
}
