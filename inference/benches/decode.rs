//! How fast a model loads, reads a prompt and writes: `cargo bench --bench decode -- model.gguf`.
//!
//! Read the last two columns together: four conversations share each pass over the weights, so
//! the sum grows while each one gets slower.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use inference::{
    ChatPrompt, Engine, EngineOptions, Flow, Piece, PromptMessage, Role, Sampling, SubmitError,
};

/// Where the model lies when no path is given.
const DEFAULT_MODEL: &str = "models/SmolLM2-135M-Instruct.Q4_1.gguf";

const ANSWER_TOKENS: usize = 96;
const PROMPT_TOKENS: usize = 250;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let given = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let path = PathBuf::from(given.unwrap_or_else(|| DEFAULT_MODEL.to_owned()));
    if !path.exists() {
        println!(
            "No model at {}; name a GGUF file as the first argument.",
            path.display()
        );
        return Ok(());
    }
    measure(&path)
}

fn measure(path: &Path) -> Result<(), Failure> {
    let begin = Instant::now();
    let engine = Engine::start(path, EngineOptions::default())?;
    println!("load {:.2} s", begin.elapsed().as_secs_f64());
    println!("| batch | prompt tokens | first token s | tokens/s each | tokens/s in all |");
    println!("|---|---|---|---|---|");
    for batch in [1, 4] {
        let answers: Vec<_> = (0..batch)
            .map(|_| begin_answer(&engine))
            .collect::<Result<_, _>>()?;
        let answers: Vec<_> = answers.into_iter().map(follow).collect::<Result<_, _>>()?;
        let rate = steady_rate(&answers);
        let Some(first) = answers.first() else {
            continue;
        };
        let Some(text) = first.texts.first() else {
            continue;
        };
        println!(
            "| {batch} | {} | {:.2} | {:.1} | {rate:.1} |",
            first.prompt_tokens,
            (*text - first.begin).as_secs_f64(),
            rate / f64::from(batch),
        );
    }
    println!();
    show_one(&engine)
}

/// Prints what the model says, as a look at whether it makes sense.
fn show_one(engine: &Engine) -> Result<(), Failure> {
    let content = "What is the capital of France? Answer in one sentence.".to_owned();
    let (sender, pieces) = channel();
    let prompt = ChatPrompt {
        messages: vec![PromptMessage::new(Role::User, content)],
        max_tokens: 48,
        sampling: Sampling::greedy(),
        stop: Vec::new(),
        grammar: None,
        tools: Vec::new().into(),
    };
    engine.submit(
        prompt,
        Box::new(move |piece| flow(sender.send(piece).is_ok())),
    )?;
    for piece in pieces {
        match piece {
            Piece::Text(text) => print!("{text}"),
            end @ (Piece::Done { .. } | Piece::Failed(_)) => println!("\n{end:?}"),
        }
    }
    Ok(())
}

struct Answer {
    prompt_tokens: usize,
    begin: Instant,
    texts: Vec<Instant>,
}

/// Texts per second of all answers, over the time in which all of them are being written.
fn steady_rate(answers: &[Answer]) -> f64 {
    let begin = answers
        .iter()
        .filter_map(|answer| answer.texts.first())
        .max();
    let end = answers
        .iter()
        .filter_map(|answer| answer.texts.last())
        .min();
    let (Some(begin), Some(end)) = (begin, end) else {
        return 0.0;
    };
    let texts = answers.iter().flat_map(|answer| &answer.texts);
    let count = texts.filter(|at| *at > begin && *at <= end).count();
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / (*end - *begin).as_secs_f64()
}

struct Running {
    begin: Instant,
    pieces: Receiver<(Instant, Piece)>,
}

fn begin_answer(engine: &Engine) -> Result<Running, SubmitError> {
    let mut content = "Tell a long story about a lighthouse keeper.".to_owned();
    let mut messages = vec![PromptMessage::new(Role::User, content.clone())];
    while engine.count_prompt_tokens(&messages)? < PROMPT_TOKENS {
        content.push_str(" The sea was calm that night.");
        messages = vec![PromptMessage::new(Role::User, content.clone())];
    }
    let (sender, pieces) = channel();
    let prompt = ChatPrompt {
        messages,
        max_tokens: ANSWER_TOKENS,
        sampling: Sampling {
            temperature: 0.7,
            top_p: 0.95,
            ..Sampling::greedy()
        },
        stop: Vec::new(),
        grammar: None,
        tools: Vec::new().into(),
    };
    let begin = Instant::now();
    let sink = move |piece| flow(sender.send((Instant::now(), piece)).is_ok());
    engine.submit(prompt, Box::new(sink))?;
    Ok(Running { begin, pieces })
}

fn follow(running: Running) -> Result<Answer, Failure> {
    let mut texts = Vec::new();
    for (at, piece) in running.pieces {
        match piece {
            Piece::Text(_) => texts.push(at),
            Piece::Done { prompt_tokens, .. } => {
                return Ok(Answer {
                    prompt_tokens,
                    begin: running.begin,
                    texts,
                });
            }
            Piece::Failed(reason) => return Err(reason.into()),
        }
    }
    Err("the answer ended without a last piece".into())
}

fn flow(heard: bool) -> Flow {
    if heard { Flow::Continue } else { Flow::Stop }
}
