//! What a model takes, by its settings and by what was learnt from refusals.

use std::collections::BTreeSet;

use super::{
    refusal::{Meaning, Refusal},
    words::ProviderWords,
};
use crate::domain::{ModelParameters, SystemRole, TokenField};

/// What the requests to a model may contain.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::adapter) struct RequestProfile {
    /// The settings, without what was refused since.
    pub(in crate::adapter) parameters: ModelParameters,
    /// Members of earlier answers that the provider does not take back.
    pub(in crate::adapter) refused_members: BTreeSet<String>,
}

/// A part of a request that can be left out or sent in another way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::adapter) enum Part {
    MaxTokens,
    MaxCompletionTokens,
    Temperature,
    StreamOptions,
    ToolChoice,
    ParallelTools,
    StructuredOutput,
    ReasoningEffort,
    Thinking,
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
    pub(in crate::adapter) fn refused_part(
        &self,
        refusal: &Refusal,
        members: &BTreeSet<String>,
    ) -> Option<Part> {
        let (parameters, words) = (&self.parameters, &refusal.words);
        let may_name_a_part = matches!(
            refusal.meaning(),
            Meaning::Refused | Meaning::NotFound | Meaning::ProviderProblem
        );
        if !may_name_a_part {
            return None;
        }
        if parameters.tools && (words.has_any(&NO_TOOLS) || words.is_about("tools")) {
            return Some(Part::Tools);
        }
        // a server with a problem may mention anything
        if !refusal.status.is_client_error() {
            return None;
        }
        if parameters.system_role == SystemRole::System && words.has_any(&NO_SYSTEM) {
            return Some(Part::SystemRole);
        }
        self.mentioned(words, members)
    }

    /// The part whose name is mentioned first.
    fn mentioned(&self, words: &ProviderWords, members: &BTreeSet<String>) -> Option<Part> {
        let parameters = &self.parameters;
        let field = match parameters.token_field {
            TokenField::MaxTokens => Some(("max_tokens", Part::MaxTokens)),
            TokenField::MaxCompletionTokens => {
                Some(("max_completion_tokens", Part::MaxCompletionTokens))
            }
            TokenField::Neither => None,
        };
        let sent = parameters_sent(parameters);
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
    pub(in crate::adapter) fn without(&self, part: &Part, tried: &[Part]) -> Self {
        let mut profile = self.clone();
        let parameters = &mut profile.parameters;
        match part {
            Part::MaxTokens if !tried.contains(&Part::MaxCompletionTokens) => {
                parameters.token_field = TokenField::MaxCompletionTokens;
            }
            Part::MaxCompletionTokens if !tried.contains(&Part::MaxTokens) => {
                parameters.token_field = TokenField::MaxTokens;
            }
            Part::MaxTokens | Part::MaxCompletionTokens => {
                parameters.token_field = TokenField::Neither;
            }
            Part::Temperature => parameters.temperature = false,
            Part::StreamOptions => parameters.stream_options = false,
            Part::ToolChoice => parameters.tool_choice = false,
            Part::ParallelTools => parameters.parallel_tools = true,
            Part::StructuredOutput => parameters.structured_output = false,
            Part::ReasoningEffort => parameters.reasoning_effort = None,
            Part::Thinking => parameters.thinking_tokens = None,
            Part::Tools => parameters.tools = false,
            Part::SystemRole => parameters.system_role = SystemRole::User,
            Part::Member(name) => {
                profile.refused_members.insert(name.clone());
            }
        }
        profile
    }
}

/// The parameters that requests may contain, each with whether it does, and the name in refusals.
fn parameters_sent(parameters: &ModelParameters) -> [(bool, &'static str, Part); 10] {
    [
        (parameters.temperature, "temperature", Part::Temperature),
        (
            parameters.stream_options,
            "stream_options",
            Part::StreamOptions,
        ),
        (
            parameters.stream_options,
            "include_usage",
            Part::StreamOptions,
        ),
        (
            parameters.tools && parameters.tool_choice,
            "tool_choice",
            Part::ToolChoice,
        ),
        (
            !parameters.parallel_tools,
            "parallel_tool_calls",
            Part::ParallelTools,
        ),
        (
            parameters.structured_output,
            "response_format",
            Part::StructuredOutput,
        ),
        (
            parameters.structured_output,
            "json_schema",
            Part::StructuredOutput,
        ),
        (
            parameters.reasoning_effort.is_some(),
            "reasoning_effort",
            Part::ReasoningEffort,
        ),
        (
            parameters.reasoning_effort.is_some(),
            "output_config",
            Part::ReasoningEffort,
        ),
        (
            parameters.thinking_tokens.is_some(),
            "budget_tokens",
            Part::Thinking,
        ),
    ]
}

impl Part {
    /// The setting of `models.chat` that avoids the refused request.
    pub(in crate::adapter) fn setting(&self) -> &'static str {
        match self {
            Self::MaxTokens => "token_field: max_completion_tokens",
            Self::MaxCompletionTokens => "token_field: max_tokens",
            Self::Temperature => "temperature: false",
            Self::StreamOptions => "stream_options: false",
            Self::ToolChoice => "tool_choice: false",
            Self::ParallelTools => "parallel_tools: true",
            Self::StructuredOutput => "structured_output: false",
            Self::ReasoningEffort => "reasoning_effort, left out",
            Self::Thinking => "thinking_tokens, left out",
            Self::Tools => "tools: false",
            Self::SystemRole => "system_role: user",
            Self::Member(_) => "none, it is learnt at each start",
        }
    }
}
