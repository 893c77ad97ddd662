//! Agents as tools of other agents and programs: each active agent is asked under its own tool name.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    MessageService, NewMessage,
    built_in_tool::{Called, note_call},
    limits::AccountLimits,
    tables::Tables,
};
use crate::{
    domain::{
        Actor, Agent, AgentFilter, AgentOrder, AgentOrderField, AgentStatus, ConversationId,
        MessageId, NumberedPassage, Operation, PageRequest, Permission, Run, RunId, TemplateSpec,
        ToolCallId, ToolCallStatus, ToolDefinition, check_json, client_schema,
    },
    error::{Error, Kind, Problem, Result},
    port::Clock,
    schema_checker::SchemaChecker,
};

/// The prefix of a tool's name; the agent's slug follows.
const PREFIX: &str = "ask_";
/// The maximum number of agents that are offered, the oldest first.
const MOST_AGENTS: u64 = 500;
/// The number of agents that are read at a time.
const PAGE: u64 = 100;
/// The maximum length of a tool's description, in bytes.
const LONGEST_ABOUT: usize = 2_000;

/// A call of an agent's tool.
#[derive(Debug, Clone)]
pub struct Question {
    /// The name of the agent's tool.
    pub tool: String,
    /// The tool's arguments.
    pub arguments: Value,
}

/// An agent's answer to a question.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentAnswer {
    /// The run that produced the answer.
    pub run: RunId,
    /// The conversation that the answer belongs to.
    pub conversation: ConversationId,
    /// The id of the answer's message.
    pub message: MessageId,
    /// The text of the answer.
    pub text: String,
    /// The sources that the text refers to, in the order of their numbers.
    pub citations: Vec<NumberedPassage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Arguments {
    message: String,
    conversation_id: Option<String>,
    context: Option<Value>,
    client_message_id: Option<String>,
}

/// Offers agents as tools.
#[derive(Clone)]
pub struct AgentToolService {
    pub(super) tables: Tables,
    pub(super) messages: MessageService,
    pub(super) schemas: SchemaChecker,
    pub(super) limits: AccountLimits,
    pub(super) clock: Arc<dyn Clock>,
}

impl AgentToolService {
    /// Every active agent of the account as a tool.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<ToolDefinition>> {
        let permission = actor.authorize(Operation::McpList)?;
        let store = self.tables.tenant(&permission);
        let filter = AgentFilter {
            status: Some(vec![AgentStatus::Active]),
            ..AgentFilter::default()
        };
        let order = AgentOrder {
            field: AgentOrderField::CreatedAt,
            descending: false,
        };
        let mut request = PageRequest {
            limit: PAGE,
            after: None,
            before: None,
            from_end: false,
        };
        let mut tools = Vec::new();
        loop {
            let page = store.agents(&filter, order, &request).await?;
            for agent in &page.items {
                let template = self.template_of(&permission, agent).await?;
                tools.push(definition(agent, &template));
            }
            let enough = u64::try_from(tools.len()).is_ok_and(|tools| tools >= MOST_AGENTS);
            match page.items.last().filter(|_| page.has_next && !enough) {
                Some(last) => request.after = Some(order.position(last)),
                None => return Ok(tools),
            }
        }
    }

    /// Asks an agent, as a message of the account. The run is followed like any other. `None` when no active agent has
    /// a tool of that name.
    pub async fn ask(&self, actor: &Actor, question: &Question) -> Result<Option<Run>> {
        let permission = actor.authorize(Operation::McpAsk)?;
        let store = self.tables.tenant(&permission);
        self.limits.count_mcp_call(permission.account()).await?;
        let agent = match question.tool.strip_prefix(PREFIX) {
            Some(slug) => store.agent_by_slug(slug).await?,
            None => None,
        };
        let Some(agent) = agent.filter(|agent| agent.status == AgentStatus::Active) else {
            return Ok(None);
        };
        let template = self.template_of(&permission, &agent).await?;
        let schema = definition(&agent, &template).input_schema;
        let mut problems = check_json("arguments", &question.arguments);
        if problems.is_empty() {
            problems = self.schemas.check(&schema, &question.arguments, "").await?;
        }
        super::refuse(problems)?;
        let asked: Arguments =
            serde_json::from_value(question.arguments.clone()).map_err(|cause| {
                Error::internal("read the arguments of a question").with_source(cause)
            })?;
        let conversation = asked.conversation_id.as_deref();
        let new = NewMessage {
            text: asked.message,
            agent: Some(agent.id),
            conversation: conversation
                .map(|id| ConversationId::parse("conversationId", id))
                .transpose()?,
            end_user: None,
            context: asked.context,
            client_message_id: asked.client_message_id,
            allow_tools: None,
            private: false,
        };
        let began = self.clock.now();
        let sent = self.messages.send(actor, Operation::McpAsk, new).await;
        let run = sent.map_err(in_the_tools_words)?;
        let duration = self.clock.now() - began;
        note_call(
            &store,
            self.clock.as_ref(),
            &permission,
            Called {
                kind: "agents",
                tool: &question.tool,
                subject: Some(run.id.to_string()),
                agent: Some(agent.id),
                conversation: Some(run.conversation),
                arguments: &question.arguments,
                outcome: "STARTED",
                duration_ms: duration.num_milliseconds(),
            },
        )
        .await?;
        Ok(Some(run))
    }

    /// The answer of a run that has succeeded.
    pub async fn answer(&self, actor: &Actor, id: RunId) -> Result<AgentAnswer> {
        let permission = actor.authorize(Operation::Run)?;
        let store = self.tables.tenant(&permission);
        let missing = || Error::not_found("answer");
        let run = store.runs_by_ids(&[id]).await?.pop().ok_or_else(missing)?;
        let message = run.answer.ok_or_else(missing)?;
        let found = store.messages_by_ids(&[message]).await?.pop();
        let found = found.ok_or_else(missing)?;
        let sources = store.sources_of(&[message]).await?.into_iter();
        let is_cited = |source: &NumberedPassage| {
            let mut citations = found.citations.iter();
            citations.any(|citation| citation.number == source.number)
        };
        let citations = sources.map(|(_, source)| source).filter(is_cited).collect();
        Ok(AgentAnswer {
            run: run.id,
            conversation: run.conversation,
            message,
            text: found.text,
            citations,
        })
    }

    /// Whether the call still waits for a person's decision.
    pub async fn is_undecided(&self, actor: &Actor, id: ToolCallId) -> Result<bool> {
        let permission = actor.authorize(Operation::Run)?;
        let store = self.tables.tenant(&permission);
        let call = store.calls_by_ids(&[id]).await?.pop();
        Ok(call.is_some_and(|call| call.status == ToolCallStatus::AwaitingApproval))
    }

    async fn template_of(
        &self,
        permission: &Permission,
        agent: &Agent,
    ) -> Result<Arc<TemplateSpec>> {
        let platform = self.tables.platform(permission);
        let found = platform.template_spec(agent.template).await?;
        found.ok_or_else(|| Error::internal("finding an agent's template"))
    }
}

/// An agent as a tool.
fn definition(agent: &Agent, template: &TemplateSpec) -> ToolDefinition {
    let mut about = format!(
        "Asks the agent \"{}\". {}",
        agent.name, template.description
    );
    for skill in &template.skills {
        let line = format!("\n- {}: {}", skill.name, skill.description);
        if about.len() + line.len() > LONGEST_ABOUT {
            break;
        }
        about.push_str(&line);
    }
    ToolDefinition {
        name: format!("{PREFIX}{}", agent.slug),
        description: about,
        input_schema: input_schema(template),
        output_schema: Some(output_schema()),
        annotations: Some(json!({
            "title": format!("Ask {}", agent.name),
            "readOnlyHint": false,
            "destructiveHint": false,
            "idempotentHint": false,
            "openWorldHint": true,
        })),
        problem: None,
    }
}

fn input_schema(template: &TemplateSpec) -> Value {
    // a schema with references into itself cannot be embedded in another schema
    let refers = template.context_schema.to_string().contains("\"$ref\"");
    let mut context = if refers {
        json!({"type": "object"})
    } else {
        client_schema(&template.context_schema)
    };
    if let Some(fields) = context.as_object_mut() {
        let about =
            "What the agent should know of the situation; replaces what the conversation knew.";
        fields.entry("description").or_insert_with(|| about.into());
    }
    json!({
        "type": "object",
        "properties": {
            "message": {
                "type": "string",
                "minLength": 1,
                "maxLength": 32_000,
                "description": "What to ask or tell the agent, in plain words.",
            },
            "conversationId": {
                "type": "string",
                "maxLength": 100,
                "description": "The conversation to go on with, as the answer before named it; a new one without it.",
            },
            "context": context,
            "clientMessageId": {
                "type": "string",
                "minLength": 1,
                "maxLength": 120,
                "description": "The same for the same question: asked again, it attaches to the answer that it started.",
            },
        },
        "required": ["message"],
        "additionalProperties": false,
    })
}

fn output_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "runId": {"type": "string"},
            "conversationId": {
                "type": "string",
                "description": "Give it with the next question to go on with this conversation.",
            },
            "messageId": {"type": "string"},
            "text": {"type": "string"},
            "citations": {
                "type": "array",
                "description": "The passages that the text refers to by their numbers, such as [1].",
                "items": {
                    "type": "object",
                    "properties": {
                        "number": {"type": "integer"},
                        "documentId": {"type": "string"},
                        "headings": {"type": "array", "items": {"type": "string"}},
                        "text": {"type": "string"},
                        "score": {"type": "number"},
                    },
                    "required": ["number", "documentId", "headings", "text", "score"],
                },
            },
        },
        "required": ["runId", "conversationId", "messageId", "text", "citations"],
    })
}

/// The error with paths as the tool names its arguments, without the `input.` of the GraphQL API.
fn in_the_tools_words(error: Error) -> Error {
    let without = |text: &str| text.strip_prefix("input.").unwrap_or(text).to_owned();
    match error.kind() {
        Kind::BadInput(problems) => {
            let problems = problems
                .iter()
                .map(|problem| Problem::new(without(&problem.path), problem.message.clone()));
            Error::problems(problems.collect())
        }
        Kind::Conflict => Error::conflict(without(error.message())),
        Kind::Unauthenticated
        | Kind::Forbidden
        | Kind::NotFound
        | Kind::RateLimited(_)
        | Kind::QuotaExceeded(_)
        | Kind::Unavailable
        | Kind::Internal => error,
    }
}
