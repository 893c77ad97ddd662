//! The engine as a caller uses it, on a tiny random model.

use std::sync::mpsc::{Receiver, channel, sync_channel};

use super::conversation::{Constraint, Conversation, NewConversation};
use super::{Engine, EngineOptions, Ticket};
use crate::model::{Gguf, Model};
use crate::text::Tokenizer;
use crate::tiny::TinyModel;
use crate::{
    ChatPrompt, Finish, Flow, Grammar, LoadError, Piece, PromptMessage, Role, Sampling, SubmitError,
};

fn start(model: &TinyModel, options: EngineOptions) -> Engine {
    Engine::start(model.path(), options).unwrap()
}

fn asks(content: &str, max_tokens: usize) -> ChatPrompt {
    ChatPrompt {
        messages: vec![PromptMessage::new(Role::User, content)],
        max_tokens,
        sampling: Sampling::greedy(),
        stop: Vec::new(),
        grammar: None,
        tools: Vec::new().into(),
    }
}

fn submit(engine: &Engine, prompt: ChatPrompt) -> Receiver<Piece> {
    let (sender, pieces) = channel();
    let sink = move |piece| match sender.send(piece) {
        Ok(()) => Flow::Continue,
        Err(_) => Flow::Stop,
    };
    engine.submit(prompt, Box::new(sink)).unwrap();
    pieces
}

/// The whole text and the last piece; panics if another piece follows.
fn whole(pieces: &Receiver<Piece>) -> (String, Piece) {
    let mut text = String::new();
    loop {
        match pieces.recv().unwrap() {
            Piece::Text(more) => text.push_str(&more),
            last => {
                assert!(pieces.recv().is_err(), "a piece after the last");
                return (text, last);
            }
        }
    }
}

#[test]
fn an_answer_streams_and_ends_once() {
    let engine = start(&TinyModel::llama(1), EngineOptions::default());
    let prompt = asks("hello", 20);
    let expected = engine.count_prompt_tokens(&prompt.messages).unwrap();
    let (text, last) = whole(&submit(&engine, prompt));
    let Piece::Done {
        finish,
        prompt_tokens,
        generated_tokens,
    } = last
    else {
        panic!("{last:?}");
    };
    assert_eq!(prompt_tokens, expected);
    assert_eq!((finish, generated_tokens), (Finish::Length, 20));
    assert!(text.chars().count() >= 10);
}

#[test]
fn four_together_write_what_each_writes_alone() {
    for model in [TinyModel::llama(2), TinyModel::qwen2(2)] {
        let engine = start(&model, EngineOptions::default());
        let prompts = [
            "a",
            "tell me of the sea",
            "2 and 2",
            "why? because it is so, and so on",
        ];
        let alone = prompts.map(|prompt| whole(&submit(&engine, asks(prompt, 40))));
        let together = prompts.map(|prompt| submit(&engine, asks(prompt, 40)));
        assert_eq!(together.map(|pieces| whole(&pieces)), alone);
    }
}

#[test]
fn the_same_seed_writes_the_same_answer() {
    let engine = start(&TinyModel::llama(3), EngineOptions::default());
    let with_seed = |seed| {
        let sampling = Sampling {
            temperature: 1.0,
            top_p: 0.9,
            seed,
            ..Sampling::greedy()
        };
        whole(&submit(
            &engine,
            ChatPrompt {
                sampling,
                ..asks("hello", 30)
            },
        ))
    };
    assert_eq!(with_seed(1), with_seed(1));
    assert_ne!(with_seed(1), with_seed(2));
}

#[test]
fn the_context_ends_an_answer_and_refuses_a_prompt_that_fills_it() {
    let options = EngineOptions {
        context: 64,
        ..EngineOptions::default()
    };
    let engine = start(&TinyModel::llama(4), options);
    let sampling = Sampling {
        temperature: 1.0,
        ..Sampling::greedy()
    };
    let prompt = ChatPrompt {
        sampling,
        ..asks("hi", 1000)
    };
    let (_, last) = whole(&submit(&engine, prompt));
    let Piece::Done {
        finish,
        prompt_tokens,
        generated_tokens,
    } = last
    else {
        panic!("{last:?}");
    };
    assert_eq!(
        (finish, prompt_tokens + generated_tokens),
        (Finish::Length, 64)
    );

    let refused = engine.submit(asks(&"long ".repeat(40), 1), Box::new(|_| Flow::Continue));
    let Err(SubmitError::PromptTooLong { tokens, limit: 63 }) = refused else {
        panic!("{refused:?}");
    };
    assert!(tokens > 200);
}

#[test]
fn a_cancelled_answer_ends_before_its_next_token() {
    let engine = start(&TinyModel::llama(5), EngineOptions::default());
    let (sender, pieces) = channel();
    let (resume, paused) = sync_channel::<()>(0);
    let sink = move |piece| {
        sender.send(piece).unwrap();
        paused.recv().unwrap_err();
        Flow::Continue
    };
    let ticket = engine.submit(asks("hello", 200), Box::new(sink)).unwrap();
    assert!(matches!(pieces.recv().unwrap(), Piece::Text(_)));
    ticket.cancel();
    drop(resume);
    assert!(matches!(
        pieces.recv().unwrap(),
        Piece::Done {
            finish: Finish::Cancelled,
            generated_tokens: 1,
            ..
        }
    ));
    assert!(pieces.recv().is_err());
}

#[test]
fn a_sink_that_says_stop_still_learns_the_end() {
    let engine = start(&TinyModel::llama(5), EngineOptions::default());
    let (sender, pieces) = channel();
    let sink = move |piece| {
        sender.send(piece).unwrap();
        Flow::Stop
    };
    engine.submit(asks("hello", 200), Box::new(sink)).unwrap();
    let (_, last) = whole(&pieces);
    assert!(matches!(
        last,
        Piece::Done {
            finish: Finish::Cancelled,
            generated_tokens: 1,
            ..
        }
    ));
}

#[test]
fn a_full_queue_says_busy_and_a_cancelled_waiter_makes_room() {
    let options = EngineOptions {
        batch: 1,
        waiting: 1,
        ..EngineOptions::default()
    };
    let engine = start(&TinyModel::llama(5), options);
    let (running, runs) = channel();
    let (resume, paused) = sync_channel::<()>(0);
    let sink = move |_| {
        running.send(()).unwrap();
        paused.recv().unwrap_err();
        Flow::Continue
    };
    engine.submit(asks("first", 100), Box::new(sink)).unwrap();
    runs.recv().unwrap();

    let (sender, pieces) = channel();
    let sink = Box::new(move |piece| {
        drop(sender.send(piece));
        Flow::Continue
    });
    let waiter = engine.submit(asks("second", 9), sink).unwrap();
    let never = Box::new(|_| panic!("a refused sink was called"));
    let refused = engine.submit(asks("third", 9), never);
    assert!(
        matches!(refused, Err(SubmitError::Busy { waiting: 1 })),
        "{refused:?}"
    );

    waiter.cancel();
    drop(resume);
    let (text, last) = whole(&pieces);
    assert_eq!(text, "");
    assert!(matches!(
        last,
        Piece::Done {
            finish: Finish::Cancelled,
            generated_tokens: 0,
            ..
        }
    ));
}

#[test]
fn dropping_the_engine_cancels_what_runs_and_what_waits() {
    let options = EngineOptions {
        batch: 1,
        ..EngineOptions::default()
    };
    let engine = start(&TinyModel::llama(6), options);
    let answers = ["one", "two", "three"].map(|prompt| submit(&engine, asks(prompt, 1000)));
    drop(engine);
    for answer in answers {
        assert!(matches!(whole(&answer).1, Piece::Done { .. }));
    }
}

#[test]
fn a_sink_that_panics_stops_the_engine_but_leaves_nobody_waiting() {
    let options = EngineOptions {
        batch: 1,
        ..EngineOptions::default()
    };
    let engine = start(&TinyModel::llama(5), options);
    let (resume, paused) = sync_channel::<()>(0);
    let sink = move |_| {
        paused.recv().unwrap_err();
        panic!("a sink that should not");
    };
    engine.submit(asks("first", 9), Box::new(sink)).unwrap();
    let waiting = submit(&engine, asks("second", 9));
    drop(resume);
    assert!(matches!(whole(&waiting).1, Piece::Failed(_)));
    let refused = engine.submit(asks("third", 9), Box::new(|_| Flow::Continue));
    assert!(matches!(refused, Err(SubmitError::Stopped)), "{refused:?}");
}

#[test]
fn a_stop_string_ends_the_answer_before_itself() {
    let engine = start(&TinyModel::llama(1), EngineOptions::default());
    let (text, _) = whole(&submit(&engine, asks("hello", 20)));
    let stop: String = text.chars().skip(4).take(2).collect();
    let prompt = ChatPrompt {
        stop: vec![stop.clone()],
        ..asks("hello", 20)
    };
    let (stopped, last) = whole(&submit(&engine, prompt));
    assert_eq!(stopped, text.split(&stop).next().unwrap());
    assert!(matches!(
        last,
        Piece::Done {
            finish: Finish::Stop,
            ..
        }
    ));
}

#[test]
fn settings_out_of_range_are_refused() {
    let engine = start(&TinyModel::llama(1), EngineOptions::default());
    let bad = [
        ChatPrompt {
            max_tokens: 0,
            ..asks("a", 1)
        },
        with(Sampling {
            temperature: f32::NAN,
            ..Sampling::greedy()
        }),
        with(Sampling {
            top_p: 0.0,
            ..Sampling::greedy()
        }),
        with(Sampling {
            repetition_penalty: 0.5,
            ..Sampling::greedy()
        }),
    ];
    for prompt in bad {
        let refused = engine.submit(prompt, Box::new(|_| Flow::Continue));
        assert!(
            matches!(refused, Err(SubmitError::BadSetting(_))),
            "{refused:?}"
        );
    }
}

fn with(sampling: Sampling) -> ChatPrompt {
    ChatPrompt {
        sampling,
        ..asks("a", 1)
    }
}

#[test]
fn files_that_do_not_fit_are_refused_with_a_sentence() {
    let load = |model: &TinyModel| Engine::start(model.path(), EngineOptions::default()).err();
    let error = load(&TinyModel::of("mamba", "smollm", 1)).unwrap();
    assert_eq!(error.to_string(), "unsupported model: architecture mamba");
    let error = load(&TinyModel::of("llama", "klingon", 1)).unwrap();
    assert_eq!(
        error.to_string(),
        "unsupported model: tokenizer flavour klingon"
    );
    let missing = Engine::start("no/such.gguf".as_ref(), EngineOptions::default()).err();
    assert!(matches!(missing, Some(LoadError::Open { .. })));
}

#[test]
fn a_mark_of_the_chat_format_ends_the_answer_unseen() {
    let model = TinyModel::llama(1);
    let mut file = Gguf::open(model.path()).unwrap();
    let tokenizer = Tokenizer::load(&file).unwrap();
    let cache = Model::load(&mut file, tokenizer.size()).unwrap().cache();
    let (sender, pieces) = channel();
    let mut conversation = Conversation::new(NewConversation {
        cache,
        prompt: vec![1],
        sampling: Sampling::greedy(),
        stop: Vec::new(),
        constraint: Constraint::None,
        max_tokens: 9,
        ticket: Ticket::new(),
        sink: Box::new(move |piece| {
            sender.send(piece).unwrap();
            Flow::Continue
        }),
    });
    for token in [3, 2] {
        let mut scores = vec![0.0; tokenizer.size()];
        scores[token] = 9.0;
        conversation.write(&tokenizer, &mut scores);
    }
    drop(conversation);
    let expected = Piece::Done {
        finish: Finish::Stop,
        prompt_tokens: 1,
        generated_tokens: 1,
    };
    assert_eq!(whole(&pieces), ("!".to_owned(), expected));
}

#[test]
fn an_answer_with_a_grammar_is_json_of_its_schema() {
    let schema = serde_json::json!({
        "type": "object",
        "properties": {
            "name": {"enum": ["Heron", "Wren", "Pelican"]},
            "count": {"type": "integer"},
        },
        "required": ["name", "count"],
    });
    for (seed, temperature) in [(1, 0.0), (2, 1.5), (3, 2.0)] {
        let engine = start(&TinyModel::llama(seed), EngineOptions::default());
        let prompt = ChatPrompt {
            grammar: Some(Grammar::of_schema(&schema).unwrap()),
            sampling: Sampling {
                temperature,
                ..Sampling::greedy()
            },
            ..asks("What does it cost?", 100)
        };
        let (text, last) = whole(&submit(&engine, prompt));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(
            ["Heron", "Wren", "Pelican"].contains(&value["name"].as_str().unwrap()),
            "{text}"
        );
        assert!(value["count"].is_i64(), "{text}");
        assert!(
            matches!(
                last,
                Piece::Done {
                    finish: Finish::Stop,
                    ..
                }
            ),
            "{last:?}"
        );
    }
}
