//! The file of a habit: its expectation, and the scripted replies.

use std::time::Duration;

use serde_json::{Value, json};

use super::Outcome;

/// The API of a habit's provider; each has a folder of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Api {
    #[default]
    OpenAi,
    Anthropic,
}

impl Api {
    /// The folder of the habits.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::OpenAi => "chat",
            Self::Anthropic => "anthropic",
        }
    }

    /// The variables of the provider's address and key.
    pub(super) fn variables(self) -> [&'static str; 2] {
        match self {
            Self::OpenAi => ["TROUPE_OPENAI_BASE_URL", "TROUPE_OPENAI_API_KEY"],
            Self::Anthropic => ["TROUPE_ANTHROPIC_BASE_URL", "TROUPE_ANTHROPIC_API_KEY"],
        }
    }
}

/// A habit of a provider.
#[derive(Debug, Default)]
pub(super) struct Habit {
    pub(super) api: Api,
    /// The path of the base URL.
    pub(super) path: String,
    /// Whether the agent has tools: `find`, `write` and `count`.
    pub(super) uses_tools: bool,
    /// The number of messages, one after the other.
    pub(super) chats: usize,
    /// The settings of the model in `models.chat`.
    settings: Vec<String>,
    /// What must be true after the last message: the name of a check and its value.
    expected: Vec<(String, String)>,
    pub(super) replies: Vec<Reply>,
}

/// A scripted reply.
#[derive(Debug, Clone, Default)]
pub(super) struct Reply {
    /// Texts that the request must contain.
    has: Vec<String>,
    /// Texts that the request must not contain.
    lacks: Vec<String>,
    /// The number of the request, from 1.
    number: Option<usize>,
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) pause: Option<Duration>,
    /// Whether the connection breaks after the body.
    pub(super) is_cut: bool,
}

impl Habit {
    pub(super) fn parse(api: Api, text: &str) -> Self {
        let (head, replies) = text.split_once("\n--- ").unwrap();
        let mut habit = Self {
            api,
            path: match api {
                Api::OpenAi => "/v1".to_owned(),
                Api::Anthropic => String::new(),
            },
            chats: 1,
            ..Self::default()
        };
        for line in head.lines().filter(|line| !line.starts_with('#')) {
            let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
            match key {
                "expect" => habit.expected = expectations(value),
                "tools" => habit.uses_tools = value == "yes",
                "chats" => habit.chats = value.parse().unwrap(),
                "path" => value.clone_into(&mut habit.path),
                "setting" => habit.settings.push(value.to_owned()),
                _ => panic!("unknown line: {line}"),
            }
        }
        assert!(!habit.expected.is_empty(), "a habit without an expectation");
        habit.replies = replies.split("\n--- ").map(Reply::parse).collect();
        habit
    }

    /// The file with the settings of the model.
    pub(super) fn app_yaml(&self) -> String {
        let provider = match self.api {
            Api::OpenAi if self.settings.is_empty() => return String::new(),
            Api::OpenAi => "openai",
            Api::Anthropic => "anthropic",
        };
        let settings = self.settings.join("\n      ");
        format!(
            "models:\n  default: scripted\n  chat:\n    scripted:\n      provider: {provider}\n      {settings}\n"
        )
    }

    /// What differs from the expectation.
    pub(super) fn compare(&self, outcome: &Outcome) -> Vec<String> {
        let checks = self.expected.iter();
        checks
            .filter_map(|(check, value)| outcome.differs(check, value))
            .collect()
    }
}

fn expectations(line: &str) -> Vec<(String, String)> {
    let checks = line.split("; ");
    checks
        .map(|check| {
            let (name, value) = check.split_once(' ').unwrap_or((check, ""));
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

impl Reply {
    fn parse(text: &str) -> Self {
        let (condition, rest) = text.split_once('\n').unwrap();
        let mut reply = Self::default();
        for condition in condition
            .split("; ")
            .filter(|condition| !condition.is_empty())
        {
            match condition.split_once(' ') {
                Some(("has", text)) => reply.has.push(text.to_owned()),
                Some(("lacks", text)) => reply.lacks.push(text.to_owned()),
                Some(("request", number)) => reply.number = Some(number.parse().unwrap()),
                Some(("after", seconds)) => {
                    reply.pause = Some(Duration::from_secs_f64(seconds.parse().unwrap()));
                }
                _ if condition == "then cut" => reply.is_cut = true,
                _ if condition == "otherwise" => {}
                _ => panic!("unknown condition: {condition}"),
            }
        }
        let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
        let mut head = head.lines();
        reply.status = head.next().unwrap().trim().parse().unwrap();
        for header in head {
            let (name, value) = header.split_once(": ").unwrap();
            reply.headers.push((name.to_owned(), value.to_owned()));
        }
        body.clone_into(&mut reply.body);
        reply
    }

    pub(super) fn is_for(&self, count: usize, request: &str) -> bool {
        self.number.is_none_or(|number| number == count)
            && self.has.iter().all(|text| request.contains(text))
            && !self.lacks.iter().any(|text| request.contains(text))
    }
}

impl Outcome {
    fn differs(&self, check: &str, expected: &str) -> Option<String> {
        let run = &self.run;
        let message = &run["message"];
        let found = match check {
            "text" => message["text"].clone(),
            // the reason of the run and that of its message are the same
            "finish" if run["finishReason"] == message["finishReason"] => {
                run["finishReason"].clone()
            }
            "finish" => json!([run["finishReason"], message["finishReason"]]),
            "usage" => json!(format!(
                "{}/{}",
                run["usage"]["inputTokens"].as_i64()?,
                run["usage"]["outputTokens"].as_i64()?
            )),
            // in US dollars, to six digits
            "cost" => json!(format!("{:.6}", run["usage"]["costUsd"].as_f64()?)),
            "status" => run["status"].clone(),
            "attempt" => json!(run["attempt"].to_string()),
            "requests" => json!(self.requests.len().to_string()),
            "effects" => json!(self.effects.to_string()),
            "calls" => json!(self.calls()),
            "code" => run["error"]["code"].clone(),
            "reasoning" => self.reasoning(),
            "says" | "detail" | "shorter" | "last" => return self.contains(check, expected),
            _ => panic!("unknown expectation: {check}"),
        };
        (found != expected).then(|| format!("{check} {found}, expected {expected}"))
    }

    /// Checks that compare a part.
    fn contains(&self, check: &str, expected: &str) -> Option<String> {
        let error = &self.run["error"];
        let is_right = match check {
            // no member reads the provider's words
            "says" => error["message"].as_str()?.contains(expected),
            "detail" => {
                let words = error["detail"].as_str().unwrap_or_default();
                words.contains(expected) && self.seen_by_member["error"]["detail"].is_null()
            }
            "shorter" => {
                let length = self.run["message"]["text"].as_str()?.chars().count();
                length < expected.parse().unwrap()
            }
            _ => self.requests.last()?.to_string().contains(expected),
        };
        (!is_right).then(|| format!("{check} {expected} does not hold"))
    }

    /// The calls as `tool arguments STATUS`, in their order.
    fn calls(&self) -> String {
        let calls = self.run["toolCalls"].as_array().into_iter().flatten();
        let calls: Vec<_> = calls
            .map(|call| {
                let tool = call["tool"].as_str().unwrap();
                format!(
                    "{tool} {} {}",
                    call["arguments"],
                    call["status"].as_str().unwrap()
                )
            })
            .collect();
        calls.join(", ")
    }

    fn reasoning(&self) -> Value {
        let parts = self.run["message"]["parts"].as_array();
        let mut parts = parts.into_iter().flatten();
        let reasoning = parts.find(|part| part["__typename"] == "ReasoningPart");
        reasoning.map_or(Value::Null, |part| part["text"].clone())
    }
}
