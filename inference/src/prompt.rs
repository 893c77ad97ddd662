//! What a caller asks: the conversation so far, and how to continue it.

use crate::SubmitError;

/// A conversation to be continued by one answer.
#[derive(Debug, Clone)]
pub struct ChatPrompt {
    /// The conversation, oldest message first.
    pub messages: Vec<PromptMessage>,
    /// The most tokens the answer may have; the context's end may come earlier.
    pub max_tokens: usize,
    /// How the next token is chosen.
    pub sampling: Sampling,
    /// Texts that end the answer; they are not part of it. Empty strings are ignored.
    pub stop: Vec<String>,
}

impl ChatPrompt {
    /// Refuses settings that could not give an answer.
    pub(crate) fn check(&self) -> Result<(), SubmitError> {
        if self.max_tokens == 0 {
            return Err(SubmitError::BadSetting("max_tokens must be at least 1"));
        }
        self.sampling.check()
    }
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptMessage {
    /// Who speaks.
    pub role: Role,
    /// What was said. The model's special tokens are removed from it, so that no text can
    /// pretend to be another role.
    pub content: String,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Instructions; chat templates expect them first.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The name that chat templates know the role by.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// How the next token is chosen from the model's scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// 0 always takes the best token; higher is more varied.
    pub temperature: f32,
    /// Choose among the likeliest tokens that make up this share of the probability, 0 to 1.
    pub top_p: f32,
    /// Divides the scores of recently written tokens; 1 changes nothing.
    pub repetition_penalty: f32,
    /// The same seed, prompt and settings give the same answer.
    pub seed: u64,
}

impl Sampling {
    /// Small models fall into loops without a modest penalty.
    pub const DEFAULT_REPETITION_PENALTY: f32 = 1.1;

    /// Always the best token, with the default repetition penalty.
    pub fn greedy() -> Self {
        Self {
            temperature: 0.0,
            top_p: 1.0,
            repetition_penalty: Self::DEFAULT_REPETITION_PENALTY,
            seed: 0,
        }
    }

    /// Refuses values that would make the choice meaningless, `NaN` included.
    fn check(&self) -> Result<(), SubmitError> {
        if !(self.temperature >= 0.0 && self.temperature.is_finite()) {
            return Err(SubmitError::BadSetting("temperature must be 0 or more"));
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return Err(SubmitError::BadSetting(
                "top_p must be above 0 and at most 1",
            ));
        }
        if !(self.repetition_penalty >= 1.0 && self.repetition_penalty.is_finite()) {
            return Err(SubmitError::BadSetting(
                "repetition_penalty must be 1 or more",
            ));
        }
        Ok(())
    }
}
