//! What the answers of a page belong to: their conversations, the people who consent, agents and template versions.

use std::collections::HashMap;

use super::example::ExampleSource;
use crate::{
    domain::{AgentId, ConversationId, RatedAnswer, TemplateId},
    error::Result,
    redaction::Redactor,
    store::{Store, TenantStore},
};

/// What the answers of a page belong to.
pub(super) struct AnswerContext {
    /// The account's own id of the end user of each conversation; none for one of the account's own staff.
    conversations: HashMap<ConversationId, Option<String>>,
    /// A redactor for each person who consents, by the account's own id.
    people: HashMap<String, Redactor>,
    /// The redactor for conversations without an end user.
    staff: Redactor,
    /// The slugs of the agents.
    agents: HashMap<AgentId, String>,
    /// The names and versions of the templates.
    templates: HashMap<TemplateId, NamedVersion>,
}

/// The name and the version of a template.
struct NamedVersion {
    name: String,
    version: String,
}

impl AnswerContext {
    /// Reads what these answers belong to.
    pub(super) async fn load(
        store: &Store,
        tenant: &TenantStore,
        answers: &[RatedAnswer],
    ) -> Result<Self> {
        let mut ids: Vec<ConversationId> = answers
            .iter()
            .map(|rated| rated.answer.conversation)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let conversations = tenant.conversations_by_ids(&ids).await?;
        let names: Vec<&str> = conversations
            .iter()
            .filter_map(|conversation| conversation.end_user.as_deref())
            .collect();
        let people = tenant.consenting_people(&names).await?;
        let people = people.into_iter().map(|person| {
            let redactor = Redactor::of_person(&person.external_id, person.display_name.as_deref());
            (person.external_id, redactor)
        });
        let agents: Vec<AgentId> = answers
            .iter()
            .filter_map(|rated| rated.answer.agent)
            .collect();
        let agents = tenant.agents_by_ids(&agents).await?.into_iter();
        Ok(Self {
            people: people.collect(),
            conversations: conversations
                .into_iter()
                .map(|conversation| (conversation.id, conversation.end_user))
                .collect(),
            staff: Redactor::default(),
            agents: agents.map(|agent| (agent.id, agent.slug)).collect(),
            templates: templates_of(store, answers).await?,
        })
    }

    /// The redactor for the texts of a conversation; none when its end user does not consent, or when it was deleted.
    pub(super) fn redactor_of(&self, conversation: ConversationId) -> Option<&Redactor> {
        match self.conversations.get(&conversation)? {
            Some(end_user) => self.people.get(end_user),
            None => Some(&self.staff),
        }
    }

    /// Where the line of an answer comes from.
    pub(super) fn source_of(&self, rated: &RatedAnswer) -> ExampleSource<'_> {
        let answer = &rated.answer;
        let agent = answer.agent.and_then(|agent| self.agents.get(&agent));
        let template = rated.template.and_then(|id| self.templates.get(&id));
        ExampleSource {
            agent: agent.map(String::as_str),
            template: template.map(|template| template.name.as_str()),
            version: template.map(|template| template.version.as_str()),
            model: rated.model.clone(),
            conversation: answer.conversation.to_string(),
            message: answer.id.to_string(),
            rated_at: rated.rated_at,
        }
    }
}

async fn templates_of(
    store: &Store,
    answers: &[RatedAnswer],
) -> Result<HashMap<TemplateId, NamedVersion>> {
    let platform = store.platform();
    let mut templates = HashMap::new();
    for id in answers.iter().filter_map(|rated| rated.template) {
        if templates.contains_key(&id) {
            continue;
        }
        // cached: a version never changes
        if let Some(spec) = platform.template_spec(id).await? {
            let named = NamedVersion {
                name: spec.name.clone(),
                version: spec.version.clone(),
            };
            templates.insert(id, named);
        }
    }
    Ok(templates)
}
