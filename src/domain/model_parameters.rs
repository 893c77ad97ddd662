//! What a chat model takes: the settings of an entry of `models.chat`.

/// What a model takes. A parameter that the provider refuses is left out for the life of the process, too; the settings
/// avoid the refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent setting of an entry of models.chat"
)]
pub struct ModelParameters {
    /// `token_field`: the field for the output limit. Default: `max_tokens`.
    pub token_field: TokenField,
    /// `temperature`: whether it is sent. Default: true.
    pub temperature: bool,
    /// `stream_options`: whether they are sent, to ask for the token usage. Default: true.
    pub stream_options: bool,
    /// `tools`: whether the model calls tools. Default: true.
    pub tools: bool,
    /// `tool_choice`: whether it is sent. Default: true.
    pub tool_choice: bool,
    /// `parallel_tools`: whether the model may call several tools at once. Default: true.
    pub parallel_tools: bool,
    /// `structured_output`: whether the provider is held to the JSON Schema of an extraction. Default: true.
    pub structured_output: bool,
    /// `reasoning_effort`: its value, e.g. `low`. Default: it is not sent.
    pub reasoning_effort: Option<String>,
    /// `thinking_tokens`: the number of tokens that the model may think before it answers. Default: it is not sent.
    pub thinking_tokens: Option<usize>,
    /// `system_role`: `system`, or `user` for models without a system prompt. Default: `system`.
    pub system_role: SystemRole,
}

/// The field for the maximum number of output tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenField {
    /// `max_tokens`.
    MaxTokens,
    /// `max_completion_tokens`.
    MaxCompletionTokens,
    /// `none`: no limit is sent. A longer answer is cut off here.
    Neither,
}

/// The role of the system prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemRole {
    /// A message of the role `system`.
    System,
    /// The beginning of the user's first message.
    User,
}

impl Default for ModelParameters {
    fn default() -> Self {
        Self {
            token_field: TokenField::MaxTokens,
            temperature: true,
            stream_options: true,
            tools: true,
            tool_choice: true,
            parallel_tools: true,
            structured_output: true,
            reasoning_effort: None,
            thinking_tokens: None,
            system_role: SystemRole::System,
        }
    }
}
