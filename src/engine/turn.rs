//! Everything that a turn is answered from, read at its start.

use std::sync::Arc;

use futures::try_join;
use serde_json::Value;

use super::{Engine, ModelEntry, Opening, tools::Belt};
use crate::{
    domain::{
        Agent, Lease, Message, MessageRole, PricingTier, Run, ScoredPassage, TemplateSpec,
        layers_for,
    },
    error::{Error, Result},
    knowledge::SearchSettings,
    store::TenantStore,
};

/// At most this many earlier messages are looked at; the token budget is usually spent before.
const LONGEST_HISTORY: u64 = 100;

/// A question with fewer words needs the one before it to be understood.
const FEWEST_WORDS: usize = 5;

/// Everything that a turn is answered from.
pub(super) struct Turn {
    /// The right to answer it.
    pub(super) lease: Lease,
    /// Who answers.
    pub(super) agent: Agent,
    /// Its template.
    pub(super) template: Arc<TemplateSpec>,
    /// What of it was bought.
    pub(super) tier: PricingTier,
    /// Its settings, merged.
    pub(super) settings: Value,
    /// The conversation's context, an object.
    pub(super) context: Value,
    /// What was said before, the oldest first.
    pub(super) history: Vec<Message>,
    /// What is asked.
    pub(super) question: Message,
    /// What the agent knows about it, the best first, each with its document's title.
    pub(super) passages: Vec<(String, ScoredPassage)>,
    /// What it may use.
    pub(super) belt: Belt,
}

impl Engine {
    /// Everything that the answer is made from, and the models that may make it.
    pub(super) async fn gather(
        &self,
        lease: &Lease,
        run: &Run,
        opening: Option<Opening>,
    ) -> Result<(Turn, Vec<(String, ModelEntry)>)> {
        let parts = &self.inner.parts;
        let store = parts.store.tenant(lease.account);
        let opening = match opening {
            Some(opening) => opening,
            None => self.opening_of(&store, run).await?,
        };
        let agent = opening.agent.id;
        let history = async {
            if opening.is_first {
                return Ok(Vec::new());
            }
            store
                .answers_before(run.conversation, run.id, LONGEST_HISTORY)
                .await
        };
        let (history, known, granted) =
            try_join!(history, store.knowledge_of(agent), store.granted(agent))?;
        let Opening {
            account,
            agent,
            template,
            context,
            question,
            ..
        } = opening;
        let tier = template
            .tier(&agent.tier)
            .ok_or_else(|| Error::not_found("pricing tier"))?;
        let models = self.models_of(tier)?;
        let settings = layers_for(
            &template,
            tier,
            &parts.app_settings,
            &account.configuration,
            &agent.configuration,
        )
        .merged();
        let (documents, ..) = known;
        let allowed = run.allow_tools.as_deref();
        let host = parts.tools.as_ref();
        let mut turn = Turn {
            lease: *lease,
            tier: tier.clone(),
            belt: Belt::new(lease.account, tier, granted, allowed, host),
            agent,
            template,
            settings,
            context,
            history,
            question,
            passages: Vec::new(),
        };
        if documents > 0 {
            turn.passages = self.retrieve(&store, &turn).await?;
        }
        Ok((turn, models))
    }

    /// What the tables say an answer begins with.
    async fn opening_of(&self, store: &TenantStore, run: &Run) -> Result<Opening> {
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
        let platform = self.inner.parts.store.platform();
        let template = platform.template_spec(agent.template).await?;
        let conversation = conversations.pop().ok_or_else(missing("conversation"))?;
        Ok(Opening {
            account,
            agent,
            template: template.ok_or_else(missing("template"))?,
            context: conversation.context,
            question: questions.pop().ok_or_else(missing("message"))?,
            is_first: false,
        })
    }

    /// What the agent knows about a question.
    async fn retrieve(
        &self,
        store: &TenantStore,
        turn: &Turn,
    ) -> Result<Vec<(String, ScoredPassage)>> {
        let question = &turn.question.text;
        let mut before = turn.history.iter().rev();
        let asked = match before.find(|message| message.role == MessageRole::User) {
            // "and in winter?" is about what was asked before
            Some(before) if question.split_whitespace().count() < FEWEST_WORDS => {
                format!("{}\n{question}", before.text)
            }
            _ => question.clone(),
        };
        let settings = SearchSettings::of(&turn.settings);
        let found = self
            .inner
            .parts
            .knowledge
            .search(turn.agent.account, turn.agent.id, &asked, settings)
            .await?;
        let ids: Vec<_> = found
            .passages
            .iter()
            .map(|passage| passage.document)
            .collect();
        let documents = store.documents_by_ids(&ids).await?;
        let with_title = |passage: ScoredPassage| {
            let document = documents.iter().find(|one| one.id == passage.document)?;
            Some((document.title.clone(), passage))
        };
        Ok(found.passages.into_iter().filter_map(with_title).collect())
    }

    /// The models of a tier that are configured, in order of preference, each once.
    fn models_of(&self, tier: &PricingTier) -> Result<Vec<(String, ModelEntry)>> {
        let mut models: Vec<(String, ModelEntry)> = Vec::new();
        for (name, entry) in self.inner.parts.models.in_order(&tier.models) {
            // two names may mean one model, which would fail again
            if !models
                .iter()
                .any(|(_, known)| Arc::ptr_eq(&known.model, &entry.model))
            {
                models.push((name.to_owned(), entry.clone()));
            }
        }
        if models.is_empty() {
            return Err(Error::unavailable(format!(
                "none of the models of tier \"{}\" is configured: {}",
                tier.name,
                tier.models.join(", ")
            )));
        }
        Ok(models)
    }
}
