//! The answers of a model that is for demonstrations only: sentences of the agent's documents with citations, and fixed
//! sentences of this program, or the answer of a tool. The model's own text is never shown, so an answer has no fact and
//! no number that stands in no document and in no tool's answer. docs/decisions/0033-the-no-key-profile.md has the reasons.

mod small_talk;
mod tool_answer;

use self::{small_talk::SmallTalk, tool_answer::tool_answers};
use super::{EngineParts, step_journal::StepJournal, turn::Turn};
use crate::{
    domain::{AgentFilter, AgentOrder, AgentOrderField, AgentStatus, PageRequest, ScoredPassage},
    error::Result,
    knowledge::Quote,
};

/// The maximum number of titles or agents that an answer names.
const MOST_NAMED: u64 = 6;

/// An answer that quotes.
pub(super) struct QuotedReply {
    pub(super) text: String,
    /// The quoted passages; the first one is `[1]` in the text.
    pub(super) cited: Vec<ScoredPassage>,
    /// Whether the documents do not answer, and no tool was called.
    pub(super) is_refusal: bool,
}

impl QuotedReply {
    /// The answer to the question of a turn: with what the tools answered, if some were called. UNAVAILABLE when the
    /// embedding model is.
    pub(super) async fn to(
        parts: &EngineParts,
        turn: &Turn,
        journal: &StepJournal,
    ) -> Result<Self> {
        if let Some(text) = tool_answers(journal) {
            return Ok(Self::without_quotes(text));
        }
        let knowledge = &parts.knowledge;
        let (account, question) = (turn.agent.account, &turn.question.text);
        let talk = SmallTalk::in_message(&knowledge.quoter, account, question).await?;
        if let Some(talk) = talk.filter(|talk| talk.is_certain) {
            return Ok(Self::without_quotes(talk.kind.reply(parts, turn).await?));
        }
        let passages = turn.passages();
        let mut quotes = knowledge.quoter.quote(account, question, &passages).await?;
        if quotes.is_empty() {
            if let Some(talk) = talk {
                return Ok(Self::without_quotes(talk.kind.reply(parts, turn).await?));
            }
            if let Some(joined) = turn.joined_question() {
                quotes = knowledge.quoter.quote(account, &joined, &passages).await?;
            }
        }
        if quotes.is_empty() {
            let mut reply = Self::without_quotes(refusal(parts, turn).await?);
            reply.is_refusal = journal.len() == 0;
            return Ok(reply);
        }
        let mut reply = Self::quoting(&quotes, &passages);
        if let Some(notice) = turn.reading_notice() {
            reply.text = format!("{} ({notice}.)", reply.text);
        }
        Ok(reply)
    }

    fn without_quotes(text: String) -> Self {
        Self {
            text,
            cited: Vec::new(),
            is_refusal: false,
        }
    }

    /// The quoted sentences, each with the number of its passage among the quoted ones.
    fn quoting(quotes: &[Quote], passages: &[ScoredPassage]) -> Self {
        let mut cited: Vec<usize> = Vec::new();
        let mut sentences = Vec::new();
        for quote in quotes {
            let known = cited.iter().position(|passage| *passage == quote.passage);
            let index = known.unwrap_or_else(|| {
                cited.push(quote.passage);
                cited.len() - 1
            });
            sentences.push(format!("{} [{}]", quote.text, index + 1));
        }
        let cited = cited.into_iter();
        Self {
            text: sentences.join(" "),
            cited: cited
                .filter_map(|index| passages.get(index).cloned())
                .collect(),
            is_refusal: false,
        }
    }
}

/// The sentence that there is no answer, why, and where there may be one.
async fn refusal(parts: &EngineParts, turn: &Turn) -> Result<String> {
    let why = match turn.reading_notice() {
        Some(notice) => format!("{notice}; ask again in a moment."),
        None if turn.knowledge.documents == 0 => {
            "I have no documents yet, so I cannot answer that.".to_owned()
        }
        None => "My documents do not answer that.".to_owned(),
    };
    let person = turn
        .setting("/escalation/contact")
        .map(|contact| format!(" A person can help you: {contact}."));
    let others = others(parts, turn).await?;
    let others = joined(&others, "or").map(|names| format!(" You can also ask {names}."));
    let offers = [person, others].into_iter().flatten();
    Ok(offers.fold(why, |text, offer| text + &offer))
}

/// The names of the account's other active agents.
async fn others(parts: &EngineParts, turn: &Turn) -> Result<Vec<String>> {
    let filter = AgentFilter {
        status: Some(vec![AgentStatus::Active]),
        ..AgentFilter::default()
    };
    let order = AgentOrder {
        field: AgentOrderField::CreatedAt,
        descending: false,
    };
    let store = parts.store.tenant(turn.agent.account);
    let agents = store.agents(&filter, order, &first(MOST_NAMED)).await?;
    let others = agents.items.into_iter();
    let others = others.filter(|agent| agent.id != turn.agent.id);
    Ok(others.map(|agent| agent.name).collect())
}

/// The request of the first items of a list.
fn first(limit: u64) -> PageRequest {
    PageRequest {
        limit,
        after: None,
        before: None,
        from_end: false,
    }
}

/// Names as a list in a sentence: "a, b or c"; `None` for no names.
fn joined(names: &[String], conjunction: &str) -> Option<String> {
    let (last, others) = names.split_last()?;
    if others.is_empty() {
        return Some(last.clone());
    }
    Some(format!("{} {conjunction} {last}", others.join(", ")))
}
