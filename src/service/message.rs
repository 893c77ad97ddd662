//! Users' messages: checked, routed, stored with the run that answers them.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use super::{
    handoff,
    limits::AccountLimits,
    refuse,
    route::{RouteRequest, RouteService, Routed},
    tables::Tables,
};
use crate::{
    domain::{
        Account, AccountId, Actor, AgentId, Conversation, ConversationId, LatencyClass, Message,
        MessageId, Operation, Run, RunId, RunStatus, Usage, check_json, check_name, check_text,
        month_of, read_only_problems,
    },
    engine::{Engine, RunInputs},
    error::{Error, Problem, Result},
    port::Clock,
    schema_checker::SchemaChecker,
    store::{Accepted, NewExchange, TargetConversation, TenantStore},
};

/// The maximum length of a message, in characters.
pub(super) const LONGEST_MESSAGE: usize = 32_000;
/// The maximum number of tools that a message may name.
const MOST_TOOLS: usize = 100;

/// The input of a user's message.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The text of the message.
    pub text: String,
    /// The agent that should answer.
    pub agent: Option<AgentId>,
    /// The conversation that the message continues; a new one when not given.
    pub conversation: Option<ConversationId>,
    /// The caller's own id of the end user.
    pub end_user: Option<String>,
    /// The agent-specific context; replaces the conversation's context.
    pub context: Option<Value>,
    /// The idempotency key: a repeated message returns the run that the first one started.
    pub client_message_id: Option<String>,
    /// The only tools that may be used for this message.
    pub allow_tools: Option<Vec<String>>,
    /// Whether the message and its answer must not reach another agent.
    pub private: bool,
}

/// Accepts messages and starts their runs.
#[derive(Clone)]
pub struct MessageService {
    pub(super) tables: Tables,
    pub(super) engine: Engine,
    pub(super) schemas: SchemaChecker,
    pub(super) limits: AccountLimits,
    pub(super) routes: RouteService,
    pub(super) clock: Arc<dyn Clock>,
}

impl MessageService {
    /// Accepts a message and starts its run; a repeated `client_message_id` returns the run that it started.
    /// `operation` is the API's operation that the caller uses, and decides which role is needed.
    pub async fn send(&self, actor: &Actor, operation: Operation, new: NewMessage) -> Result<Run> {
        let sent = self.send_once(actor, operation, new).await?;
        Ok(sent.run)
    }

    /// Accepts a message, unless it was accepted before.
    pub(super) async fn send_once(
        &self,
        actor: &Actor,
        operation: Operation,
        new: NewMessage,
    ) -> Result<Sent> {
        let permission = actor.authorize(operation)?;
        let store = self.tables.tenant(permission);
        refuse(new.problems())?;
        if let Some(run) = attach(&store, &new).await? {
            return Ok(Sent::before(run));
        }
        let account = match self.admit(permission.account(), &store).await {
            Ok(account) => account,
            // the same message may have arrived at the same moment and have used up the limit
            Err(refused) => {
                return attach(&store, &new).await?.map(Sent::before).ok_or(refused);
            }
        };
        let conversation = conversation_for(&store, &new).await?;
        let request = RouteRequest {
            text: &new.text,
            agent: new.agent,
            conversation: conversation.as_ref(),
            private: new.private,
        };
        let routed = self.routes.choose(permission, &request).await?;
        let platform = self.tables.platform(permission);
        let template = platform.template_spec(routed.agent.template).await?;
        let template = template.ok_or_else(|| Error::internal("finding an agent's template"))?;
        if let Some(context) = &new.context {
            let schema = &template.context_schema;
            refuse(read_only_problems(schema, context, "input.context"))?;
            refuse(self.schemas.check(schema, context, "input.context").await?)?;
        }
        let class = template.latency_class;
        let known = conversation.as_ref();
        let mut exchange = self.exchange(&new, known, &routed, class);
        let handoff = handoff::by_message(&new, known, &routed, exchange.run.id, permission);
        if let Some(handoff) = handoff {
            exchange.switch = Some(Box::pin(self.engine.plan_handoff(handoff)).await?);
        }
        let switched = exchange.switch.as_ref();
        let switched = switched.map(|switch| &switch.receiver_context);
        let inputs = RunInputs {
            account,
            agent: routed.agent,
            template,
            context: handoff::context_of(&new, switched, known),
            question: exchange.question.clone(),
            is_first: conversation.is_none(),
        };
        let queued = exchange.run.clone();
        let run = match self.engine.accept(exchange, inputs).await? {
            Accepted::Fresh => queued,
            Accepted::Begun(_, run) => run,
            // a message with the same key arrived at the same moment and was first
            Accepted::Duplicate(_) => {
                return attach(&store, &new)
                    .await?
                    .map(Sent::before)
                    .ok_or_else(|| Error::conflict("the message was deleted meanwhile"));
            }
        };
        Ok(Sent { run, is_new: true })
    }

    /// The run that this message started when it was sent before, if it was.
    pub(super) async fn sent_before(&self, actor: &Actor, new: &NewMessage) -> Result<Option<Run>> {
        let permission = actor.authorize(Operation::Chat)?;
        let store = self.tables.tenant(permission);
        refuse(new.problems())?;
        attach(&store, new).await
    }

    /// Checks that the account may send one more message, and counts it.
    async fn admit(&self, account: AccountId, store: &TenantStore) -> Result<Account> {
        self.limits.count_message(account).await?;
        let most = self.limits.runs_queued();
        let (account, runs) = store.account_and_its_runs(most).await?;
        if runs >= most {
            return Err(Error::rate_limited(
                format!(
                    "{runs} runs of this account wait already or are being answered, at most {most} may; wait until some \
                     have ended, or cancel them"
                ),
                None,
            ));
        }
        self.check_budget(&account, store).await?;
        Ok(account)
    }

    async fn check_budget(&self, account: &Account, store: &TenantStore) -> Result<()> {
        if !account.has_blocking_budget() {
            return Ok(());
        }
        let spent = store.spending_since(month_of(self.clock.now())).await?;
        match account.spent_budget(spent) {
            Some(message) => Err(Error::quota_exceeded(message, None)),
            None => Ok(()),
        }
    }

    fn exchange(
        &self,
        new: &NewMessage,
        known: Option<&Conversation>,
        routed: &Routed,
        latency_class: LatencyClass,
    ) -> NewExchange {
        let (account, agent) = (routed.agent.account, routed.agent.id);
        let clock = self.clock.as_ref();
        let now = clock.now();
        let conversation = match known {
            Some(known) => TargetConversation::Existing(known.id),
            None => TargetConversation::New(Conversation {
                id: ConversationId::new(clock),
                account,
                end_user: new.end_user.clone(),
                agent: Some(agent),
                context: new.context.clone().unwrap_or_else(|| json!({})),
                created_at: now,
                updated_at: now,
            }),
        };
        let id = match &conversation {
            TargetConversation::Existing(id) => *id,
            TargetConversation::New(conversation) => conversation.id,
        };
        let run = RunId::new(clock);
        let message = MessageId::new(clock);
        let question = Message {
            private: new.private,
            ..Message::of_user(message, id, run, new.text.clone(), now)
        };
        let run = Run {
            id: run,
            account,
            conversation: id,
            agent: Some(agent),
            question: question.id,
            answer: None,
            status: RunStatus::Queued,
            latency_class,
            attempt: 0,
            epoch: 0,
            cancel_requested: false,
            route: routed.route.clone(),
            allow_tools: new.allow_tools.clone(),
            failed_model: None,
            usage: Usage::default(),
            finish_reason: None,
            error: None,
            last_sequence: None,
            created_at: now,
            started_at: None,
            finished_at: None,
        };
        NewExchange {
            conversation,
            context: new.context.clone(),
            switch: None,
            question,
            run,
            client_message_id: new.client_message_id.clone(),
            claimant: None,
        }
    }
}

/// An accepted message.
pub(super) struct Sent {
    /// The run that answers the message.
    pub(super) run: Run,
    /// Whether the message was accepted by this call.
    pub(super) is_new: bool,
}

impl Sent {
    fn before(run: Run) -> Self {
        Self { run, is_new: false }
    }
}

impl NewMessage {
    fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = check_text("input.message", &self.text, LONGEST_MESSAGE)
            .into_iter()
            .collect();
        problems.extend(
            self.end_user
                .as_deref()
                .and_then(|name| check_name("input.endUser", name)),
        );
        problems.extend(
            self.client_message_id
                .as_deref()
                .and_then(|key| check_name("input.clientMessageId", key)),
        );
        problems.extend(
            self.context
                .iter()
                .flat_map(|context| check_json("input.context", context)),
        );
        let tools = self.allow_tools.as_deref().unwrap_or_default();
        if tools.len() > MOST_TOOLS {
            problems.push(Problem::new(
                "input.allowTools",
                format!("{} tools, at most {MOST_TOOLS}", tools.len()),
            ));
        }
        let mut seen = BTreeSet::new();
        for (index, tool) in tools.iter().take(MOST_TOOLS).enumerate() {
            let path = format!("input.allowTools[{index}]");
            if !seen.insert(tool) {
                problems.push(Problem::new(&path, "stands in the list twice"));
            }
            problems.extend(check_name(&path, tool));
        }
        problems
    }
}

/// The run that the message's `client_message_id` started, if any. CONFLICT when the id was used for another text.
async fn attach(store: &TenantStore, new: &NewMessage) -> Result<Option<Run>> {
    let Some(key) = &new.client_message_id else {
        return Ok(None);
    };
    match store.run_by_client_message(key).await? {
        Some((_, question)) if question.text != new.text => Err(Error::conflict(
            "input.clientMessageId: was used for a message with another text; a new message takes a new key",
        )),
        found => Ok(found.map(|(run, _)| run)),
    }
}

async fn conversation_for(store: &TenantStore, new: &NewMessage) -> Result<Option<Conversation>> {
    let Some(id) = new.conversation else {
        return Ok(None);
    };
    let found = store.conversations_by_ids(&[id]).await?.pop();
    found
        .map(Some)
        .ok_or_else(|| Error::not_found("conversation"))
}
