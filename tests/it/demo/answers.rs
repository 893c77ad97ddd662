//! The questions of `evals/demo`: right quotes, honest refusals, small talk, and no number that stands in no document.

use std::{collections::BTreeSet, fmt::Write};

use futures::{StreamExt, stream};
use serde::Deserialize;

use super::{Answer, ask, server::DemoServer, squeezed};

const QUESTIONS: &str = include_str!("../../../evals/demo/questions.yaml");
/// The sentence with which an agent refuses a question.
const REFUSAL: &str = "My documents do not answer that.";
/// The number of questions that are asked at the same time.
const AT_ONCE: usize = 4;

#[derive(Deserialize)]
struct Questions {
    answerable: Vec<Answerable>,
    unanswerable: Vec<Unanswerable>,
    small_talk: Vec<String>,
}

#[derive(Deserialize)]
struct Answerable {
    agent: String,
    document: String,
    quote: String,
    ask: Vec<String>,
}

#[derive(Deserialize)]
struct Unanswerable {
    agent: String,
    ask: Vec<String>,
}

impl Answerable {
    /// Whether an answer has the quote, and cites the passage of the document that has it.
    fn is_right(&self, answer: &Answer) -> bool {
        let quote = squeezed(&self.quote);
        let cites = |(passage, title): &(String, String)| {
            *title == self.document && squeezed(passage).contains(&quote)
        };
        squeezed(&answer.text).contains(&quote) && answer.citations.iter().any(cites)
    }
}

/// The numbers in a text: digits with what is between them.
fn numbers(text: &str) -> BTreeSet<String> {
    text.split(|character: char| {
        !character.is_ascii_digit() && character != ',' && character != '.'
    })
    .map(|number| number.trim_matches([',', '.']).to_owned())
    .filter(|number| !number.is_empty())
    .collect()
}

/// The numbers of an answer that stand neither in its cited passages nor in the question.
fn invented(question: &str, answer: &Answer) -> Vec<String> {
    let mut known = numbers(question);
    for (passage, title) in &answer.citations {
        known.extend(numbers(passage));
        known.extend(numbers(title));
    }
    let shown = numbers(&answer.plain());
    shown.difference(&known).cloned().collect()
}

/// The answers to questions, each with the index of its case.
async fn answers(
    server: &DemoServer,
    questions: impl Iterator<Item = (usize, &str, &str)>,
) -> Vec<(usize, String, Answer)> {
    stream::iter(questions)
        .map(|(case, agent, question)| async move {
            (
                case,
                question.to_owned(),
                ask(server, agent, question).await,
            )
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

#[tokio::test]
async fn questions_are_answered_with_quotes_or_refused() {
    let server = Box::pin(DemoServer::with_documents()).await;
    let questions: Questions = serde_saphyr::from_str(QUESTIONS).unwrap();
    let asked = questions
        .answerable
        .iter()
        .enumerate()
        .flat_map(|(case, one)| {
            let ways = one.ask.iter();
            ways.map(move |ask| (case, one.agent.as_str(), ask.as_str()))
        });
    let answered = answers(&server, asked).await;
    let asked = questions
        .unanswerable
        .iter()
        .enumerate()
        .flat_map(|(case, one)| {
            let ways = one.ask.iter();
            ways.map(move |ask| (case, one.agent.as_str(), ask.as_str()))
        });
    let unanswerable = answers(&server, asked).await;

    let mut report = String::new();
    let mut right = 0;
    let mut first_right = 0;
    for (case, question, answer) in &answered {
        let case = &questions.answerable[*case];
        if case.is_right(answer) {
            right += 1;
            first_right += usize::from(case.ask[0] == *question);
        } else {
            writeln!(report, "wrong: {question} | {}", answer.text).unwrap();
        }
    }
    let mut refused = 0;
    for (_, question, answer) in &unanswerable {
        if answer.text.starts_with(REFUSAL) && answer.citations.is_empty() {
            refused += 1;
        } else {
            writeln!(report, "not refused: {question} | {}", answer.text).unwrap();
        }
    }
    assert!(right * 10 >= answered.len() * 8, "{right} right\n{report}");
    assert!(
        first_right * 10 >= questions.answerable.len() * 8,
        "{first_right} of the first ways\n{report}"
    );
    assert_eq!(refused, unanswerable.len(), "{report}");
    let all = || answered.iter().chain(&unanswerable);
    assert!(all().count() >= 99);
    for (_, question, answer) in all() {
        let invented = invented(question, answer);
        assert!(
            invented.is_empty(),
            "{question}: {invented:?} in {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn small_talk_gets_a_short_answer_without_citations() {
    let server = Box::pin(DemoServer::with_documents()).await;
    let questions: Questions = serde_saphyr::from_str(QUESTIONS).unwrap();
    for message in &questions.small_talk {
        let answer = ask(&server, "support", message).await;
        assert!(answer.citations.is_empty(), "{message}: {}", answer.text);
        assert!(!answer.text.starts_with(REFUSAL), "{message}");
        assert!(answer.text.len() < 400, "{message}: {}", answer.text);
        assert!(
            numbers(&answer.text).is_empty(),
            "{message}: {}",
            answer.text
        );
    }
    let answer = ask(&server, "support", "Who are you?").await;
    assert!(
        answer.text.contains("Support") && answer.text.contains("not a person"),
        "{}",
        answer.text
    );
}
