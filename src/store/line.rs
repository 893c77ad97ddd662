//! The lines of conversations: which messages and runs are on the selected one, and the other versions of a message.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{conversation, message, run};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, QueryFilter, QuerySelect,
};
use uuid::Uuid;

use crate::{
    domain::{
        AgentId, ConversationId, LineSelection, Lineage, LineageRun, Message, MessageId, RunId,
    },
    error::{Error, Result},
    store::{
        Branch, NewExchange, TenantStore, connection::Transaction,
        conversation_context::KeptContext, run::UNFINISHED,
    },
};

/// The maximum number of ids in one statement.
const MOST_IDS: usize = 500;

/// The columns of a run that its conversation's lines consist of.
type LineageColumns = (
    Uuid,
    Uuid,
    Option<Uuid>,
    Uuid,
    Option<Uuid>,
    Option<Uuid>,
    bool,
    run::RunStatus,
);

impl TenantStore {
    /// The lines of a conversation; empty when it does not exist.
    pub async fn lineage(&self, conversation: ConversationId) -> Result<Lineage> {
        self.lineage_on(conversation, self.database.primary()).await
    }

    /// Selects the line to a run. CONFLICT while a run of the conversation is unfinished.
    pub async fn select_line(
        &self,
        conversation: ConversationId,
        end: RunId,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let transaction = self.database.begin().await?;
        // agents are locked before conversations in every transaction
        let agents = self.lineage_on(conversation, &*transaction).await?;
        if let Some(agent) = agents.run(end).and_then(|run| run.agent) {
            self.hold_agent(agent, &transaction).await?;
        }
        let exists = self.lock_conversation(conversation, at, &transaction);
        if !exists.await? {
            return Err(Error::not_found("conversation"));
        }
        let lineage = self.lineage_on(conversation, &*transaction).await?;
        if lineage.has_unfinished() {
            return Err(is_being_answered());
        }
        self.show_line(conversation, &lineage, end, &transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Selects the line to the parent of a branch, whose new run then follows it. The caller has made the run the last
    /// one of its conversation, and holds the lock on it. CONFLICT while a run of the conversation is unfinished.
    pub(super) async fn branch_off(
        &self,
        exchange: &NewExchange,
        branch: &Branch,
        transaction: &Transaction,
    ) -> Result<()> {
        let question = &exchange.question;
        let conversation = question.conversation;
        let lineage = self.lineage_on(conversation, &**transaction).await?;
        if lineage.has_unfinished() {
            return Err(is_being_answered());
        }
        let kept = branch.keeps_question.then_some(question.id);
        let selection = lineage.selection(branch.parent, kept);
        self.write_selection(&selection, transaction).await?;
        let (count, last) = match kept {
            Some(_) => (selection.message_count, selection.last_message),
            None => (selection.message_count.saturating_add(1), Some(question.id)),
        };
        if let Some((agent, context)) = &branch.left_context {
            let kept = KeptContext {
                conversation,
                agent: *agent,
                context,
                at: exchange.run.created_at,
            };
            self.keep_context(&kept, transaction).await?;
        }
        self.change::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(conversation.uuid()))
            .set(conversation::ActiveModel {
                message_count: Set(count),
                last_message_id: Set(last.map(MessageId::uuid)),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    /// Shows the version before a run that ended without an answer, if it was to replace one. The caller holds the lock on
    /// the conversation.
    pub(super) async fn restore_line(
        &self,
        conversation: ConversationId,
        run: RunId,
        transaction: &Transaction,
    ) -> Result<()> {
        let lineage = self.lineage_on(conversation, &**transaction).await?;
        // later messages wait already, and follow the run
        let is_head = lineage.head().is_some_and(|head| head.id == run);
        let Some(version) = lineage.other_version(run).filter(|_| is_head) else {
            return Ok(());
        };
        let end = lineage.end_below(version.id);
        self.show_line(conversation, &lineage, end, transaction)
            .await
    }

    /// The other versions of messages, oldest first: at most `most` of each, the newest. `messages` has for each message
    /// the run that it started or that produced it.
    pub async fn versions_of(
        &self,
        messages: &HashMap<MessageId, RunId>,
        most: usize,
    ) -> Result<HashMap<MessageId, Vec<Message>>> {
        let runs: Vec<RunId> = messages.values().copied().collect();
        let runs = self.runs_by_ids(&runs).await?;
        let conversation_of: HashMap<RunId, ConversationId> =
            runs.iter().map(|run| (run.id, run.conversation)).collect();
        let conversations: HashSet<ConversationId> = conversation_of.values().copied().collect();
        let lineages = self
            .lineages_on(conversations, self.database.primary())
            .await?;
        let ids_of = |message: MessageId, run: &RunId| {
            let lineage = lineages.get(conversation_of.get(run)?)?;
            let versions = lineage.versions(message, most);
            (!versions.is_empty()).then_some((message, versions))
        };
        let versions: Vec<(MessageId, Vec<MessageId>)> = messages
            .iter()
            .filter_map(|(message, run)| ids_of(*message, run))
            .collect();
        if versions.is_empty() {
            return Ok(HashMap::new());
        }
        let ids: Vec<MessageId> = versions.iter().flat_map(|(_, ids)| ids).copied().collect();
        let found = self.messages_by_ids(&ids).await?;
        let found: HashMap<MessageId, Message> = found
            .into_iter()
            .map(|message| (message.id, message))
            .collect();
        let loaded = versions.into_iter().map(|(message, ids)| {
            let versions = ids.iter().filter_map(|id| found.get(id).cloned());
            (message, versions.collect())
        });
        Ok(loaded.collect())
    }

    /// Locks a conversation until the transaction ends, and records an activity. Returns false when it does not exist.
    pub(super) async fn lock_conversation(
        &self,
        id: ConversationId,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<bool> {
        let locked = self
            .change::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(id.uuid()))
            .set(conversation::ActiveModel {
                updated_at: Set(at),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(locked.rows_affected > 0)
    }

    /// Selects the line to a run, with the run's agent and that agent's context.
    async fn show_line(
        &self,
        conversation: ConversationId,
        lineage: &Lineage,
        end: RunId,
        transaction: &Transaction,
    ) -> Result<()> {
        let selection = lineage.selection(Some(end), None);
        self.write_selection(&selection, transaction).await?;
        let agent = lineage.run(end).and_then(|run| run.agent);
        let context = self.swap_context(conversation, agent, transaction).await?;
        self.change::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(conversation.uuid()))
            .set(conversation::ActiveModel {
                agent_id: Set(agent.map(AgentId::uuid)),
                context: context.map_or(NotSet, Set),
                message_count: Set(selection.message_count),
                last_message_id: Set(selection.last_message.map(MessageId::uuid)),
                head_run_id: Set(Some(end.uuid())),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    async fn write_selection(
        &self,
        selection: &LineSelection,
        transaction: &Transaction,
    ) -> Result<()> {
        let runs = [(&selection.runs_off, false), (&selection.runs_on, true)];
        for (ids, selected) in runs {
            for part in ids.chunks(MOST_IDS) {
                self.change::<run::Entity>()
                    .filter(run::Column::Id.is_in(part.iter().map(|id| id.uuid())))
                    .set(run::ActiveModel {
                        selected: Set(selected),
                        ..Default::default()
                    })
                    .exec(&**transaction)
                    .await?;
            }
        }
        let messages = [
            (&selection.messages_off, false),
            (&selection.messages_on, true),
        ];
        for (ids, selected) in messages {
            for part in ids.chunks(MOST_IDS) {
                self.change::<message::Entity>()
                    .filter(message::Column::Id.is_in(part.iter().map(|id| id.uuid())))
                    .set(message::ActiveModel {
                        selected: Set(selected),
                        ..Default::default()
                    })
                    .exec(&**transaction)
                    .await?;
            }
        }
        Ok(())
    }

    async fn lineage_on(
        &self,
        conversation: ConversationId,
        connection: &impl ConnectionTrait,
    ) -> Result<Lineage> {
        let mut found = self.lineages_on([conversation], connection).await?;
        Ok(found.remove(&conversation).unwrap_or_default())
    }

    async fn lineages_on(
        &self,
        conversations: impl IntoIterator<Item = ConversationId>,
        connection: &impl ConnectionTrait,
    ) -> Result<HashMap<ConversationId, Lineage>> {
        let ids = conversations.into_iter().map(ConversationId::uuid);
        let rows: Vec<LineageColumns> = self
            .rows::<run::Entity>()
            .filter(run::Column::ConversationId.is_in(ids))
            .select_only()
            .column(run::Column::ConversationId)
            .column(run::Column::Id)
            .column(run::Column::ParentId)
            .column(run::Column::QuestionId)
            .column(run::Column::AnswerId)
            .column(run::Column::AgentId)
            .column(run::Column::Selected)
            .column(run::Column::Status)
            .into_tuple()
            .all(connection)
            .await?;
        let mut runs: HashMap<ConversationId, Vec<LineageRun>> = HashMap::new();
        for (conversation, id, parent, question, answer, agent, is_selected, status) in rows {
            let conversation = ConversationId::from_uuid(conversation);
            runs.entry(conversation).or_default().push(LineageRun {
                id: RunId::from_uuid(id),
                parent: parent.map(RunId::from_uuid),
                question: MessageId::from_uuid(question),
                answer: answer.map(MessageId::from_uuid),
                agent: agent.map(AgentId::from_uuid),
                is_selected,
                is_finished: !UNFINISHED.contains(&status),
            });
        }
        let lineages = runs
            .into_iter()
            .map(|(id, runs)| (id, runs.into_iter().collect()));
        Ok(lineages.collect())
    }
}

fn is_being_answered() -> Error {
    Error::conflict(
        "the conversation is being answered; wait for the end of its runs, or cancel them, and repeat the request",
    )
}
