//! Personas: requested builds are built together, each change is a version, no change is lost.

use chrono::TimeDelta;

use super::fixture::{
    agent, an_account, an_agent, id, note, note_at, now, on_each_database, template,
};
use crate::{
    domain::{
        Agent, Document, DocumentId, JobKind, NewPersonaItem, Persona, PersonaChange,
        PersonaItemKind, PersonaState, Workflow,
    },
    error::Kind,
    store::{NewDocument, Store, TenantStore},
};

/// An agent whose workflow has a persona.
async fn an_expert(store: &Store, tenant: &TenantStore) -> Agent {
    let mut expert = template(&format!("t{}", uuid::Uuid::now_v7().simple()), "1.0.0");
    expert.spec.workflow = Workflow::Expert.name().to_owned();
    assert!(store.platform().publish(&expert, None).await.unwrap());
    let agent = agent(tenant, expert.id, "Marit");
    assert!(tenant.insert_agent(&agent, &[], note()).await.unwrap());
    agent
}

async fn a_document(tenant: &TenantStore, agent: &Agent) -> Document {
    let id: DocumentId = id();
    let new = NewDocument {
        id,
        agent: agent.id,
        title: "Note".to_owned(),
        source: None,
        source_key: id.to_string(),
        url: None,
        media_type: None,
        content: Some(b"Bells ring.".to_vec()),
        content_hash: vec![1; 32],
        at: now(),
        most_of_agent: None,
    };
    tenant.ingest(&new, note()).await.unwrap()
}

/// The persona with one more position.
fn with_position(before: &Persona, text: &str) -> Persona {
    let change = PersonaChange {
        add: vec![NewPersonaItem {
            id: id(),
            kind: PersonaItemKind::Position,
            text: text.to_owned(),
        }],
        ..PersonaChange::default()
    };
    Persona {
        version: before.version + 1,
        profile: before.profile.changed(change).unwrap(),
        edited_at: Some(now()),
        ..before.clone()
    }
}

/// The times from now until the builds of personas that are due within two minutes, in seconds.
async fn delays(store: &Store) -> Vec<i64> {
    let (start, mut found) = (now(), Vec::new());
    for seconds in 0..120 {
        let at = start + TimeDelta::seconds(seconds);
        let due = store.platform().due_jobs(&[], at, 100).await.unwrap();
        let builds = due.iter().filter(|job| job.kind == JobKind::BuildPersona);
        for _ in found.len()..builds.count() {
            found.push(seconds);
        }
    }
    found
}

#[tokio::test]
async fn changes_of_documents_are_built_together_and_not_postponed_for_ever() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let before = delays(store).await.len();
        let (expert, other) = (
            an_expert(store, &tenant).await,
            an_agent(store, &tenant).await,
        );
        let delete = async |agent: &Agent, seconds| {
            let document = a_document(&tenant, agent).await;
            let note = note_at(now() + TimeDelta::seconds(seconds));
            assert!(tenant.delete_document(document.id, note).await.unwrap());
        };
        delete(&other, 0).await;
        assert_eq!(tenant.persona(other.id).await.unwrap(), None);
        delete(&expert, 0).await;
        let persona = tenant.persona(expert.id).await.unwrap().unwrap();
        assert_eq!(
            (persona.version, persona.state),
            (0, PersonaState::Building)
        );
        for seconds in [1, 20, 40, 57, 58, 59] {
            delete(&expert, seconds).await;
        }
        let due = delays(store).await;
        assert_eq!(due.len(), before + 1, "{due:?}");
        let last = *due.last().unwrap();
        assert!((55..=60).contains(&last), "{due:?}");
    })
    .await;
}

#[tokio::test]
async fn a_build_does_not_overwrite_what_a_person_has_changed_meanwhile() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_expert(store, &tenant).await;
        tenant
            .rebuild_persona(agent.id, now(), note())
            .await
            .unwrap();
        let begun = tenant.begin_persona_build(agent.id).await.unwrap().unwrap();
        assert_eq!((begun.version, begun.round), (0, 1));
        let edited = with_position(&begun, "Bells ring.");
        assert!(tenant.update_persona(&edited, now(), note()).await.unwrap());
        assert!(!tenant.update_persona(&edited, now(), note()).await.unwrap());
        let lost = with_position(&begun, "Bells are silent.");
        assert!(!tenant.finish_persona_build(&lost, 0, now()).await.unwrap());
        let now_there = tenant.persona(agent.id).await.unwrap().unwrap();
        assert_eq!(now_there.profile, edited.profile);
        // a request that comes during the build is for another one
        tenant
            .rebuild_persona(agent.id, now(), note())
            .await
            .unwrap();
        let built = with_position(&now_there, "Bells are loud.");
        assert!(tenant.finish_persona_build(&built, 1, now()).await.unwrap());
        let waiting = tenant.persona(agent.id).await.unwrap().unwrap();
        assert_eq!((waiting.state, waiting.round), (PersonaState::Building, 2));
        let begun = tenant.begin_persona_build(agent.id).await.unwrap().unwrap();
        assert!(tenant.finish_persona_build(&begun, 2, now()).await.unwrap());
        let ready = tenant.persona(agent.id).await.unwrap().unwrap();
        assert_eq!((ready.state, ready.version), (PersonaState::Ready, 2));
    })
    .await;
}

#[tokio::test]
async fn the_last_ten_versions_are_kept() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_expert(store, &tenant).await;
        tenant
            .rebuild_persona(agent.id, now(), note())
            .await
            .unwrap();
        for number in 0..12 {
            let persona = tenant.persona(agent.id).await.unwrap().unwrap();
            let next = with_position(&persona, &format!("Position {number}"));
            assert!(tenant.update_persona(&next, now(), note()).await.unwrap());
        }
        let versions = tenant.persona_versions(agent.id).await.unwrap();
        let numbers: Vec<i32> = versions.iter().map(|version| version.version).collect();
        assert_eq!(numbers, (3..=12).rev().collect::<Vec<_>>());
        assert_eq!(versions[0].profile.items.len(), 12);
        assert!(tenant.delete_agent(agent.id, note()).await.unwrap());
        assert_eq!(tenant.persona(agent.id).await.unwrap(), None);
        assert!(tenant.persona_versions(agent.id).await.unwrap().is_empty());
        assert_eq!(tenant.begin_persona_build(agent.id).await.unwrap(), None);
        let again = tenant.rebuild_persona(agent.id, now(), note()).await;
        assert_eq!(again.unwrap_err().kind(), &Kind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn personas_of_another_account_are_not_found() {
    on_each_database(async |store| {
        let (tenant, stranger) = (an_account(store).await, an_account(store).await);
        let agent = an_expert(store, &tenant).await;
        let requested = tenant.rebuild_persona(agent.id, now(), note()).await;
        let own = with_position(&requested.unwrap(), "Bells ring.");
        assert!(tenant.update_persona(&own, now(), note()).await.unwrap());
        let before = tenant.persona(agent.id).await.unwrap();
        assert!(stranger.personas(&[agent.id]).await.unwrap().is_empty());
        let versions = stranger.persona_versions(agent.id).await.unwrap();
        assert!(versions.is_empty());
        let stolen = with_position(before.as_ref().unwrap(), "Bells are silent.");
        assert!(
            !stranger
                .update_persona(&stolen, now(), note())
                .await
                .unwrap()
        );
        // for another account the agent was deleted
        let finished = stranger.finish_persona_build(&stolen, own.version, now());
        assert!(finished.await.unwrap());
        assert_eq!(stranger.begin_persona_build(agent.id).await.unwrap(), None);
        let rebuilt = stranger.rebuild_persona(agent.id, now(), note()).await;
        assert_eq!(rebuilt.unwrap_err().kind(), &Kind::NotFound);
        let problem = stranger.note_persona_problem(agent.id, PersonaState::Failed, "stolen");
        problem.await.unwrap();
        assert_eq!(tenant.persona(agent.id).await.unwrap(), before);
    })
    .await;
}
