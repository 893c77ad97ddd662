//! Storing a message and queueing its run, once per idempotency key.

use entity::{message, run};
use sea_orm::{
    ActiveModelTrait, ActiveValue,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, Iterable, QueryFilter,
    sea_query::{Expr, InsertStatement, Query},
};
use serde_json::Value;

use crate::{
    domain::{
        AccountId, AgentId, AgentSwitch, Conversation, ConversationId, EndUser, EndUserId, Lease,
        Message, RequestId, RouteCorrection, Run, RunId, RunStatus, SessionId, Usage,
    },
    error::{Error, Result},
    store::{
        Claimant, TenantStore,
        connection::Transaction,
        error::is_taken,
        message::{message_of, message_row},
        row::to_json,
        run::{admission::sent_by, run_of},
    },
};

/// A message that was sent, and the run that will answer it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewExchange {
    /// The conversation that the message belongs to.
    pub conversation: TargetConversation,
    /// The new context of an existing conversation, if it changes.
    pub context: Option<Value>,
    /// The handoff to the run's agent, when another agent answered the conversation before; its receiver's context is
    /// the conversation's new one.
    pub switch: Option<AgentSwitch>,
    /// The message of the end user.
    pub question: Message,
    /// The run, queued. Its agent becomes the conversation's agent.
    pub run: Run,
    /// The end user who sends the message; none for the holder of a key.
    pub sender: Option<Sender>,
    /// The end user of a new conversation, whom the account may name for the first time.
    pub end_user: Option<EndUser>,
    /// The correction of the router that the message brings about, about the run before.
    pub correction: Option<RouteCorrection>,
    /// The process that starts the run at once, if no other run of the conversation is unfinished.
    pub claimant: Option<Claimant>,
    /// Where the run begins a line of its own; none for a run after the last one of the selected line.
    pub branch: Option<Branch>,
    /// The maximum number of the agent's runs that are queued or running, with this one; none without such a limit.
    pub most_runs: Option<u64>,
}

/// The place at which a run leaves the selected line of its conversation and begins another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// The run before the new one on its line; none at the start of the conversation.
    pub parent: Option<RunId>,
    /// Whether the run answers a stored message again, or continues an answer to it.
    pub keeps_question: bool,
    /// The conversation's agent with its context, when the run has another agent: it is kept for that agent.
    pub left_context: Option<(AgentId, Value)>,
}

/// An end user who sends a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// The end user.
    pub end_user: EndUserId,
    /// The session, if the end user is in one.
    pub session: Option<SessionId>,
}

impl NewExchange {
    /// Sets who sends the message, in which session and in which request.
    pub fn set_sender(&mut self, sender: Option<Sender>, request: Option<RequestId>) {
        self.run.request = request;
        self.run.session = sender.and_then(|sender| sender.session);
        self.sender = sender;
    }
}

/// The conversation of a message.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one value per message, which is moved twice"
)]
pub enum TargetConversation {
    /// A new conversation that begins with the message.
    New(Conversation),
    /// An existing conversation.
    Existing(ConversationId),
}

/// The result of [`TenantStore::accept`].
#[derive(Debug, Clone, PartialEq)]
pub enum Accepted {
    /// The message is stored, and its run is queued.
    Fresh,
    /// The message is stored, and the claimant owns its run.
    Begun(Lease, Run),
    /// Nothing was stored: this is the run of the same message, sent before.
    Duplicate(Run),
}

impl TenantStore {
    /// Stores a message and queues its run, all or nothing. A second call with the same key stores nothing, even at the
    /// same time. `NOT_FOUND` when the conversation or the agent does not exist; `RATE_LIMITED` when the agent has as many
    /// unfinished runs as it may have.
    pub async fn accept(&self, exchange: &NewExchange) -> Result<Accepted> {
        let transaction = self.database.begin().await?;
        match self.store_exchange(exchange, &transaction).await? {
            Stored::Queued => {
                transaction.commit().await?;
                return Ok(Accepted::Fresh);
            }
            Stored::Begun => {
                transaction.commit().await?;
                let run = begun(&exchange.run);
                return Ok(Accepted::Begun(Lease::first(&run), run));
            }
            Stored::KeyTaken => transaction.roll_back().await?,
        }
        let first = match &exchange.run.client_message_id {
            Some(key) => {
                let sender = exchange.sender.map(|sender| sender.end_user);
                self.run_by_client_message(sender, key).await?
            }
            None => None,
        };
        let (run, _) = first.ok_or_else(|| {
            Error::conflict("the same message was sent and deleted at the same time; send it again")
        })?;
        Ok(Accepted::Duplicate(run))
    }

    /// The run of the message that `sender`, or else an API key, sent with this idempotency key, and that message.
    pub async fn run_by_client_message(
        &self,
        sender: Option<EndUserId>,
        key: &str,
    ) -> Result<Option<(Run, Message)>> {
        let found = self
            .rows::<run::Entity>()
            .filter(run::Column::SentBy.eq(sent_by(sender)))
            .filter(run::Column::ClientMessageId.eq(key))
            .one(self.database.primary())
            .await?;
        let Some(run) = found else {
            return Ok(None);
        };
        let question = self
            .rows::<message::Entity>()
            .filter(message::Column::Id.eq(run.question_id))
            .one(self.database.primary())
            .await?;
        question
            .map(|question| Ok((run_of(run)?, message_of(question))))
            .transpose()
    }

    async fn store_exchange(
        &self,
        exchange: &NewExchange,
        transaction: &Transaction,
    ) -> Result<Stored> {
        if let Some(end_user) = &exchange.end_user {
            // boxed: once per conversation, and a large future
            Box::pin(self.admit_end_user(end_user, exchange.sender, transaction)).await?;
        }
        let is_next = match &exchange.conversation {
            TargetConversation::New(conversation) => {
                self.begin_conversation(conversation, transaction).await?;
                true
            }
            TargetConversation::Existing(id) => {
                self.continue_conversation(*id, exchange, transaction)
                    .await?;
                if let Some(branch) = &exchange.branch {
                    // boxed: rarely needed, and a large future
                    Box::pin(self.branch_off(exchange, branch, transaction)).await?;
                }
                self.is_next(*id, exchange, transaction).await?
            }
        };
        let claimant = exchange.claimant.as_ref().filter(|_| is_next);
        let run = match claimant {
            Some(_) => &begun(&exchange.run),
            None => &exchange.run,
        };
        let row = run::ActiveModel {
            sent_by: Set(sent_by(exchange.sender.map(|sender| sender.end_user))),
            lease_owner: Set(claimant.map(|claimant| claimant.owner)),
            ..run_row(self.account, run)?
        };
        let parent = self.parent_of(exchange);
        let stored = self.insert_run(&row, parent, claimant, transaction).await?;
        if !matches!(stored, Stored::KeyTaken) {
            if let (Some(agent), Some(most)) = (exchange.run.agent, exchange.most_runs) {
                // boxed: a large future
                Box::pin(self.check_runs_of(agent, most, transaction)).await?;
            }
            let branch = exchange.branch.as_ref();
            if !branch.is_some_and(|branch| branch.keeps_question) {
                message::Entity::insert(message_row(self.account, &exchange.question))
                    .exec_without_returning(&**transaction)
                    .await?;
            }
            if let Some(switch) = &exchange.switch {
                // boxed: rarely needed, and a large future
                Box::pin(self.insert_switch(switch, transaction)).await?;
                self.note(vec![switch.note.clone()], transaction).await?;
            }
            if let Some(correction) = &exchange.correction {
                Box::pin(self.insert_correction(correction, transaction)).await?;
            }
        }
        Ok(stored)
    }

    /// Inserts the run: queued, or running for a claimant.
    async fn insert_run(
        &self,
        row: &run::ActiveModel,
        parent: Expr,
        claimant: Option<&Claimant>,
        transaction: &Transaction,
    ) -> Result<Stored> {
        let requested_at = row.created_at.try_as_ref().copied().unwrap_or_default();
        let has_key = matches!(&row.client_message_id, Set(Some(_)));
        let lapses = match claimant {
            // computed by the clock that all processes share, like every lease
            Some(claimant) => self.database.time(requested_at, claimant.lease),
            None => Expr::null(),
        };
        let computed = [
            (run::Column::LeaseExpiresAt, lapses),
            (run::Column::ParentId, parent),
        ];
        match transaction.execute(&insertion(row, computed)?).await {
            Ok(_) if claimant.is_some() => Ok(Stored::Begun),
            Ok(_) => Ok(Stored::Queued),
            Err(cause) if is_taken(&cause) && has_key => Ok(Stored::KeyTaken),
            Err(cause) => Err(cause.into()),
        }
    }
}

/// Whether an exchange was stored, and the status of its run.
enum Stored {
    Queued,
    Begun,
    KeyTaken,
}

/// The run as it is when it starts at the time of its request.
fn begun(queued: &Run) -> Run {
    Run {
        status: RunStatus::Running,
        epoch: 1,
        attempt: 1,
        started_at: Some(queued.created_at),
        usage: Usage {
            attempts: 1,
            ..queued.usage
        },
        ..queued.clone()
    }
}

/// The statement that inserts a run of which the database computes some columns.
fn insertion(
    row: &run::ActiveModel,
    computed: [(run::Column, Expr); 2],
) -> Result<InsertStatement> {
    let is_computed =
        |column: run::Column| matches!(column, run::Column::LeaseExpiresAt | run::Column::ParentId);
    let (mut columns, mut values): (Vec<_>, Vec<_>) = computed.into_iter().unzip();
    for column in run::Column::iter() {
        match row.get(column) {
            _ if is_computed(column) => {}
            ActiveValue::Set(value) | ActiveValue::Unchanged(value) => {
                columns.push(column);
                values.push(column.save_as(Expr::val(value)));
            }
            ActiveValue::NotSet => {}
        }
    }
    let mut insert = Query::insert();
    insert.into_table(run::Entity).columns(columns);
    let written = insert.values(values);
    written.map_err(|cause| Error::internal("write a run's statement").with_source(cause))?;
    Ok(insert)
}

fn run_row(account: AccountId, run: &Run) -> Result<run::ActiveModel> {
    let allow_tools = run.allow_tools.as_ref();
    Ok(run::ActiveModel {
        id: Set(run.id.uuid()),
        account_id: Set(account.uuid()),
        conversation_id: Set(run.conversation.uuid()),
        agent_id: Set(run.agent.map(AgentId::uuid)),
        question_id: Set(run.question.uuid()),
        answer_id: Set(None),
        parent_id: NotSet,
        selected: Set(true),
        sent_by: NotSet,
        session_id: Set(run.session.map(SessionId::uuid)),
        request_id: Set(run.request.map(RequestId::uuid)),
        client_message_id: Set(run.client_message_id.clone()),
        status: Set(run.status.into()),
        latency_class: Set(run.latency_class.into()),
        excused_attempts: Set(0),
        attempt: Set(run.attempt),
        epoch: Set(run.epoch),
        lease_owner: Set(None),
        lease_expires_at: Set(None),
        cancel_requested: Set(run.cancel_requested),
        route: Set(to_json("runs.route", &run.route)?),
        allow_tools: Set(allow_tools
            .map(|tools| to_json("runs.allow_tools", tools))
            .transpose()?),
        model: Set(None),
        failed_model: Set(None),
        input_tokens: Set(run.usage.input_tokens),
        output_tokens: Set(run.usage.output_tokens),
        cost_usd: Set(run.usage.cost_usd),
        first_token_ms: Set(run.usage.first_token_ms),
        duration_ms: Set(run.usage.duration_ms),
        finish_reason: Set(None),
        error: Set(None),
        last_sequence: Set(None),
        created_at: Set(run.created_at),
        started_at: Set(run.started_at),
        finished_at: Set(None),
    })
}
