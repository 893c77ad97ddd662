//! Everything that a run's answer is based on, read at the start of an attempt.

mod models;
mod prompt;

use std::sync::Arc;

use futures::try_join;
use serde_json::Value;

use super::{EngineParts, models::NamedModel, tool_set::ToolSet};
use crate::{
    domain::{
        Account, Agent, Lease, Message, MessageRole, PricingTier, Run, ScoredPassage, TemplateSpec,
        layers_for,
    },
    error::{Error, Result},
    knowledge::{KnowledgeQuery, SearchSettings},
    store::TenantStore,
};

/// The maximum number of earlier messages that are read; the token budget is usually spent before.
const LONGEST_HISTORY: u64 = 100;

/// The minimum number of words of a question that is searched alone; a shorter one is searched together with the
/// question before it.
const FEWEST_WORDS: usize = 5;

/// The rows that an answer is based on, as read by the service that stored the message.
pub struct RunInputs {
    /// The account that owns the run.
    pub account: Account,
    /// The agent that answers.
    pub agent: Agent,
    /// The agent's template.
    pub template: Arc<TemplateSpec>,
    /// The conversation's context, an object.
    pub context: Value,
    /// The message to answer.
    pub question: Message,
    /// Whether the message is the first one of its conversation.
    pub is_first: bool,
}

/// Everything that an answer is based on.
pub(super) struct Turn {
    pub(super) agent: Agent,
    pub(super) template: Arc<TemplateSpec>,
    pub(super) tier: PricingTier,
    /// The agent's settings, merged from all layers.
    pub(super) settings: Value,
    /// The conversation's context, an object.
    pub(super) context: Value,
    /// The earlier messages, oldest first.
    pub(super) history: Vec<Message>,
    /// The message to answer.
    pub(super) question: Message,
    /// The passages found for the question, best first, each with its document's title.
    pub(super) passages: Vec<(String, ScoredPassage)>,
    /// The tools that the model may call.
    pub(super) tools: ToolSet,
    /// The models that may answer, in order of preference.
    pub(super) models: Vec<NamedModel>,
}

impl Turn {
    /// Reads everything that the answer is based on.
    pub(super) async fn gather(
        parts: &EngineParts,
        lease: &Lease,
        run: &Run,
        inputs: Option<RunInputs>,
    ) -> Result<Self> {
        let store = parts.store.tenant(lease.account);
        let inputs = match inputs {
            Some(inputs) => inputs,
            None => read_inputs(parts, &store, run).await?,
        };
        let agent = inputs.agent.id;
        let history = async {
            if inputs.is_first {
                return Ok(Vec::new());
            }
            store
                .answers_before(run.conversation, run.id, LONGEST_HISTORY)
                .await
        };
        let (history, knowledge, granted, keys) = try_join!(
            history,
            store.knowledge_size(agent),
            store.granted(agent),
            store.provider_keys()
        )?;
        let RunInputs {
            account,
            agent,
            template,
            context,
            question,
            ..
        } = inputs;
        let tier = template
            .tier(&agent.tier)
            .ok_or_else(|| Error::not_found("pricing tier"))?;
        let settings = layers_for(
            &template,
            tier,
            &parts.app_settings,
            &account.configuration,
            &agent.configuration,
        )
        .merged();
        let allowed = run.allow_tools.as_deref();
        let host = parts.tools.as_ref();
        let mut turn = Self {
            models: models::models_of(parts, tier, &keys, run.failed_model.as_deref())?,
            tools: ToolSet::new(lease.account, tier, granted, allowed, host),
            tier: tier.clone(),
            agent,
            template,
            settings,
            context,
            history,
            question,
            passages: Vec::new(),
        };
        if knowledge.documents > 0 {
            turn.passages = turn.search(parts, &store).await?;
        }
        Ok(turn)
    }

    /// The passages that were found for the question, the best first.
    pub(super) fn passages(&self) -> Vec<ScoredPassage> {
        let passages = self.passages.iter();
        passages.map(|(_, passage)| passage.clone()).collect()
    }

    /// Searches the agent's knowledge for the question.
    async fn search(
        &self,
        parts: &EngineParts,
        store: &TenantStore,
    ) -> Result<Vec<(String, ScoredPassage)>> {
        let question = &self.question.text;
        let mut before = self.history.iter().rev();
        let query = match before.find(|message| message.role == MessageRole::User) {
            // "and in winter?" refers to the question before it
            Some(before) if question.split_whitespace().count() < FEWEST_WORDS => {
                format!("{}\n{question}", before.text)
            }
            _ => question.clone(),
        };
        let query = KnowledgeQuery {
            account: self.agent.account,
            agent: self.agent.id,
            question: &query,
            settings: SearchSettings::of(&self.settings),
        };
        let found = parts.knowledge.search.search(query).await?;
        let passages = found.passages.iter();
        let ids: Vec<_> = passages.map(|passage| passage.document).collect();
        let documents = store.documents_by_ids(&ids).await?;
        let with_title = |passage: ScoredPassage| {
            let document = documents.iter().find(|one| one.id == passage.document)?;
            Some((document.title.clone(), passage))
        };
        Ok(found.passages.into_iter().filter_map(with_title).collect())
    }
}

/// Reads the inputs of a run from the tables.
async fn read_inputs(parts: &EngineParts, store: &TenantStore, run: &Run) -> Result<RunInputs> {
    let missing = |noun| move || Error::not_found(noun);
    let agent = run
        .agent
        .ok_or_else(|| Error::not_found("agent: it was deleted"))?;
    let (agents, conversations, questions) = ([agent], [run.conversation], [run.question]);
    let (account, mut agents, mut conversations, mut questions) = try_join!(
        store.account(),
        store.agents_by_ids(&agents),
        store.conversations_by_ids(&conversations),
        store.messages_by_ids(&questions),
    )?;
    let agent = agents.pop().ok_or_else(missing("agent"))?;
    let platform = parts.store.platform();
    let template = platform.template_spec(agent.template).await?;
    let conversation = conversations.pop().ok_or_else(missing("conversation"))?;
    Ok(RunInputs {
        account,
        agent,
        template: template.ok_or_else(missing("template"))?,
        context: conversation.context,
        question: questions.pop().ok_or_else(missing("message"))?,
        is_first: false,
    })
}
