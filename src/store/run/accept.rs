//! Taking a message in: once, whatever comes twice.

use entity::{conversation, message, run};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter,
};
use serde_json::Value;

use crate::{
    domain::{AccountId, AgentId, Conversation, ConversationId, Message, Run},
    error::{Error, Result},
    store::{
        TenantStore,
        connection::Transaction,
        conversation::conversation_row,
        error::is_taken,
        message::{message_of, message_row},
        row::to_json,
        run::run_of,
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
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, looked at and gone"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum Accepted {
    /// It is stored, and its run is queued.
    Fresh,
    /// Nothing was stored: this is the run of the same message, sent before.
    Duplicate(Run),
}

impl TenantStore {
    /// Stores a message and queues its run, all or nothing; the same key a second time stores nothing, however close
    /// together the two come. `NOT_FOUND` when the conversation or the agent is gone.
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
}

/// Whether an exchange was stored.
enum Stored {
    Yes,
    KeyTaken,
}

fn run_row(account: AccountId, exchange: &NewExchange) -> Result<run::ActiveModel> {
    let run = &exchange.run;
    let allow_tools = run.allow_tools.as_ref();
    Ok(run::ActiveModel {
        id: Set(run.id.uuid()),
        account_id: Set(account.uuid()),
        conversation_id: Set(run.conversation.uuid()),
        agent_id: Set(run.agent.map(AgentId::uuid)),
        question_id: Set(run.question.uuid()),
        answer_id: Set(None),
        client_message_id: Set(exchange.client_message_id.clone()),
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
