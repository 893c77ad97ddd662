//! Corrections of the router: noticed when people choose otherwise, listed and decided by administrators.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{agent::existing, audit::audit_note, tables::Tables};
use crate::{
    domain::{
        Actor, Agent, AgentId, AuditNote, ConversationId, Operation, Page, PageRequest, Permission,
        RouteCorrection, RouteCorrectionCause, RouteCorrectionFilter, RouteCorrectionId,
        RouteCorrectionStatus, Run, SkillAssignment, TemplateSpec, excerpt,
    },
    error::{Error, Result},
    port::Clock,
    routing::{RoutableTemplate, Router},
    store::TenantStore,
};

/// The noun in error messages.
const NOUN: &str = "correction";
/// The maximum number of an account's messages that are examples of skills.
pub(super) const MOST_EXAMPLES: u64 = 200;
/// The maximum time in which the router finds the skill of a message.
const PATIENCE: Duration = Duration::from_secs(30);

/// Lists and decides corrections of the router.
#[derive(Clone)]
pub struct RouteCorrectionService {
    pub(super) tables: Tables,
    pub(super) router: Router,
    pub(super) clock: Arc<dyn Clock>,
}

/// The decision to make the message of a correction an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrectionInput {
    /// The correction.
    pub id: RouteCorrectionId,
    /// The agent that should have been chosen; none for the one that the correction names.
    pub agent: Option<AgentId>,
    /// The id of the agent's skill; none for the skill that the message is most similar to.
    pub skill: Option<String>,
}

impl RouteCorrectionService {
    /// The account's corrections, newest first.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &RouteCorrectionFilter,
        page: &PageRequest,
    ) -> Result<Page<RouteCorrection>> {
        let permission = actor.authorize(Operation::RouteCorrections)?;
        let store = self.tables.tenant(&permission);
        store.route_corrections(filter, page).await
    }

    /// The total number of corrections in [`Self::list`].
    pub async fn count(&self, actor: &Actor, filter: &RouteCorrectionFilter) -> Result<u64> {
        let permission = actor.authorize(Operation::RouteCorrections)?;
        let store = self.tables.tenant(&permission);
        store.count_route_corrections(filter).await
    }

    /// The correction with this id.
    pub async fn get(
        &self,
        actor: &Actor,
        id: RouteCorrectionId,
    ) -> Result<Option<RouteCorrection>> {
        let permission = actor.authorize(Operation::RouteCorrections)?;
        self.tables.tenant(&permission).route_correction(id).await
    }

    /// Makes the message of a correction an example of a skill: the account's next messages are compared with it.
    pub async fn accept(&self, actor: &Actor, input: CorrectionInput) -> Result<RouteCorrection> {
        let permission = actor.authorize(Operation::AcceptRouteCorrection)?;
        let store = self.tables.tenant(&permission);
        let correction = found(&store, input.id).await?;
        let wanted = input.agent.or(correction.wanted).ok_or_else(|| {
            Error::bad_input(
                "input.agentId",
                "is missing: the person named no agent, so say which one should have answered",
            )
        })?;
        let (wanted, template) = self.agent_with_template(&permission, wanted).await?;
        let (_, other) = self
            .agent_with_template(&permission, correction.chosen)
            .await?;
        if template.id == other.id {
            return Err(Error::bad_input(
                "input.agentId",
                format!(
                    "\"{}\" has the same template as the agent that answered, and the router does not choose between them",
                    wanted.slug
                ),
            ));
        }
        let skill = if let Some(skill) = input.skill {
            known_skill(&template.spec, skill)?
        } else {
            let text = store.corrected_texts(&[correction.id]).await?.pop();
            let (_, text) = text.ok_or_else(|| Error::not_found(NOUN))?;
            self.nearest_skill(&text, template, other).await?
        };
        let assignment = SkillAssignment {
            agent: wanted.id,
            skill,
        };
        let note = self
            .note(&permission, &correction, Some(&assignment))
            .await?;
        store
            .accept_correction(correction.id, &assignment, MOST_EXAMPLES, note)
            .await?;
        found(&store, correction.id).await
    }

    /// Decides that the message of a correction is no example; one that was accepted is no example any more.
    pub async fn dismiss(&self, actor: &Actor, id: RouteCorrectionId) -> Result<RouteCorrection> {
        let permission = actor.authorize(Operation::DismissRouteCorrection)?;
        let store = self.tables.tenant(&permission);
        let correction = found(&store, id).await?;
        let note = self.note(&permission, &correction, None).await?;
        store.dismiss_correction(id, note).await?;
        found(&store, id).await
    }

    async fn agent_with_template(
        &self,
        permission: &Permission,
        id: AgentId,
    ) -> Result<(Agent, RoutableTemplate)> {
        let agent = existing(&self.tables.tenant(permission), id).await?;
        let platform = self.tables.platform(permission);
        let spec = platform.template_spec(agent.template).await?;
        let spec = spec.ok_or_else(|| Error::internal("finding an agent's template"))?;
        let template = RoutableTemplate::new(agent.template, spec);
        Ok((agent, template))
    }

    /// The skill of `template` that the message is most similar to.
    async fn nearest_skill(
        &self,
        text: &str,
        template: RoutableTemplate,
        other: RoutableTemplate,
    ) -> Result<String> {
        let id = template.id;
        let ranked = self.router.rank(text, vec![template, other], PATIENCE);
        let ranking = ranked.await.map_err(|error| {
            Error::bad_input(
                "input.skill",
                format!(
                    "is needed, since the skills cannot be compared now: {}",
                    error.message()
                ),
            )
        })?;
        let nearest = ranking.templates.get(&id);
        let nearest = nearest.ok_or_else(|| {
            Error::bad_input(
                "input.agentId",
                "names an agent whose template has no skills",
            )
        })?;
        Ok(nearest.skill.clone())
    }

    async fn note(
        &self,
        permission: &Permission,
        correction: &RouteCorrection,
        assignment: Option<&SkillAssignment>,
    ) -> Result<AuditNote> {
        let store = self.tables.tenant(permission);
        let conversation = store.conversations_of_runs(&[correction.run]).await?.pop();
        let detail = json!({
            "run": correction.run.to_string(),
            "skill": assignment.map(|assignment| &assignment.skill),
        });
        Ok(AuditNote {
            agent: assignment.map(|assignment| assignment.agent),
            conversation: conversation.map(|(_, conversation)| conversation),
            ..audit_note(self.clock.as_ref(), permission, correction.id, detail)
        })
    }
}

/// What a change of a conversation's agent by a person says about the router's last choice, if it says anything: the router
/// had chosen the agent by its skills for a message that was not private, and could choose the wanted one.
pub(super) async fn by_person(
    store: &TenantStore,
    conversation: ConversationId,
    wanted: &Agent,
    cause: RouteCorrectionCause,
    clock: &dyn Clock,
) -> Result<Option<RouteCorrection>> {
    let Some(run) = store.newest_run(conversation).await? else {
        return Ok(None);
    };
    let Some(correction) = sign(store, &run, cause, clock).await? else {
        return Ok(None);
    };
    let chosen = store.agents_by_ids(&[correction.chosen]).await?.pop();
    let differs = chosen.is_some_and(|chosen| chosen.template != wanted.template);
    Ok(differs.then_some(RouteCorrection {
        wanted: Some(wanted.id),
        ..correction
    }))
}

/// What a bad rating of an answer of `run` says about the router's choice, if it says anything.
pub(super) async fn by_rating(
    store: &TenantStore,
    run: &Run,
    clock: &dyn Clock,
) -> Result<Option<RouteCorrection>> {
    sign(store, run, RouteCorrectionCause::Rated, clock).await
}

/// A sign about the choice of a run's agent, if it can be corrected and its message is not private.
async fn sign(
    store: &TenantStore,
    run: &Run,
    cause: RouteCorrectionCause,
    clock: &dyn Clock,
) -> Result<Option<RouteCorrection>> {
    if !RouteCorrection::fits(&run.route) {
        return Ok(None);
    }
    let question = store.messages_by_ids(&[run.question]).await?.pop();
    if question.is_none_or(|question| question.private) {
        return Ok(None);
    }
    let chosen = store.agents_by_ids(&[run.route.agent]).await?;
    Ok(chosen.first().map(|chosen| RouteCorrection {
        id: RouteCorrectionId::new(clock),
        account: run.account,
        run: run.id,
        chosen: chosen.id,
        wanted: None,
        cause,
        status: RouteCorrectionStatus::Pending,
        skill: None,
        created_at: clock.now(),
        resolved_at: None,
        resolved_by: None,
    }))
}

async fn found(store: &TenantStore, id: RouteCorrectionId) -> Result<RouteCorrection> {
    let found = store.route_correction(id).await?;
    found.ok_or_else(|| Error::not_found(NOUN))
}

/// The skill, if the template has it.
fn known_skill(spec: &TemplateSpec, skill: String) -> Result<String> {
    if spec.skills.iter().any(|known| known.id == skill) {
        return Ok(skill);
    }
    let known: Vec<&str> = spec.skills.iter().map(|known| known.id.as_str()).collect();
    Err(Error::bad_input(
        "input.skill",
        format!(
            "\"{}\" is no skill of the agent, expected one of: {}",
            excerpt(&skill),
            known.join(", ")
        ),
    ))
}
