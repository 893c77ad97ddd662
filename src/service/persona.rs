//! The personas of digital experts: shown with the sources that stand, edited by people, built again on request.

use std::{collections::HashMap, sync::Arc};

use serde_json::json;

use super::{agent::existing, agent_settings::template_of, audit::audit_note, tables::Tables};
use crate::{
    domain::{
        Actor, Agent, AgentId, AuditNote, Document, DocumentId, NewPersonaItem, Operation,
        Permission, Persona, PersonaChange, PersonaItemId, PersonaItemKind, PersonaItemText,
        PersonaProfile, PersonaState, PersonaVersion,
    },
    error::{Error, Result},
    jobs,
    port::{Announcement, Announcements, Clock, JobQueue},
    store::TenantStore,
};

/// The input of a person's change of a persona.
#[derive(Debug, Clone)]
pub struct PersonaInput {
    /// The agent.
    pub agent: AgentId,
    /// The version that the change is based on; 0 for an agent without one.
    pub expected_version: i32,
    /// The kinds and texts of new items.
    pub add: Vec<(PersonaItemKind, String)>,
    /// New texts of items.
    pub replace: Vec<PersonaItemText>,
    /// The items to remove.
    pub remove: Vec<PersonaItemId>,
}

/// A persona with the documents of its sources. Sources whose documents were deleted or replaced are left out.
#[derive(Debug, Clone)]
pub struct PersonaView {
    /// The persona.
    pub persona: Persona,
    /// The documents by their ids.
    pub documents: Arc<HashMap<DocumentId, Document>>,
}

/// An earlier or the current version of a persona's profile, shown like [`PersonaView`].
#[derive(Debug, Clone)]
pub struct PersonaVersionView {
    /// The version.
    pub version: PersonaVersion,
    /// The documents by their ids.
    pub documents: Arc<HashMap<DocumentId, Document>>,
}

/// Shows and changes the personas of agents.
#[derive(Clone)]
pub struct PersonaService {
    pub(super) tables: Tables,
    pub(super) queue: Arc<dyn JobQueue>,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

impl PersonaService {
    /// Changes the persona of an agent. CONFLICT when `expected_version` is not the current one.
    pub async fn update(&self, actor: &Actor, input: PersonaInput) -> Result<PersonaView> {
        let permission = actor.authorize(Operation::UpdatePersona)?;
        let store = self.tables.tenant(&permission);
        if input.add.is_empty() && input.replace.is_empty() && input.remove.is_empty() {
            return Err(Error::bad_input(
                "input",
                "changes nothing, expected add, replace or removeIds",
            ));
        }
        self.expert(&store, &permission, input.agent).await?;
        let before = store.persona(input.agent).await?;
        let before = before.unwrap_or_else(|| no_persona(input.agent));
        if before.version != input.expected_version {
            return Err(changed_meanwhile());
        }
        let detail = json!({
            "version": before.version + 1,
            "added": input.add.len(),
            "replaced": input.replace.len(),
            "removed": input.remove.len(),
        });
        let now = self.clock.now();
        let changed = Persona {
            version: before.version + 1,
            profile: before.profile.changed(self.change(&input))?,
            edited_at: Some(now),
            ..before
        };
        let note = AuditNote {
            agent: Some(input.agent),
            ..audit_note(self.clock.as_ref(), &permission, input.agent, detail)
        };
        if !store.update_persona(&changed, now, note).await? {
            return Err(changed_meanwhile());
        }
        self.announcements.publish(
            permission.account(),
            Announcement::AgentChanged(input.agent),
        );
        view(&store, changed).await
    }

    /// Queues a build that reads every document again.
    pub async fn rebuild(&self, actor: &Actor, agent: AgentId) -> Result<PersonaView> {
        let permission = actor.authorize(Operation::RebuildPersona)?;
        let store = self.tables.tenant(&permission);
        self.expert(&store, &permission, agent).await?;
        let note = AuditNote {
            agent: Some(agent),
            ..audit_note(self.clock.as_ref(), &permission, agent, json!({}))
        };
        let persona = store.rebuild_persona(agent, self.clock.now(), note).await?;
        jobs::offer(self.queue.as_ref(), permission.account(), agent.uuid());
        self.announcements
            .publish(permission.account(), Announcement::AgentChanged(agent));
        view(&store, persona).await
    }

    /// The last versions of an agent's persona, the newest first.
    pub async fn versions(&self, actor: &Actor, agent: &Agent) -> Result<Vec<PersonaVersionView>> {
        let permission = actor
            .acting_in(agent.account)?
            .authorize(Operation::Agent)?;
        let store = self.tables.tenant(&permission);
        let versions = store.persona_versions(agent.id).await?;
        let profiles = versions.iter().map(|version| &version.profile);
        let documents = Arc::new(documents_of(&store, profiles).await?);
        let revisions = revisions(&documents);
        let shown = versions.into_iter().map(|version| PersonaVersionView {
            version: PersonaVersion {
                profile: version.profile.with_current_sources(&revisions),
                ..version
            },
            documents: Arc::clone(&documents),
        });
        Ok(shown.collect())
    }

    /// Checks that an agent exists and can have a persona.
    async fn expert(
        &self,
        store: &TenantStore,
        permission: &Permission,
        agent: AgentId,
    ) -> Result<()> {
        let agent = existing(store, agent).await?;
        let template = template_of(&self.tables, permission, agent.template).await?;
        if template.spec.has_persona() {
            return Ok(());
        }
        Err(Error::bad_input(
            "input.agentId",
            format!(
                "is an agent of {}, which has no persona; expected a digital expert",
                template.spec.name
            ),
        ))
    }

    fn change(&self, input: &PersonaInput) -> PersonaChange {
        let added = input.add.iter().map(|(kind, text)| NewPersonaItem {
            id: PersonaItemId::new(self.clock.as_ref()),
            kind: *kind,
            text: text.clone(),
        });
        PersonaChange {
            add: added.collect(),
            replace: input.replace.clone(),
            remove: input.remove.clone(),
        }
    }
}

/// Personas with the documents of their sources.
pub(super) async fn views(store: &TenantStore, personas: Vec<Persona>) -> Result<Vec<PersonaView>> {
    let profiles = personas.iter().map(|persona| &persona.profile);
    let documents = Arc::new(documents_of(store, profiles).await?);
    let revisions = revisions(&documents);
    let shown = personas.into_iter().map(|persona| PersonaView {
        persona: Persona {
            profile: persona.profile.with_current_sources(&revisions),
            ..persona
        },
        documents: Arc::clone(&documents),
    });
    Ok(shown.collect())
}

async fn view(store: &TenantStore, persona: Persona) -> Result<PersonaView> {
    let shown = views(store, vec![persona]).await?.pop();
    shown.ok_or_else(|| Error::internal("show a persona"))
}

async fn documents_of<'p>(
    store: &TenantStore,
    profiles: impl Iterator<Item = &'p PersonaProfile>,
) -> Result<HashMap<DocumentId, Document>> {
    let mut ids: Vec<DocumentId> = profiles.flat_map(PersonaProfile::document_ids).collect();
    ids.sort_unstable();
    ids.dedup();
    let documents = store.documents_by_ids(&ids).await?;
    let by_id = documents
        .into_iter()
        .map(|document| (document.id, document));
    Ok(by_id.collect())
}

fn revisions(documents: &HashMap<DocumentId, Document>) -> HashMap<DocumentId, i32> {
    let documents = documents.iter();
    documents
        .map(|(id, document)| (*id, document.revision))
        .collect()
}

/// The persona of an agent that has none yet.
fn no_persona(agent: AgentId) -> Persona {
    Persona {
        agent,
        version: 0,
        state: PersonaState::Ready,
        problem: None,
        profile: PersonaProfile::default(),
        round: 0,
        built_at: None,
        edited_at: None,
    }
}

fn changed_meanwhile() -> Error {
    Error::conflict("the persona has another version now; read it again and repeat the change")
}
