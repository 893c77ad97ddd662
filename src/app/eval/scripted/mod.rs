//! Chat models of evaluations: they reply what the cases' scripts say.

mod reference;
mod script_book;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use serde_json::Value;

use self::reference::NewestResult;
pub(super) use self::script_book::{ScriptBook, ScriptUse, TurnScript};
use super::case_file::{ScriptedCall, ScriptedFinish, ScriptedReply};
use crate::{
    config::ModelsConfig,
    domain::{CallExtra, FinishReason, ModelCall, ModelProvider},
    engine::{ModelEntry, Models, Price},
    error::{Error, Result},
    port::{ChatModel, ChatPrompt, ModelEvent, ModelIdentity, ModelStream, Readiness, TokenCounts},
};

/// The provider of scripted models. The key that an account has for it names the account, so that a request finds the
/// script of its case.
pub(super) const PROVIDER: &str = "scripted";
/// The origin of a provider without an address.
const ORIGIN: &str = "script://cases";
/// The context window, which no case fills.
const CONTEXT_TOKENS: usize = 128_000;
/// The ratio with which tokens are counted.
const CHARACTERS_PER_TOKEN: usize = 4;

/// A model that replies from the script of the case that asks.
struct ScriptedModel {
    book: Arc<ScriptBook>,
}

/// Scripted models under every name that a template may use.
pub(super) fn models(config: &ModelsConfig, book: &Arc<ScriptBook>) -> Models {
    let entry = ModelEntry {
        model: Arc::new(ScriptedModel {
            book: Arc::clone(book),
        }),
        price: Price::default(),
        provider: Some(ModelProvider {
            name: PROVIDER.to_owned(),
            origin: ORIGIN.to_owned(),
        }),
        identity: Arc::new(ModelIdentity {
            provider: PROVIDER,
            model: PROVIDER.to_owned(),
            server: None,
        }),
    };
    let entries = config.names().map(|name| (name.to_owned(), entry.clone()));
    Models::new(entries.collect::<BTreeMap<_, _>>())
}

#[async_trait]
impl ChatModel for ScriptedModel {
    async fn stream(&self, prompt: ChatPrompt) -> Result<ModelStream> {
        let reply = self.book.reply(&prompt)?;
        let read = prompt.count_tokens(self);
        let events = events(reply, &prompt)?;
        let written = events.iter().map(|event| match event {
            ModelEvent::Text(text) => self.count_tokens(text),
            ModelEvent::Call(call) => self.count_tokens(&call.arguments),
            ModelEvent::Reasoning(_) | ModelEvent::Usage(_) | ModelEvent::Finished { .. } => 0,
        });
        let usage = ModelEvent::Usage(TokenCounts {
            input: u64::try_from(read).ok(),
            output: u64::try_from(written.sum::<usize>()).ok(),
            ..TokenCounts::default()
        });
        // the usage comes before the end, which is the last event
        let at = events.len().saturating_sub(1);
        let mut events = events;
        events.insert(at, usage);
        Ok(stream::iter(events.into_iter().map(Ok)).boxed())
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.chars().count().div_ceil(CHARACTERS_PER_TOKEN)
    }

    fn context_tokens(&self) -> usize {
        CONTEXT_TOKENS
    }

    fn readiness(&self) -> Readiness {
        Readiness::Ready
    }

    fn calls_tools(&self) -> bool {
        true
    }
}

/// The events of a reply, the end last.
fn events(reply: ScriptedReply, prompt: &ChatPrompt) -> Result<Vec<ModelEvent>> {
    if let Some(error) = reply.error {
        return Err(Error::unavailable(error));
    }
    let results = NewestResult::of(prompt);
    let text = match reply.json {
        Some(json) => Some(results.resolve(&json).to_string()),
        None => reply.text.map(|text| results.fill(&text)),
    };
    let words = text.as_deref().unwrap_or_default().split_inclusive(' ');
    let mut events: Vec<_> = words
        .map(|word| ModelEvent::Text(word.to_owned()))
        .collect();
    for (number, call) in reply.calls.iter().enumerate() {
        events.push(ModelEvent::Call(model_call(number, call, prompt, &results)));
    }
    events.push(ModelEvent::finished(match reply.finish {
        None => FinishReason::Stop,
        Some(ScriptedFinish::Length) => FinishReason::Length,
        Some(ScriptedFinish::ContentFilter) => FinishReason::ContentFilter,
    }));
    Ok(events)
}

fn model_call(
    number: usize,
    call: &ScriptedCall,
    prompt: &ChatPrompt,
    results: &NewestResult,
) -> ModelCall {
    let arguments = match results.resolve(&call.arguments) {
        Value::String(text) => text,
        Value::Null => "{}".to_owned(),
        arguments => arguments.to_string(),
    };
    ModelCall {
        // unique among all requests of a run: earlier calls are in the prompt
        reference: format!("call_{}_{number}", prompt.messages.len()),
        name: offered_name(&call.tool, prompt),
        arguments,
        extra: CallExtra::default(),
    }
}

/// The name under which a tool is offered; the name itself if it is not offered.
fn offered_name(tool: &str, prompt: &ChatPrompt) -> String {
    let names = || prompt.tools.iter().map(|offered| offered.name.as_str());
    let is_of_server = |name: &&str| {
        let on_server = name.rsplit_once("__").map(|(_, on_server)| on_server);
        on_server == Some(tool)
    };
    let found = names().find(|name| *name == tool);
    found
        .or_else(|| names().find(is_of_server))
        .unwrap_or(tool)
        .to_owned()
}
