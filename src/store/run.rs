//! Runs: taking a message in, giving a run to one owner at a time, and ending it.

use chrono::{DateTime, Utc};
use entity::{conversation, message, run, usage_record};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Alias, Expr, Query, SelectStatement},
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    domain::{
        AccountId, AgentId, Conversation, ConversationId, Lease, Message, MessageId, Run, RunError,
        RunId, RunStatus, Usage,
    },
    error::{Error, Result},
    store::{
        PlatformStore, TenantStore,
        connection::Transaction,
        conversation::conversation_row,
        error::is_taken,
        message::{message_of, message_row},
        row::{from_json, same_variants, to_json},
    },
};

/// A message that was sent, and the run that will answer it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewExchange {
    /// Where it is said.
    pub conversation: ConversationOf,
    /// What replaces the context of an existing conversation, if anything.
    pub context: Option<Value>,
    /// The message.
    pub question: Message,
    /// The run, queued. Its agent becomes the conversation's.
    pub run: Run,
    /// The caller's idempotency key, unique in the account.
    pub client_message_id: Option<String>,
    /// The tools that this message is narrowed to.
    pub allow_tools: Option<Vec<String>>,
}

/// Where a message is said.
#[derive(Debug, Clone, PartialEq)]
pub enum ConversationOf {
    /// In one that begins with it.
    New(Conversation),
    /// In one that is there.
    Existing(ConversationId),
}

/// What became of a message that was sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Accepted {
    /// It is stored, and its run is queued.
    Fresh,
    /// Nothing was stored: this is the run of the same message, sent before.
    Duplicate(Run),
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunOutcome {
    /// SUCCEEDED, FAILED or CANCELLED.
    pub status: RunStatus,
    /// The message it made.
    pub answer: Option<Message>,
    /// What it used.
    pub usage: Usage,
    /// The model that it used.
    pub model: Option<String>,
    /// Why it failed.
    pub error: Option<RunError>,
    /// The sequence of its last event.
    pub last_sequence: i64,
    /// When it ended.
    pub at: DateTime<Utc>,
}

impl TenantStore {
    /// Stores a message and queues its run, all or nothing; the same key a second time stores nothing, however close
    /// together the two come. NOT_FOUND when the conversation or the agent is gone.
    pub async fn accept(&self, exchange: &NewExchange) -> Result<Accepted> {
        let transaction = self.database.begin().await?;
        match self.store_exchange(exchange, &transaction).await? {
            Stored::Yes => {
                transaction.commit().await?;
                return Ok(Accepted::Fresh);
            }
            Stored::KeyTaken => transaction.roll_back().await?,
        }
        let first = match &exchange.client_message_id {
            Some(key) => self.run_by_client_message(key).await?,
            None => None,
        };
        let (run, _) = first.ok_or_else(|| {
            Error::conflict("the same message was sent and deleted at the same time; send it again")
        })?;
        Ok(Accepted::Duplicate(run))
    }

    /// The run that a message with this idempotency key started, and that message.
    pub async fn run_by_client_message(&self, key: &str) -> Result<Option<(Run, Message)>> {
        let found = self
            .rows::<run::Entity>()
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

    /// Those of these that exist, in no order.
    pub async fn runs_by_ids(&self, ids: &[RunId]) -> Result<Vec<Run>> {
        self.rows::<run::Entity>()
            .filter(run::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(run_of)
            .collect()
    }

    /// A conversation's runs after that one, at most `most`, the oldest first.
    pub async fn runs_after(
        &self,
        conversation: ConversationId,
        after: Option<RunId>,
        most: u64,
    ) -> Result<Vec<Run>> {
        self.rows::<run::Entity>()
            .filter(run::Column::ConversationId.eq(conversation.uuid()))
            .filter(
                Condition::all().add_option(after.map(|after| run::Column::Id.gt(after.uuid()))),
            )
            .order_by_asc(run::Column::Id)
            .limit(most)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(run_of)
            .collect()
    }

    /// Makes `owner` the owner of the run that is due in a conversation: the one whose owner's lease has lapsed, or
    /// the oldest queued one. None when nothing is due, or someone else was faster.
    pub async fn claim_next(
        &self,
        conversation: ConversationId,
        owner: Uuid,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<(Lease, Run)>> {
        let Some(mut due) = self.due_in(conversation, now).await? else {
            return Ok(None);
        };
        let writer = self.database.writer().await;
        let claimed = self
            .change::<run::Entity>()
            .filter(run::Column::Id.eq(due.id))
            .filter(run::Column::Epoch.eq(due.epoch))
            .filter(run::Column::Status.eq(due.status))
            .set(run::ActiveModel {
                status: Set(run::RunStatus::Running),
                epoch: Set(due.epoch + 1),
                attempt: Set(due.attempt + 1),
                lease_owner: Set(Some(owner)),
                lease_expires_at: Set(Some(until)),
                started_at: due.started_at.map_or(Set(Some(now)), |_| NotSet),
                ..Default::default()
            })
            .exec(&*writer)
            .await;
        match claimed {
            Ok(claimed) if claimed.rows_affected == 0 => return Ok(None),
            Ok(_) => {}
            // another run of the conversation became active in between
            Err(cause) if is_taken(&cause) => return Ok(None),
            Err(cause) => return Err(cause.into()),
        }
        due.status = run::RunStatus::Running;
        due.epoch += 1;
        due.attempt += 1;
        due.started_at = due.started_at.or(Some(now));
        let run = run_of(due)?;
        let lease = Lease {
            account: self.account,
            conversation,
            run: run.id,
            epoch: run.epoch,
            attempt: run.attempt,
        };
        Ok(Some((lease, run)))
    }

    /// Ends a run: its answer, its usage and its status, all or nothing. False, and nothing written, when the lease is
    /// no longer good.
    pub async fn finish(&self, lease: &Lease, outcome: &RunOutcome) -> Result<bool> {
        let transaction = self.database.begin().await?;
        let agent = self.agent_of_run(lease.run, &transaction).await?;
        self.touch_conversation(lease.conversation, outcome.at, &transaction)
            .await?;
        if !self.end_run(lease, outcome, &transaction).await? {
            transaction.roll_back().await?;
            return Ok(false);
        }
        if let Some(answer) = &outcome.answer {
            let answer = message::ActiveModel {
                agent_id: Set(agent.map(AgentId::uuid)),
                ..message_row(self.account, answer)
            };
            message::Entity::insert(answer)
                .exec_without_returning(&*transaction)
                .await?;
        }
        usage_record::Entity::insert(usage_record::ActiveModel {
            id: Set(lease.run.uuid()),
            account_id: Set(self.account.uuid()),
            run_id: Set(Some(lease.run.uuid())),
            conversation_id: Set(Some(lease.conversation.uuid())),
            agent_id: Set(agent.map(AgentId::uuid)),
            model: Set(outcome.model.clone()),
            input_tokens: Set(outcome.usage.input_tokens),
            output_tokens: Set(outcome.usage.output_tokens),
            cost_usd: Set(outcome.usage.cost_usd),
            at: Set(outcome.at),
        })
        .exec_without_returning(&*transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Gives a run back before its lease lapses, for its next attempt.
    pub async fn let_go(&self, lease: &Lease, now: DateTime<Utc>) -> Result<()> {
        let writer = self.database.writer().await;
        self.change::<run::Entity>()
            .filter(run::Column::Id.eq(lease.run.uuid()))
            .filter(run::Column::Epoch.eq(lease.epoch))
            .filter(run::Column::Status.eq(run::RunStatus::Running))
            .set(run::ActiveModel {
                lease_expires_at: Set(Some(now)),
                ..Default::default()
            })
            .exec(&*writer)
            .await?;
        Ok(())
    }

    /// Asks an unfinished run to stop; returns the run as it is then.
    pub async fn request_cancel(&self, id: RunId) -> Result<Option<Run>> {
        let writer = self.database.writer().await;
        self.change::<run::Entity>()
            .filter(run::Column::Id.eq(id.uuid()))
            .filter(run::Column::Status.is_in(UNFINISHED))
            .set(run::ActiveModel {
                cancel_requested: Set(true),
                ..Default::default()
            })
            .exec(&*writer)
            .await?;
        drop(writer);
        Ok(self.runs_by_ids(&[id]).await?.into_iter().next())
    }

    /// Ends a run that nobody has begun; false when it is not queued any more.
    pub async fn cancel_queued(
        &self,
        id: RunId,
        last_sequence: i64,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let writer = self.database.writer().await;
        let cancelled = self
            .change::<run::Entity>()
            .filter(run::Column::Id.eq(id.uuid()))
            .filter(run::Column::Status.eq(run::RunStatus::Queued))
            .set(run::ActiveModel {
                status: Set(run::RunStatus::Cancelled),
                cancel_requested: Set(true),
                last_sequence: Set(Some(last_sequence)),
                finished_at: Set(Some(at)),
                ..Default::default()
            })
            .exec(&*writer)
            .await?;
        Ok(cancelled.rows_affected > 0)
    }

    async fn store_exchange(
        &self,
        exchange: &NewExchange,
        transaction: &Transaction,
    ) -> Result<Stored> {
        let NewExchange { run, question, .. } = exchange;
        if let Some(agent) = run.agent
            && !self.hold_agent(agent, transaction).await?
        {
            return Err(Error::not_found("agent"));
        }
        match &exchange.conversation {
            ConversationOf::New(conversation) => {
                conversation::Entity::insert(conversation_row(self.account, conversation))
                    .exec_without_returning(&**transaction)
                    .await?;
            }
            ConversationOf::Existing(id) => {
                self.continue_conversation(*id, exchange, transaction)
                    .await?;
            }
        }
        let row = run_row(self.account, exchange)?;
        match run::Entity::insert(row)
            .exec_without_returning(&**transaction)
            .await
        {
            Ok(_) => {}
            Err(cause) if is_taken(&cause) && exchange.client_message_id.is_some() => {
                return Ok(Stored::KeyTaken);
            }
            Err(cause) => return Err(cause.into()),
        }
        message::Entity::insert(message_row(self.account, question))
            .exec_without_returning(&**transaction)
            .await?;
        Ok(Stored::Yes)
    }

    async fn continue_conversation(
        &self,
        id: ConversationId,
        exchange: &NewExchange,
        transaction: &Transaction,
    ) -> Result<()> {
        let changed = self
            .change::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(id.uuid()))
            .set(conversation::ActiveModel {
                agent_id: Set(exchange.run.agent.map(AgentId::uuid)),
                context: exchange.context.clone().map_or(NotSet, Set),
                updated_at: Set(exchange.question.created_at),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        if changed.rows_affected == 0 {
            return Err(Error::not_found("conversation"));
        }
        Ok(())
    }

    /// The run that may be claimed now.
    async fn due_in(
        &self,
        conversation: ConversationId,
        now: DateTime<Utc>,
    ) -> Result<Option<run::Model>> {
        let of_conversation = || {
            self.rows::<run::Entity>()
                .filter(run::Column::ConversationId.eq(conversation.uuid()))
        };
        let active = of_conversation()
            .filter(run::Column::Status.is_in(ACTIVE))
            .one(self.database.primary())
            .await?;
        if let Some(active) = active {
            return Ok(has_lapsed(&active, now).then_some(active));
        }
        Ok(of_conversation()
            .filter(run::Column::Status.eq(run::RunStatus::Queued))
            .order_by_asc(run::Column::Id)
            .one(self.database.primary())
            .await?)
    }

    /// The agent of a run, held until the transaction ends; none when it is being or was deleted.
    async fn agent_of_run(&self, id: RunId, transaction: &Transaction) -> Result<Option<AgentId>> {
        let agent: Option<Option<Uuid>> = self
            .rows::<run::Entity>()
            .filter(run::Column::Id.eq(id.uuid()))
            .select_only()
            .column(run::Column::AgentId)
            .into_tuple()
            .one(&**transaction)
            .await?;
        let Some(agent) = agent.flatten().map(AgentId::from_uuid) else {
            return Ok(None);
        };
        Ok(self.hold_agent(agent, transaction).await?.then_some(agent))
    }

    async fn touch_conversation(
        &self,
        id: ConversationId,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        self.change::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(id.uuid()))
            .set(conversation::ActiveModel {
                updated_at: Set(at),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    async fn end_run(
        &self,
        lease: &Lease,
        outcome: &RunOutcome,
        transaction: &Transaction,
    ) -> Result<bool> {
        let error = outcome.error.as_ref();
        let ended = self
            .change::<run::Entity>()
            .filter(run::Column::Id.eq(lease.run.uuid()))
            .filter(run::Column::Epoch.eq(lease.epoch))
            .filter(run::Column::Status.eq(run::RunStatus::Running))
            .set(run::ActiveModel {
                status: Set(outcome.status.into()),
                answer_id: Set(outcome.answer.as_ref().map(|answer| answer.id.uuid())),
                lease_owner: Set(None),
                lease_expires_at: Set(None),
                model: Set(outcome.model.clone()),
                input_tokens: Set(outcome.usage.input_tokens),
                output_tokens: Set(outcome.usage.output_tokens),
                cost_usd: Set(outcome.usage.cost_usd),
                first_token_ms: Set(outcome.usage.first_token_ms),
                duration_ms: Set(outcome.usage.duration_ms),
                error: Set(error
                    .map(|error| to_json("runs.error", error))
                    .transpose()?),
                last_sequence: Set(Some(outcome.last_sequence)),
                finished_at: Set(Some(outcome.at)),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(ended.rows_affected > 0)
    }
}

impl PlatformStore {
    /// Prolongs every lease of an owner; returns those of its runs that were asked to stop.
    pub async fn renew_leases(
        &self,
        owner: Uuid,
        until: DateTime<Utc>,
    ) -> Result<Vec<(AccountId, RunId)>> {
        self.set_expiry(owner, until).await?;
        let asked: Vec<(Uuid, Uuid)> = Self::rows::<run::Entity>()
            .filter(run::Column::LeaseOwner.eq(owner))
            .filter(run::Column::Status.eq(run::RunStatus::Running))
            .filter(run::Column::CancelRequested.eq(true))
            .select_only()
            .column(run::Column::AccountId)
            .column(run::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(asked
            .into_iter()
            .map(|(account, run)| (AccountId::from_uuid(account), RunId::from_uuid(run)))
            .collect())
    }

    /// Lets every lease of an owner lapse now, so that another process takes its runs over at once.
    pub async fn release_leases(&self, owner: Uuid, now: DateTime<Utc>) -> Result<()> {
        self.set_expiry(owner, now).await
    }

    /// Conversations in which a run is due, the longest waiting first: one is queued and none is active, or the active
    /// one's owner is gone.
    pub async fn conversations_with_work(
        &self,
        now: DateTime<Utc>,
        most: u64,
    ) -> Result<Vec<(AccountId, ConversationId)>> {
        let lapsed = Condition::all()
            .add(run::Column::Status.eq(run::RunStatus::Running))
            .add(run::Column::LeaseExpiresAt.lte(now));
        let next = Condition::all()
            .add(run::Column::Status.eq(run::RunStatus::Queued))
            .add(Expr::not_exists(standing_before()));
        let due: Vec<(Uuid, Uuid)> = Self::rows::<run::Entity>()
            .filter(Condition::any().add(lapsed).add(next))
            .order_by_asc(run::Column::Id)
            .limit(most)
            .select_only()
            .column(run::Column::AccountId)
            .column(run::Column::ConversationId)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(due
            .into_iter()
            .map(|(account, conversation)| {
                (
                    AccountId::from_uuid(account),
                    ConversationId::from_uuid(conversation),
                )
            })
            .collect())
    }

    async fn set_expiry(&self, owner: Uuid, at: DateTime<Utc>) -> Result<()> {
        let writer = self.database.writer().await;
        Self::change::<run::Entity>()
            .filter(run::Column::LeaseOwner.eq(owner))
            .filter(run::Column::Status.eq(run::RunStatus::Running))
            .set(run::ActiveModel {
                lease_expires_at: Set(Some(at)),
                ..Default::default()
            })
            .exec(&*writer)
            .await?;
        Ok(())
    }
}

/// Whether an exchange was stored.
enum Stored {
    Yes,
    KeyTaken,
}

/// At most one run of a conversation is in one of these.
const ACTIVE: [run::RunStatus; 2] = [run::RunStatus::Running, run::RunStatus::AwaitingApproval];

/// Something still comes after these.
const UNFINISHED: [run::RunStatus; 3] = [
    run::RunStatus::Queued,
    run::RunStatus::Running,
    run::RunStatus::AwaitingApproval,
];

fn has_lapsed(active: &run::Model, now: DateTime<Utc>) -> bool {
    active.status == run::RunStatus::Running
        && active.lease_expires_at.is_none_or(|expiry| expiry <= now)
}

/// The runs that a queued one has to wait for: the active one of its conversation, and older queued ones.
fn standing_before() -> SelectStatement {
    let other = Alias::new("other");
    let of_other = |column: run::Column| Expr::col((other.clone(), column));
    let of_this = |column: run::Column| Expr::col((run::Entity, column));
    let active = of_other(run::Column::Status).is_in(ACTIVE);
    let older = of_other(run::Column::Status)
        .eq(run::RunStatus::Queued)
        .and(of_other(run::Column::Id).lt(of_this(run::Column::Id)));
    Query::select()
        .expr(Expr::val(1))
        .from_as(run::Entity, other.clone())
        .and_where(of_other(run::Column::ConversationId).eq(of_this(run::Column::ConversationId)))
        .and_where(active.or(older))
        .take()
}

fn run_row(account: AccountId, exchange: &NewExchange) -> Result<run::ActiveModel> {
    let run = &exchange.run;
    let allow_tools = exchange.allow_tools.as_ref();
    Ok(run::ActiveModel {
        id: Set(run.id.uuid()),
        account_id: Set(account.uuid()),
        conversation_id: Set(run.conversation.uuid()),
        agent_id: Set(run.agent.map(AgentId::uuid)),
        question_id: Set(run.question.uuid()),
        answer_id: Set(None),
        client_message_id: Set(exchange.client_message_id.clone()),
        status: Set(run.status.into()),
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
        input_tokens: Set(run.usage.input_tokens),
        output_tokens: Set(run.usage.output_tokens),
        cost_usd: Set(run.usage.cost_usd),
        first_token_ms: Set(run.usage.first_token_ms),
        duration_ms: Set(run.usage.duration_ms),
        error: Set(None),
        last_sequence: Set(None),
        created_at: Set(run.created_at),
        started_at: Set(None),
        finished_at: Set(None),
    })
}

fn run_of(row: run::Model) -> Result<Run> {
    Ok(Run {
        id: RunId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        conversation: ConversationId::from_uuid(row.conversation_id),
        agent: row.agent_id.map(AgentId::from_uuid),
        question: MessageId::from_uuid(row.question_id),
        answer: row.answer_id.map(MessageId::from_uuid),
        status: row.status.into(),
        attempt: row.attempt,
        epoch: row.epoch,
        cancel_requested: row.cancel_requested,
        route: from_json("runs.route", row.route)?,
        usage: Usage {
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cost_usd: row.cost_usd,
            first_token_ms: row.first_token_ms,
            duration_ms: row.duration_ms,
        },
        error: row
            .error
            .map(|error| from_json("runs.error", error))
            .transpose()?,
        last_sequence: row.last_sequence,
        created_at: row.created_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
    })
}

same_variants!(run::RunStatus, RunStatus: Queued, Running, AwaitingApproval, Succeeded, Failed, Cancelled);
