//! Agents.

use std::slice::from_ref;

use chrono::TimeDelta;

use super::fixture::{
    a_claimed_run, a_template, agent, an_account, an_agent, first, follow_up, id, note, now,
    on_each_database, opening, success, template,
};
use crate::{
    domain::{
        Agent, AgentFilter, AgentId, AgentOrder, AgentOrderField, AgentStatus, RoutableAgent,
    },
    error::Kind,
    store::{Store, TenantStore},
};

const BY_NAME: AgentOrder = AgentOrder {
    field: AgentOrderField::Name,
    descending: false,
};

async fn names(tenant: &TenantStore, filter: AgentFilter) -> Vec<String> {
    let page = tenant.agents(&filter, BY_NAME, &first(100)).await.unwrap();
    let count = tenant.count_agents(&filter).await.unwrap();
    assert_eq!(count, page.items.len() as u64);
    page.items.into_iter().map(|agent| agent.name).collect()
}

#[tokio::test]
async fn an_agent_is_read_back_unchanged() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let written = an_agent(store, &tenant).await;
        assert_eq!(
            tenant.agents_by_ids(&[written.id, id()]).await.unwrap(),
            from_ref(&written)
        );
        assert_eq!(
            tenant.agent_by_slug(&written.slug).await.unwrap(),
            Some(written.clone())
        );
        let routable = RoutableAgent {
            id: written.id,
            template: written.template,
            name: written.name,
            tier: written.tier,
        };
        assert_eq!(tenant.routable_agents().await.unwrap(), [routable]);
    })
    .await;
}

#[tokio::test]
async fn a_slug_is_unique_within_its_account_only() {
    on_each_database(async |store| {
        let (tenant, neighbour) = (an_account(store).await, an_account(store).await);
        let first = an_agent(store, &tenant).await;
        let second = Agent {
            id: id(),
            ..first.clone()
        };
        assert!(!tenant.insert_agent(&second, &[], note()).await.unwrap());
        assert!(neighbour.insert_agent(&second, &[], note()).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn the_second_of_two_conflicting_changes_is_refused() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let seen = an_agent(store, &tenant).await;
        let mut changed = seen.clone();
        changed.name = "Bob".to_owned();
        changed.status = AgentStatus::Suspended;
        changed.updated_at = seen.updated_at + TimeDelta::microseconds(1);
        assert!(
            tenant
                .update_agent(&changed, seen.updated_at, note())
                .await
                .unwrap()
        );
        assert!(
            !tenant
                .update_agent(&changed, seen.updated_at, note())
                .await
                .unwrap()
        );
        assert_eq!(tenant.agents_by_ids(&[seen.id]).await.unwrap(), [changed]);
        assert_eq!(tenant.routable_agents().await.unwrap(), []);
    })
    .await;
}

/// An account with three agents of two templates.
async fn three_agents(store: &Store) -> TenantStore {
    let tenant = an_account(store).await;
    let (sales, support) = (template("sales", "1.0.0"), template("support", "1.0.0"));
    for template in [&sales, &support] {
        store.platform().publish(template, None).await.unwrap();
    }
    for (name, template, status) in [
        ("Zoë", &sales, AgentStatus::Active),
        ("100% ÄRGER", &sales, AgentStatus::Suspended),
        ("under_score", &support, AgentStatus::Active),
    ] {
        let agent = Agent {
            status,
            ..agent(&tenant, template.id, name)
        };
        assert!(tenant.insert_agent(&agent, &[], note()).await.unwrap());
    }
    tenant
}

#[tokio::test]
async fn an_agent_filter_combines_all_its_conditions() {
    on_each_database(async |store| {
        let tenant = three_agents(store).await;
        let all = AgentFilter::default;
        assert_eq!(
            names(&tenant, all()).await,
            ["100% ÄRGER", "under_score", "Zoë"]
        );
        let status = Some(vec![AgentStatus::Active, AgentStatus::Configuring]);
        let active = AgentFilter { status, ..all() };
        assert_eq!(names(&tenant, active.clone()).await, ["under_score", "Zoë"]);
        let none = Some(Vec::new());
        assert!(
            names(
                &tenant,
                AgentFilter {
                    status: none,
                    ..all()
                }
            )
            .await
            .is_empty()
        );
        let template = Some("support".to_owned());
        assert_eq!(
            names(&tenant, AgentFilter { template, ..all() }).await,
            ["under_score"]
        );
        let skill = Some("sales_skill".to_owned());
        assert_eq!(
            names(&tenant, AgentFilter { skill, ..active }).await,
            ["Zoë"]
        );
        let tier = Some("enterprise".to_owned());
        assert!(
            names(&tenant, AgentFilter { tier, ..all() })
                .await
                .is_empty()
        );
    })
    .await;
}

#[tokio::test]
async fn a_search_matches_parts_of_names_case_insensitively() {
    on_each_database(async |store| {
        let tenant = three_agents(store).await;
        let search = async |search: &str| {
            let search = Some(search.to_owned());
            names(
                &tenant,
                AgentFilter {
                    search,
                    ..AgentFilter::default()
                },
            )
            .await
        };
        assert_eq!(search("ärg").await, ["100% ÄRGER"]);
        assert_eq!(search("0%").await, ["100% ÄRGER"]);
        assert_eq!(search("R_S").await, ["under_score"]);
        assert_eq!(search("ZOË").await, ["Zoë"]);
        assert!(search("\\").await.is_empty());
        assert!(search("a%").await.is_empty());
        // Every slug of these agents starts with this text.
        assert_eq!(search("a-").await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn messages_of_a_deleted_agent_remain() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let heir = Agent {
            fallback: Some(agent.id),
            ..self::agent(&tenant, agent.template, "Heir")
        };
        assert!(tenant.insert_agent(&heir, &[], note()).await.unwrap());
        let lease = a_claimed_run(&tenant, &agent).await;
        assert!(
            tenant
                .finish(&lease, &success(&lease, &agent))
                .await
                .unwrap()
        );

        assert!(tenant.delete_agent(agent.id, note()).await.unwrap());
        assert!(!tenant.delete_agent(agent.id, note()).await.unwrap());
        assert_eq!(tenant.agents_by_ids(&[agent.id]).await.unwrap(), []);
        assert_eq!(
            tenant.agents_by_ids(&[heir.id]).await.unwrap()[0].fallback,
            None
        );
        let conversation = tenant
            .conversations_by_ids(&[lease.conversation])
            .await
            .unwrap();
        assert_eq!(conversation[0].agent, None);
        let run = tenant.runs_by_ids(&[lease.run]).await.unwrap();
        assert_eq!(run[0].agent, None);
        let messages = tenant
            .messages(lease.conversation, &first(10))
            .await
            .unwrap();
        assert_eq!(messages.items.len(), 2);
        assert!(messages.items.iter().all(|message| message.agent.is_none()));
        let refused = tenant
            .accept(&follow_up(&tenant, &agent, lease.conversation))
            .await;
        assert_eq!(refused.unwrap_err().kind(), &Kind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn a_run_ends_although_its_agent_is_deleted() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let lease = a_claimed_run(&tenant, &agent).await;
        assert!(tenant.delete_agent(agent.id, note()).await.unwrap());
        assert!(
            tenant
                .finish(&lease, &success(&lease, &agent))
                .await
                .unwrap()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_an_agent_and_messaging_it_never_deadlock() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        for _ in 0..5 {
            let agent = an_agent(store, &tenant).await;
            let lease = a_claimed_run(&tenant, &agent).await;
            let outcome = success(&lease, &agent);
            let next = follow_up(&tenant, &agent, lease.conversation);
            let opening = opening(&tenant, &agent);
            let (finished, deleted, continued, opened) = tokio::join!(
                Box::pin(tenant.finish(&lease, &outcome)),
                Box::pin(tenant.delete_agent(agent.id, note())),
                Box::pin(tenant.accept(&next)),
                Box::pin(tenant.accept(&opening)),
            );
            assert!(finished.unwrap());
            assert!(deleted.unwrap());
            for accepted in [continued, opened] {
                assert!(
                    accepted.is_ok()
                        || accepted.is_err_and(|failure| failure.kind() == &Kind::NotFound)
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_agent_of_another_account_cannot_be_referenced() {
    on_each_database(async |store| {
        let (tenant, neighbour) = (an_account(store).await, an_account(store).await);
        let foreign: AgentId = an_agent(store, &neighbour).await.id;
        let agent = Agent {
            fallback: Some(foreign),
            created_at: now(),
            ..agent(&tenant, a_template(store).await, "Ann")
        };
        let refused = tenant.insert_agent(&agent, &[], note()).await.unwrap_err();
        assert_eq!(refused.kind(), &Kind::Conflict);
    })
    .await;
}
