//! The summary of a conversation for the receiver of a handoff, made only of what may be carried.

use crate::domain::{Message, MessageRole, PastMessage};

/// The maximum number of messages in an extract, the newest.
const MOST_EXTRACTED: usize = 8;
/// The maximum number of characters of a message in an extract.
const LONGEST_EXTRACT: usize = 240;
/// The maximum number of characters of a transcript, the newest messages first.
const LONGEST_TRANSCRIPT: usize = 12_000;

/// The messages that may be carried, as lines, for a model that summarizes them; none when there are none.
pub fn transcript(past: &[PastMessage], question: Option<&Message>) -> Option<String> {
    let lines = carriable_lines(past, question);
    let mut room = LONGEST_TRANSCRIPT;
    let newest = lines.iter().rev().take_while(|line| {
        let length = line.chars().count();
        let fits = length <= room;
        room = room.saturating_sub(length);
        fits
    });
    let mut kept: Vec<&str> = newest.map(String::as_str).collect();
    kept.reverse();
    (!kept.is_empty()).then(|| kept.join("\n"))
}

/// The beginnings of the newest messages that may be carried, for a summary without a model; none when there are none.
pub fn extract_summary(past: &[PastMessage], question: Option<&Message>) -> Option<String> {
    let lines = carriable_lines(past, question);
    let first = lines.len().saturating_sub(MOST_EXTRACTED);
    let shortened = lines.iter().skip(first).map(|line| {
        let mut text: String = line.chars().take(LONGEST_EXTRACT).collect();
        if text.len() < line.len() {
            text.push('…');
        }
        text
    });
    let shortened: Vec<String> = shortened.collect();
    (!shortened.is_empty()).then(|| shortened.join("\n"))
}

fn carriable_lines(past: &[PastMessage], question: Option<&Message>) -> Vec<String> {
    let line = |role: MessageRole, text: &str| {
        let author = match role {
            MessageRole::User => "Person",
            MessageRole::Assistant => "Agent",
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        format!("{author}: {}", words.join(" "))
    };
    let earlier = past
        .iter()
        .filter_map(|past| Some(line(past.message.role, &past.carriable_text()?)));
    let now = question.filter(|question| !question.private);
    earlier
        .chain(now.map(|question| line(question.role, &question.text)))
        .collect()
}
