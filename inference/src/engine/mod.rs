//! The engine: one model, one thread, a bounded queue, and a few conversations at a time.

mod call_constraint;
mod conversation;
mod owner;
mod queue;
#[cfg(test)]
mod tests;
mod ticket;

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

pub use ticket::Ticket;

use crate::grammar::Matcher;
use crate::model::{Gguf, Model};
use crate::text::{ChatTemplate, Tokenizer};
use crate::{CallFormat, ChatPrompt, LoadError, PromptMessage, PromptTool, Sink, SubmitError};
use call_constraint::CallConstraint;
use conversation::{Constraint, Conversation, NewConversation};
use owner::Owner;
use queue::{Queue, Refused};

/// The limits of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineOptions {
    /// The maximum number of tokens of a prompt and its answer together; at most the number that the model was trained
    /// for. A conversation's memory grows with its length.
    pub context: usize,
    /// The number of conversations that advance together; at least 1.
    pub batch: usize,
    /// The maximum number of waiting prompts; at least 1.
    pub waiting: usize,
    /// The number of prompt tokens that are read between two steps of the running answers. A smaller number keeps
    /// running streams smoother, a larger one reads prompts faster.
    pub prompt_chunk: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            context: 2048,
            batch: 4,
            waiting: 32,
            prompt_chunk: 128,
        }
    }
}

/// A loaded chat model. Dropping it cancels all answers and joins its thread.
pub struct Engine {
    shared: Arc<Shared>,
    context: usize,
    /// The number of weights.
    parameters: usize,
    /// The only thread: the matrix products start no others.
    thread: Option<JoinHandle<()>>,
}

/// The state shared by callers and the engine's thread.
struct Shared {
    model: Model,
    tokenizer: Tokenizer,
    template: ChatTemplate,
    queue: Queue<Conversation>,
}

impl Engine {
    /// Loads the model and starts the engine's thread. It blocks for about a second and reads the whole file.
    pub fn start(path: &Path, options: EngineOptions) -> Result<Self, LoadError> {
        let mut file = Gguf::open(path)?;
        let tokenizer = Tokenizer::load(&file)?;
        let template = tokenizer.chat_template(&file)?;
        let model = Model::load(&mut file, tokenizer.size())?;
        let context = options.context.min(model.trained_context());
        let parameters = file.parameters();
        let queue = Queue::new(options.waiting.max(1));
        let shared = Arc::new(Shared {
            model,
            tokenizer,
            template,
            queue,
        });

        let owner = Owner::new(Arc::clone(&shared), options);
        let thread = thread::Builder::new().name("inference".to_owned());
        let thread = Some(
            thread
                .spawn(move || owner.run())
                .map_err(LoadError::Thread)?,
        );
        Ok(Self {
            shared,
            context,
            parameters,
            thread,
        })
    }

    /// Queues a prompt. The sink is called on the engine's thread, from the first text to the last piece; if this
    /// returns an error, it is never called. Rendering and tokenizing run on the caller's thread, a few milliseconds
    /// for a long prompt.
    pub fn submit(&self, prompt: ChatPrompt, sink: Sink) -> Result<Ticket, SubmitError> {
        prompt.check()?;
        let tokens = self.tokenise(&prompt.messages, &prompt.tools)?;
        let limit = self.context.saturating_sub(1);
        if tokens.len() > limit {
            return Err(SubmitError::PromptTooLong {
                tokens: tokens.len(),
                limit,
            });
        }
        let calls = self.call_format();
        let calls = calls.and_then(|format| CallConstraint::new(format, prompt.tools));
        let constraint = match (prompt.grammar, calls) {
            (Some(grammar), _) => Constraint::Whole(Matcher::new(grammar)),
            (None, Some(calls)) => Constraint::Calls(calls),
            (None, None) => Constraint::None,
        };
        let ticket = Ticket::new();
        let conversation = Conversation::new(NewConversation {
            cache: self.shared.model.cache(),
            max_tokens: prompt.max_tokens.min(self.context - tokens.len()),
            prompt: tokens,
            sampling: prompt.sampling,
            stop: prompt.stop,
            constraint,
            ticket: ticket.clone(),
            sink,
        });
        let offered = self.shared.queue.offer(conversation);
        offered.map_err(|(conversation, refused)| {
            conversation.discard();
            match refused {
                Refused::Full { waiting } => SubmitError::Busy { waiting },
                Refused::Closed => SubmitError::Stopped,
            }
        })?;
        Ok(ticket)
    }

    /// The number of tokens of a text.
    pub fn count_tokens(&self, text: &str) -> Result<usize, SubmitError> {
        let tokens = self
            .shared
            .tokenizer
            .encode(text)
            .map_err(SubmitError::Tokenizer)?;
        Ok(tokens.len())
    }

    /// The number of tokens of a rendered conversation, as `submit` counts it.
    pub fn count_prompt_tokens(&self, messages: &[PromptMessage]) -> Result<usize, SubmitError> {
        Ok(self.tokenise(messages, &[])?.len())
    }

    /// The maximum number of tokens of a prompt and its answer together.
    pub fn context(&self) -> usize {
        self.context
    }

    /// The format in which the model calls tools; none when its chat template has no tools.
    pub fn call_format(&self) -> Option<CallFormat> {
        self.shared.template.call_format()
    }

    /// The number of weights of the model.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    fn tokenise(
        &self,
        messages: &[PromptMessage],
        tools: &[PromptTool],
    ) -> Result<Vec<u32>, SubmitError> {
        let rendered = self
            .shared
            .template
            .render(messages, tools)
            .map_err(SubmitError::Template)?;
        let tokens = self.shared.tokenizer.encode_prompt(&rendered);
        let tokens = tokens.map_err(SubmitError::Tokenizer)?;
        if tokens.is_empty() {
            return Err(SubmitError::BadSetting("the prompt is empty"));
        }
        Ok(tokens)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shared.queue.close();
        // the sink may hold the last reference, so this may run on the engine's thread, which cannot join itself
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            // a panic on that thread has already ended its conversations
            drop(thread.join());
        }
    }
}
