//! What a model takes: settings of `models.chat`, and what was learnt from refusals.

use std::collections::BTreeSet;

use super::{
    refusal::{Meaning, Refusal},
    words::ProviderWords,
};

/// What the requests to a model may contain.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent setting of models.chat"
)]
pub struct RequestProfile {
    /// The field for the maximum number of output tokens.
    pub token_field: TokenField,
    /// Whether the sampling temperature is sent.
    pub temperature: bool,
    /// Whether `stream_options` is sent, which asks for the token usage.
    pub stream_options: bool,
    /// Whether the model takes tools.
    pub tools: bool,
    /// Whether `tool_choice` is sent.
    pub tool_choice: bool,
    /// Whether the model may call several tools at once. When false, `parallel_tool_calls: false` is sent.
    pub parallel_tools: bool,
    /// The value of `reasoning_effort`, if it is sent.
    pub reasoning_effort: Option<String>,
    /// The role of the system prompt.
    pub system_role: SystemRole,
    /// Members of earlier answers that the provider does not take back.
    pub refused_members: BTreeSet<String>,
}

/// The field for the maximum number of output tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenField {
    /// `max_tokens`: all providers but OpenAI's newer models.
    MaxTokens,
    /// `max_completion_tokens`: OpenAI's reasoning models.
    MaxCompletionTokens,
    /// Neither is sent.
    Neither,
}

/// The role of the system prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemRole {
    /// A message of the role `system`.
    System,
    /// The beginning of the first message of the user, for models without a system prompt.
    User,
}

impl Default for RequestProfile {
    fn default() -> Self {
        Self {
            token_field: TokenField::MaxTokens,
            temperature: true,
            stream_options: true,
            tools: true,
            tool_choice: true,
            parallel_tools: true,
            reasoning_effort: None,
            system_role: SystemRole::System,
            refused_members: BTreeSet::new(),
        }
    }
}

/// A part of a request that can be left out or sent in another way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Part {
    MaxTokens,
    MaxCompletionTokens,
    Temperature,
    StreamOptions,
    ToolChoice,
    ParallelTools,
    ReasoningEffort,
    Tools,
    SystemRole,
    /// A member of an earlier answer.
    Member(String),
}

/// How providers say that a model takes no tools.
const NO_TOOLS: [&str; 12] = [
    "unknown field \"tools\"",
    "supplied: tools",
    "tools: extra inputs",
    "not support tool",
    "not support function",
    "tools is not supported",
    "tools are not supported",
    "tool use is not supported",
    "function calling is not",
    "support tool use",
    "enable-auto-tool-choice",
    "tools param requires",
];
/// How providers say that a model takes no system prompt.
const NO_SYSTEM: [&str; 6] = [
    "system role not supported",
    "does not support 'system'",
    "not support system",
    "system message",
    "developer instruction is not enabled",
    "system prompt is not supported",
];

impl RequestProfile {
    /// The part of the request that a refusal is about; `members` are the members of earlier answers in the request.
    /// `None` when another request would be refused as well.
    pub(super) fn refused_part(
        &self,
        refusal: &Refusal,
        members: &BTreeSet<String>,
    ) -> Option<Part> {
        let words = &refusal.words;
        let may_name_a_part = matches!(
            refusal.meaning(),
            Meaning::Refused | Meaning::NotFound | Meaning::ProviderProblem
        );
        if !may_name_a_part {
            return None;
        }
        if self.tools && (words.has_any(&NO_TOOLS) || words.is_about("tools")) {
            return Some(Part::Tools);
        }
        // a server with a problem may mention anything
        if !refusal.status.is_client_error() {
            return None;
        }
        if self.system_role == SystemRole::System && words.has_any(&NO_SYSTEM) {
            return Some(Part::SystemRole);
        }
        self.mentioned(words, members)
    }

    /// The part whose name is mentioned first.
    fn mentioned(&self, words: &ProviderWords, members: &BTreeSet<String>) -> Option<Part> {
        let field = match self.token_field {
            TokenField::MaxTokens => Some(("max_tokens", Part::MaxTokens)),
            TokenField::MaxCompletionTokens => {
                Some(("max_completion_tokens", Part::MaxCompletionTokens))
            }
            TokenField::Neither => None,
        };
        let sent = [
            (self.temperature, "temperature", Part::Temperature),
            (self.stream_options, "stream_options", Part::StreamOptions),
            (self.stream_options, "include_usage", Part::StreamOptions),
            (
                self.tools && self.tool_choice,
                "tool_choice",
                Part::ToolChoice,
            ),
            (
                !self.parallel_tools,
                "parallel_tool_calls",
                Part::ParallelTools,
            ),
            (
                self.reasoning_effort.is_some(),
                "reasoning_effort",
                Part::ReasoningEffort,
            ),
        ];
        let sent = sent
            .into_iter()
            .filter_map(|(is_sent, name, part)| is_sent.then_some((name, part)));
        let members = members
            .iter()
            .map(|name| (name.as_str(), Part::Member(name.clone())));
        let named = field.into_iter().chain(sent).chain(members);
        named
            .filter_map(|(name, part)| Some((words.position_of(name)?, part)))
            .min_by_key(|(position, _)| *position)
            .map(|(_, part)| part)
    }

    /// The profile without this part. `tried` are the parts that were refused before it.
    pub(super) fn without(&self, part: &Part, tried: &[Part]) -> Self {
        let mut profile = self.clone();
        match part {
            Part::MaxTokens if !tried.contains(&Part::MaxCompletionTokens) => {
                profile.token_field = TokenField::MaxCompletionTokens;
            }
            Part::MaxCompletionTokens if !tried.contains(&Part::MaxTokens) => {
                profile.token_field = TokenField::MaxTokens;
            }
            Part::MaxTokens | Part::MaxCompletionTokens => {
                profile.token_field = TokenField::Neither;
            }
            Part::Temperature => profile.temperature = false,
            Part::StreamOptions => profile.stream_options = false,
            Part::ToolChoice => profile.tool_choice = false,
            Part::ParallelTools => profile.parallel_tools = true,
            Part::ReasoningEffort => profile.reasoning_effort = None,
            Part::Tools => profile.tools = false,
            Part::SystemRole => profile.system_role = SystemRole::User,
            Part::Member(name) => {
                profile.refused_members.insert(name.clone());
            }
        }
        profile
    }
}

impl Part {
    /// The setting of `models.chat` that avoids the refused request.
    pub(super) fn setting(&self) -> &'static str {
        match self {
            Self::MaxTokens => "token_field: max_completion_tokens",
            Self::MaxCompletionTokens => "token_field: max_tokens",
            Self::Temperature => "temperature: false",
            Self::StreamOptions => "stream_options: false",
            Self::ToolChoice => "tool_choice: false",
            Self::ParallelTools => "parallel_tools: true",
            Self::ReasoningEffort => "reasoning_effort, left out",
            Self::Tools => "tools: false",
            Self::SystemRole => "system_role: user",
            Self::Member(_) => "none, it is learnt at each start",
        }
    }
}
