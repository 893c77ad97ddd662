//! The body of a request to `/v1/messages`.
//!
//! Its shape satisfies the strictest readers: the roles alternate and the first one is `user`, the results of a step's
//! calls are one message, no text is blank, and every call has an id of its own among all messages.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::{Map, Value, json, value::RawValue};

use super::blocks::LAYOUT;
use crate::{
    adapter::model_provider::{NO_CONTENT, RequestProfile},
    domain::{ModelCall, SystemRole},
    port::{ChatPrompt, OfferedTool, OutputSchema, PromptMessage},
};

/// The maximum temperature of the API.
const HIGHEST_TEMPERATURE: f64 = 1.0;

/// The request body.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    model: &'a str,
    max_tokens: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    messages: Vec<SentMessage>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<Value>,
    stream: bool,
}

#[derive(Serialize)]
struct SentMessage {
    role: &'static str,
    content: Vec<Value>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: InputSchema<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum InputSchema<'a> {
    OfTool(&'a RawValue),
    OfOutput(&'a Value),
}

impl<'a> Request<'a> {
    /// The request for a prompt, with what the model takes.
    pub(super) fn new(model: &'a str, prompt: &'a ChatPrompt, profile: &'a RequestProfile) -> Self {
        let parameters = &profile.parameters;
        let has_tools = parameters.tools && !prompt.tools.is_empty();
        let tools: &[OfferedTool] = if has_tools { &prompt.tools } else { &[] };
        // the answer is held to a schema as the input of a tool that must be called, which excludes thinking
        let output = prompt
            .output
            .as_ref()
            .filter(|_| parameters.tools && parameters.structured_output);
        let thinking_tokens = parameters.thinking_tokens.filter(|_| output.is_none());
        let effort = parameters.reasoning_effort.as_deref();
        let effort = effort.filter(|_| output.is_none());
        let thinking = match (thinking_tokens, effort) {
            (Some(budget), _) => Some(json!({"type": "enabled", "budget_tokens": budget})),
            (None, Some(_)) => Some(json!({"type": "adaptive"})),
            (None, None) => None,
        };
        let list = MessageList::of(prompt, profile);
        Self {
            model,
            // the budget of the thinking is a part of the limit
            max_tokens: prompt.max_output_tokens + thinking_tokens.unwrap_or_default(),
            system: list.system,
            messages: list.messages,
            tools: match output {
                Some(output) => vec![Tool::of_output(output)],
                None => tools.iter().map(Tool::of).collect(),
            },
            tool_choice: match output {
                Some(output) => Some(json!({"type": "tool", "name": output.name})),
                None if has_tools && parameters.tool_choice => tool_choice(prompt, profile),
                None => None,
            },
            // a model that thinks takes none
            temperature: (parameters.temperature && thinking.is_none())
                .then(|| prompt.temperature.min(HIGHEST_TEMPERATURE)),
            thinking,
            output_config: effort.map(|effort| json!({"effort": effort})),
            stream: true,
        }
    }
}

/// How the model may call tools; `None` for the default, any number of calls.
fn tool_choice(prompt: &ChatPrompt, profile: &RequestProfile) -> Option<Value> {
    if !prompt.may_call {
        return Some(json!({"type": "none"}));
    }
    let one_at_a_time = json!({"type": "auto", "disable_parallel_tool_use": true});
    (!profile.parameters.parallel_tools).then_some(one_at_a_time)
}

/// The messages, as they are built.
struct MessageList<'a> {
    profile: &'a RequestProfile,
    system: Option<String>,
    messages: Vec<SentMessage>,
    /// The ids of the last step's calls, by their references.
    ids: HashMap<&'a str, String>,
    used_ids: HashSet<String>,
}

impl<'a> MessageList<'a> {
    fn of(prompt: &'a ChatPrompt, profile: &'a RequestProfile) -> Self {
        let mut list = Self {
            profile,
            system: None,
            messages: Vec::new(),
            ids: HashMap::new(),
            used_ids: HashSet::new(),
        };
        for message in &prompt.messages {
            list.add(message);
        }
        list
    }

    fn add(&mut self, message: &'a PromptMessage) {
        let has_tools = self.profile.parameters.tools;
        match message {
            PromptMessage::System(text) if text.trim().is_empty() => {}
            PromptMessage::System(text)
                if self.profile.parameters.system_role == SystemRole::User =>
            {
                self.push("user", text_block(text));
            }
            PromptMessage::System(text) => match &mut self.system {
                Some(system) => *system = format!("{system}\n\n{text}"),
                None => self.system = Some(text.clone()),
            },
            PromptMessage::User(text) => self.push("user", text_block(text)),
            PromptMessage::Assistant { text, calls, extra } => {
                let calls: &[ModelCall] = if has_tools { calls } else { &[] };
                self.add_answer(text, calls, extra);
            }
            PromptMessage::Tool { text, .. } if !has_tools => {
                self.push("user", text_block(&format!("A tool answered: {text}")));
            }
            PromptMessage::Tool { reference, text } => {
                let text = if text.trim().is_empty() {
                    NO_CONTENT
                } else {
                    text
                };
                let id = self.ids.get(reference.as_str());
                let id = id.map_or(reference.as_str(), String::as_str);
                let result = json!({"type": "tool_result", "tool_use_id": id, "content": text});
                self.push("user", Some(result));
            }
        }
    }

    /// An earlier answer: its blocks as they came if the model thought, else the text and the calls.
    fn add_answer(&mut self, text: &str, calls: &'a [ModelCall], extra: &'a Map<String, Value>) {
        self.ids.clear();
        for call in calls {
            let id = self.new_id(&call.reference);
            self.ids.insert(&call.reference, id);
        }
        let layout = extra.get(LAYOUT).and_then(Value::as_array);
        let layout = layout.filter(|_| !self.profile.refused_members.contains(LAYOUT));
        let mut sent: Vec<&str> = Vec::new();
        for block in layout.into_iter().flatten() {
            match block.get("type").and_then(Value::as_str) {
                Some("tool_use") => {
                    let id = block.get("id").and_then(Value::as_str);
                    let mut calls = calls.iter();
                    if let Some(call) = calls.find(|call| Some(call.reference.as_str()) == id) {
                        sent.push(&call.reference);
                        self.push("assistant", Some(self.call_block(call)));
                    }
                }
                Some("text") => {
                    let text = block.get("text").and_then(Value::as_str);
                    self.push("assistant", text.and_then(text_block));
                }
                _ => self.push("assistant", Some(block.clone())),
            }
        }
        if layout.is_none() {
            self.push("assistant", text_block(text));
        }
        for call in calls {
            if !sent.contains(&call.reference.as_str()) {
                self.push("assistant", Some(self.call_block(call)));
            }
        }
    }

    fn call_block(&self, call: &ModelCall) -> Value {
        let input = serde_json::from_str::<Value>(&call.arguments).unwrap_or_default();
        let input = if input.is_object() { input } else { json!({}) };
        let id = self.ids.get(call.reference.as_str());
        json!({"type": "tool_use", "id": id, "name": call.name, "input": input})
    }

    /// An id of letters, digits, `_` and `-` that no other call of the prompt has. Another model may have made the call.
    fn new_id(&mut self, reference: &str) -> String {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let plain: String = reference
            .chars()
            .map(|c| if is_allowed(c) { c } else { '_' })
            .collect();
        let mut id = if plain.is_empty() {
            "toolu".to_owned()
        } else {
            plain.clone()
        };
        let mut number = 2;
        while !self.used_ids.insert(id.clone()) {
            id = format!("{plain}_{number}");
            number += 1;
        }
        id
    }

    /// Adds a block to the last message if it has this role, else to a new one.
    fn push(&mut self, role: &'static str, block: Option<Value>) {
        let Some(block) = block else {
            return;
        };
        match self.messages.last_mut() {
            Some(last) if last.role == role => last.content.push(block),
            // the first message is the user's
            None if role == "assistant" => {}
            _ => self.messages.push(SentMessage {
                role,
                content: vec![block],
            }),
        }
    }
}

/// A text; none when it is blank.
fn text_block(text: &str) -> Option<Value> {
    (!text.trim().is_empty()).then(|| json!({"type": "text", "text": text}))
}

impl<'a> Tool<'a> {
    fn of(tool: &'a OfferedTool) -> Self {
        Self {
            name: &tool.name,
            description: &tool.text.description,
            input_schema: InputSchema::OfTool(&tool.text.input_schema),
        }
    }

    fn of_output(output: &'a OutputSchema) -> Self {
        Self {
            name: output.name,
            description: "The answer.",
            input_schema: InputSchema::OfOutput(&output.schema),
        }
    }
}
