//! Everything that a run's answer is based on, read at the start of an attempt.

mod briefing;
mod inputs;
mod models;
mod prompt;
mod reading;

pub use self::inputs::RunInputs;
pub(super) use self::{models::models_of, prompt::TurnPrompt};

use std::sync::Arc;

use futures::try_join;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use self::{briefing::Earlier, inputs::read_inputs, models::has_model};
use super::{
    EngineParts,
    handoff::{HAND_OFF, HandOffTool, MOST_TARGETS},
    models::{BudgetMeter, NamedModel, traced},
    tool_set::ToolSet,
    trace::TraceScope,
    workflow::ExpertProfile,
};
use crate::{
    domain::{
        Agent, HandoffId, HandoffSettings, KeptState, Lease, Message, MessageRole, PricingTier,
        ProviderKey, Run, ScoredPassage, TemplateSpec, TierLimit, Workflow,
    },
    error::Result,
    knowledge::{KnowledgeQuery, SearchSettings},
    store::{KnowledgeSize, TenantStore},
};

/// The maximum number of earlier messages that are read; the token budget is usually spent before.
pub(super) const LONGEST_HISTORY: u64 = 100;
/// The maximum number of handoffs of a conversation that are read, the newest.
const MOST_HANDOFFS: u64 = 40;

/// The minimum number of words of a question that is searched alone; a shorter one is searched together with the
/// question before it.
const FEWEST_WORDS: usize = 5;

/// Everything that an answer is based on.
pub(super) struct Turn {
    pub(super) agent: Agent,
    pub(super) template: Arc<TemplateSpec>,
    pub(super) tier: PricingTier,
    /// The agent's settings, merged from all layers.
    pub(super) settings: Value,
    /// The conversation's context, an object.
    pub(super) context: Value,
    /// The workflow, if the template declares the state that it keeps.
    pub(super) workflow: Option<Workflow>,
    /// The workflow's state before the run, an object.
    pub(super) state: Value,
    /// The earlier messages that the agent sees, oldest first.
    pub(super) history: Vec<Message>,
    /// Whether something in the agent's view is private, so that its words are private too.
    pub(super) is_private: bool,
    /// The settings of the agent's handoffs.
    pub(super) handoff: HandoffSettings,
    /// What a handoff carried to the agent beside messages, for the instructions.
    pub(super) briefing: Option<String>,
    /// The handoffs that led to the run's first agent since the run before.
    pub(super) opening: Vec<HandoffId>,
    /// Whether handoffs to the agent are open.
    pub(super) resolves_handoffs: bool,
    /// The tool that hands the conversation over; none when there is no agent for it, or when the question is private.
    pub(super) hand_off: Option<HandOffTool>,
    /// The message to answer.
    pub(super) question: Message,
    /// The text of the answer that the run continues.
    pub(super) begun: Option<String>,
    /// The profile of the expert that the agent speaks for.
    pub(super) persona: Option<ExpertProfile>,
    /// The passages found for the question, best first, each with its document's title.
    pub(super) passages: Vec<(String, ScoredPassage)>,
    /// The size of the agent's knowledge.
    pub(super) knowledge: KnowledgeSize,
    /// The tools that the model may call.
    pub(super) tools: ToolSet,
    /// The models that may answer, in order of preference.
    pub(super) models: Vec<NamedModel>,
    /// The place of the turn's spans; none while traces are off, or for a trace that is not sampled.
    pub(super) trace: Option<TraceScope>,
}

impl Turn {
    /// Reads everything that the answer is based on.
    #[expect(
        clippy::too_many_lines,
        reason = "a list of inputs, read from top to bottom"
    )]
    pub(super) async fn gather(
        parts: &EngineParts,
        lease: &Lease,
        run: &Run,
        inputs: Option<RunInputs>,
        stop: &CancellationToken,
    ) -> Result<Self> {
        let store = parts.store.tenant(lease.account);
        let inputs = read_inputs(parts, &store, run, inputs).await?;
        let agent = inputs.agent.id;
        let (tier, settings) = inputs.tier_and_settings(parts)?;
        let handoff = HandoffSettings::of(&settings);
        let (earlier, knowledge, granted, keys, mut targets, kept, persona) = try_join!(
            Earlier::read(&store, run, inputs.is_first),
            knowledge_of(&store, &inputs),
            store.granted(agent),
            provider_keys_of(&store, &inputs),
            targets_of(parts, &store, &inputs, &tier, &handoff),
            state_of(&store, run, &inputs),
            ExpertProfile::read(&store, agent, &inputs.template)
        )?;
        let meter = BudgetMeter::of_run(parts, lease, run, &inputs, &tier);
        let failed = run.failed_model.as_deref();
        let models = models_of(parts, &tier, &keys, failed, meter.as_ref())?;
        let trace = parts.trace_of(run, lease.attempt);
        let trace = trace.map(|scope| scope.of_agent(&inputs.agent));
        targets.retain(|(agent, template)| has_model(parts, agent, template, &keys));
        let briefing = earlier.briefing(&store, agent, handoff.switching).await?;
        let opening = earlier.opening(run);
        let resolves_handoffs = earlier.has_open_handoff_to(agent);
        let begun = earlier.begun_text();
        let view = earlier.view(agent);
        let inputs_are_private = inputs.are_private(&settings);
        let RunInputs {
            agent,
            template,
            context,
            question,
            ..
        } = inputs;
        let allowed = run.allow_tools.as_deref();
        let mut turn = Self {
            models: traced(models, trace.as_ref()),
            trace,
            tools: ToolSet::new(lease.account, &tier, granted, allowed, parts.tools.as_ref()),
            is_private: view.is_private || inputs_are_private || kept.private,
            hand_off: hand_off_tool(&targets, allowed),
            history: view.messages,
            handoff,
            briefing,
            opening,
            resolves_handoffs,
            tier,
            agent,
            workflow: Workflow::of(&template),
            template,
            settings,
            context,
            state: kept.state,
            question,
            begun,
            persona,
            passages: Vec::new(),
            knowledge,
        };
        if turn.is_quoted() {
            turn.await_documents(parts, &store, stop).await?;
        }
        turn.passages = turn.search_question(parts).await?;
        Ok(turn)
    }

    /// The passages for the question; a short one is searched together with the one before it.
    async fn search_question(&self, parts: &EngineParts) -> Result<Vec<(String, ScoredPassage)>> {
        if self.knowledge.documents == 0 {
            return Ok(Vec::new());
        }
        let joined = self.joined_question();
        let question = joined.as_ref().unwrap_or(&self.question.text);
        self.search(parts, question).await
    }

    /// A limit of the pricing tier; the largest number if it sets none.
    fn tier_limit(&self, limit: TierLimit) -> usize {
        let limit = self.tier.limit(limit);
        limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        })
    }

    /// The setting at a JSON pointer, if it is a text.
    pub(super) fn setting(&self, pointer: &str) -> Option<&str> {
        self.settings.pointer(pointer).and_then(Value::as_str)
    }

    /// The passages that were found for the question, the best first.
    pub(super) fn passages(&self) -> Vec<ScoredPassage> {
        let passages = self.passages.iter();
        passages.map(|(_, passage)| passage.clone()).collect()
    }

    /// A short question together with the one before it: "and in winter?" refers to it.
    pub(super) fn joined_question(&self) -> Option<String> {
        let question = &self.question.text;
        if question.split_whitespace().count() >= FEWEST_WORDS {
            return None;
        }
        let mut before = self.history.iter().rev();
        let before = before.find(|message| message.role == MessageRole::User)?;
        Some(format!("{}\n{question}", before.text))
    }

    /// Searches the agent's knowledge; each passage comes with its document's title.
    pub(super) async fn search(
        &self,
        parts: &EngineParts,
        question: &str,
    ) -> Result<Vec<(String, ScoredPassage)>> {
        let store = parts.store.tenant(self.agent.account);
        let query = KnowledgeQuery {
            account: self.agent.account,
            agent: self.agent.id,
            question,
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

/// The state that the workflow of a run's agent keeps of the conversation; an empty one for a new conversation.
async fn state_of(store: &TenantStore, run: &Run, inputs: &RunInputs) -> Result<KeptState> {
    let workflow = Workflow::of(&inputs.template);
    let keeps_state = workflow.is_some_and(|workflow| workflow.state_property().is_some());
    if inputs.is_first || !keeps_state {
        return Ok(KeptState::default());
    }
    store
        .workflow_state(run.conversation, inputs.agent.id)
        .await
}

/// The size of the agent's knowledge.
async fn knowledge_of(store: &TenantStore, inputs: &RunInputs) -> Result<KnowledgeSize> {
    if !inputs.holdings.documents {
        return Ok(KnowledgeSize::default());
    }
    store.knowledge_size(inputs.agent.id).await
}

/// The account's own keys of model providers.
async fn provider_keys_of(store: &TenantStore, inputs: &RunInputs) -> Result<Vec<ProviderKey>> {
    if !inputs.holdings.provider_keys {
        return Ok(Vec::new());
    }
    store.provider_keys().await
}

/// The active agents that an agent may hand this question over to, with their templates.
async fn targets_of(
    parts: &EngineParts,
    store: &TenantStore,
    inputs: &RunInputs,
    tier: &PricingTier,
    handoff: &HandoffSettings,
) -> Result<Vec<(Agent, Arc<TemplateSpec>)>> {
    // a private question stays with the agent that was asked
    let mut models = parts.models.in_order(&tier.models);
    let calls_tools = models.any(|(_, entry)| entry.model.calls_tools());
    if inputs.question.private || !calls_tools || !inputs.holdings.several_agents {
        return Ok(Vec::new());
    }
    let slugs = handoff.targets.as_deref();
    // one more, because the agent itself is among them
    let active = store.active_agents(slugs, MOST_TARGETS + 1).await?;
    let platform = parts.store.platform();
    let mut targets = Vec::new();
    for agent in active {
        if agent.id == inputs.agent.id {
            continue;
        }
        if let Some(template) = platform.template_spec(agent.template).await? {
            targets.push((agent, template));
        }
    }
    Ok(targets)
}

/// The tool that hands the conversation over, unless the message does not allow it.
fn hand_off_tool(
    targets: &[(Agent, Arc<TemplateSpec>)],
    allowed: Option<&[String]>,
) -> Option<HandOffTool> {
    let is_allowed = |allowed: &[String]| allowed.iter().any(|name| name == HAND_OFF);
    HandOffTool::new(targets).filter(|_| allowed.is_none_or(is_allowed))
}
