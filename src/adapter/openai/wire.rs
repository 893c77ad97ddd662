//! The JSON of the API, as far as it is used.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IgnoredAny, SeqAccess, Visitor},
};

use crate::port::ChatPrompt;

/// What is sent.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    max_tokens: usize,
    temperature: f64,
    stream: bool,
    stream_options: StreamOptions,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Request<'a> {
    pub(super) fn new(model: &'a str, prompt: &'a ChatPrompt) -> Self {
        Self {
            model,
            messages: prompt
                .messages
                .iter()
                .map(|message| Message {
                    role: message.role.name(),
                    content: &message.text,
                })
                .collect(),
            max_tokens: prompt.max_output_tokens,
            temperature: prompt.temperature,
            stream: true,
            stream_options: StreamOptions {
                include_usage: true,
            },
        }
    }
}

/// One event of the stream; texts are borrowed from it unless they have escapes.
#[derive(Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(default, borrow)]
    pub(super) choices: Choices<'a>,
    pub(super) usage: Option<Usage>,
    pub(super) error: Option<ProviderError>,
}

/// We ask for one choice, so only the first is read.
#[derive(Default)]
pub(super) struct Choices<'a> {
    pub(super) first: Option<Choice<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(borrow)]
    pub(super) delta: Option<Delta<'a>>,
    #[serde(borrow)]
    pub(super) finish_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(borrow)]
    pub(super) content: Option<Text<'a>>,
}

/// A text of its own type, since serde copies what lies in an option otherwise.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Choices<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct First<'a>(PhantomData<&'a ()>);

        impl<'de: 'a, 'a> Visitor<'de> for First<'a> {
            type Value = Choices<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of choices")
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut choices: S) -> Result<Choices<'a>, S::Error> {
                let first = choices.next_element()?;
                while choices.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Choices { first })
            }
        }

        deserializer.deserialize_seq(First(PhantomData))
    }
}

#[derive(Deserialize)]
pub(super) struct Usage {
    #[serde(default)]
    pub(super) prompt_tokens: u64,
    #[serde(default)]
    pub(super) completion_tokens: u64,
}

/// The body of a refusal.
#[derive(Deserialize)]
pub(super) struct Refusal {
    pub(super) error: ProviderError,
}

/// What the provider says went wrong; for the log, since it may quote what it was sent.
#[derive(Deserialize)]
pub(super) struct ProviderError {
    #[serde(default)]
    pub(super) message: String,
    #[serde(rename = "type", default)]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) code: Option<serde_json::Value>,
}

impl ProviderError {
    /// One of the names that a provider gives to a failure.
    pub(super) fn is(&self, name: &str) -> bool {
        self.kind.as_deref() == Some(name)
            || self.code.as_ref().and_then(serde_json::Value::as_str) == Some(name)
    }
}
