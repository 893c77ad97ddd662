//! The JSON of the API, limited to the fields that are used.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::port::{ChatPrompt, ModelCall, OfferedTool, PromptMessage};

/// The request body.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    max_tokens: usize,
    temperature: f64,
    stream: bool,
    stream_options: StreamOptions,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<SentCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

/// A tool call that the model made earlier in the conversation.
#[derive(Serialize)]
struct SentCall<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: SentFunction<'a>,
}

#[derive(Serialize)]
struct SentFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

#[derive(Serialize)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a RawValue,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Request<'a> {
    pub(super) fn new(model: &'a str, prompt: &'a ChatPrompt) -> Self {
        Self {
            model,
            messages: prompt.messages.iter().map(Message::of).collect(),
            tools: prompt.tools.iter().map(Tool::of).collect(),
            // some providers reject a conversation with tool calls when the tools are missing, so they are sent but
            // disabled
            tool_choice: (!prompt.tools.is_empty() && !prompt.may_call).then_some("none"),
            max_tokens: prompt.max_output_tokens,
            temperature: prompt.temperature,
            stream: true,
            stream_options: StreamOptions {
                include_usage: true,
            },
        }
    }
}

impl<'a> Message<'a> {
    fn of(message: &'a PromptMessage) -> Self {
        let (calls, answers) = match message {
            PromptMessage::Assistant { calls, .. } => (calls.as_slice(), None),
            PromptMessage::Tool { reference, .. } => (&[][..], Some(reference.as_str())),
            PromptMessage::System(_) | PromptMessage::User(_) => (&[][..], None),
        };
        Self {
            role: message.role().name(),
            content: message.text(),
            tool_calls: calls.iter().map(SentCall::of).collect(),
            tool_call_id: answers,
        }
    }
}

impl<'a> SentCall<'a> {
    fn of(call: &'a ModelCall) -> Self {
        Self {
            id: &call.reference,
            kind: "function",
            function: SentFunction {
                name: &call.name,
                arguments: &call.arguments,
            },
        }
    }
}

impl<'a> Tool<'a> {
    fn of(tool: &'a OfferedTool) -> Self {
        Self {
            kind: "function",
            function: Function {
                name: &tool.name,
                description: &tool.text.description,
                parameters: &tool.text.input_schema,
            },
        }
    }
}

/// One event of the stream. Texts are borrowed from it unless they contain escapes.
#[derive(Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(default, borrow)]
    pub(super) choices: Choices<'a>,
    pub(super) usage: Option<Usage>,
    pub(super) error: Option<ProviderError>,
}

/// The first of the choices. One choice is requested, so the others are ignored.
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
    /// Owned, because tool calls are rare.
    pub(super) tool_calls: Option<Vec<CallPiece>>,
}

/// A piece of a tool call. The first piece has the id and the name; every piece has a part of the arguments.
#[derive(Deserialize)]
pub(super) struct CallPiece {
    pub(super) index: Option<usize>,
    pub(super) id: Option<String>,
    pub(super) function: Option<FunctionPiece>,
}

#[derive(Deserialize)]
pub(super) struct FunctionPiece {
    pub(super) name: Option<String>,
    pub(super) arguments: Option<String>,
}

/// A borrowed text. Serde would copy a `Cow` that is directly inside an `Option`.
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

/// The body of an error response.
#[derive(Deserialize)]
pub(super) struct ErrorBody {
    pub(super) error: ProviderError,
}

/// The error that the provider reports. Only for the log, because it may quote the prompt.
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
    /// Whether the provider's type or code of the error is `name`.
    pub(super) fn is(&self, name: &str) -> bool {
        self.kind.as_deref() == Some(name)
            || self.code.as_ref().and_then(serde_json::Value::as_str) == Some(name)
    }
}
