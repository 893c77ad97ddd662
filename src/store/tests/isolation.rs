//! A foreign id reads exactly like one that never existed, whatever is asked with it.

use chrono::TimeDelta;
use uuid::Uuid;

use super::fixture::{
    a_claimed_run, an_account, an_agent, api_key, events, first, follow_up, now, on_each_database,
    success, unique_hash,
};
use crate::{
    domain::{
        Agent, AgentFilter, AgentOrder, AgentOrderField, ConversationFilter, Lease, Message,
        Rating, Spending,
    },
    error::Kind,
    store::{Store, TenantStore},
};
use std::sync::Arc;

/// Everything that an account can have.
struct Belongings {
    agent: Agent,
    lease: Lease,
    answer: Message,
}

async fn belongings(store: &Store, tenant: &TenantStore) -> Belongings {
    let agent = an_agent(store, tenant).await;
    let lease = a_claimed_run(tenant, &agent).await;
    let log: Vec<_> = events(lease.run, 1..=2)
        .into_iter()
        .map(|event| (tenant.account, Arc::new(event)))
        .collect();
    store.platform().append_events(&log).await.unwrap();
    let outcome = success(&lease, &agent);
    tenant.finish(&lease, &outcome).await.unwrap();
    let mut keyed = follow_up(tenant, &agent, lease.conversation);
    keyed.client_message_id = Some("mine".to_owned());
    tenant.accept(&keyed).await.unwrap();
    Belongings {
        agent,
        lease,
        answer: outcome.answer.unwrap(),
    }
}

#[tokio::test]
async fn nothing_is_read_from_another_account() {
    on_each_database(async |store| {
        let (tenant, stranger) = (an_account(store).await, an_account(store).await);
        let Belongings {
            agent,
            lease,
            answer,
        } = belongings(store, &tenant).await;
        let key = tenant.keys().await.unwrap().remove(0);

        let order = AgentOrder {
            field: AgentOrderField::Name,
            descending: false,
        };
        assert!(
            stranger
                .agents(&AgentFilter::default(), order, &first(9))
                .await
                .unwrap()
                .items
                .is_empty()
        );
        assert_eq!(
            stranger
                .count_agents(&AgentFilter::default())
                .await
                .unwrap(),
            0
        );
        assert!(
            stranger
                .agents_by_ids(&[agent.id])
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(stranger.agent_by_slug(&agent.slug).await.unwrap(), None);
        assert_eq!(stranger.oldest_active_agent().await.unwrap(), None);

        let all = ConversationFilter::default();
        assert!(
            stranger
                .conversations(&all, &first(9))
                .await
                .unwrap()
                .items
                .is_empty()
        );
        assert_eq!(stranger.count_conversations(&all).await.unwrap(), 0);
        assert!(
            stranger
                .conversations_by_ids(&[lease.conversation])
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            stranger
                .messages(lease.conversation, &first(9))
                .await
                .unwrap()
                .items
                .is_empty()
        );
        assert_eq!(
            stranger.count_messages(lease.conversation).await.unwrap(),
            0
        );
        assert!(
            stranger
                .messages_by_ids(&[answer.id])
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            stranger
                .answers_before(lease.conversation, answer.id, 9)
                .await
                .unwrap()
                .is_empty()
        );

        assert!(stranger.runs_by_ids(&[lease.run]).await.unwrap().is_empty());
        assert!(
            stranger
                .runs_after(lease.conversation, None, 9)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(stranger.run_by_client_message("mine").await.unwrap(), None);
        assert!(
            stranger
                .events_after(lease.run, 0, 9)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(stranger.last_sequence(lease.run).await.unwrap(), 0);

        assert_eq!(stranger.keys().await.unwrap().len(), 1);
        assert_eq!(stranger.key(key.id).await.unwrap(), None);
        let since = now() - TimeDelta::hours(1);
        assert_eq!(
            stranger.spending_since(since).await.unwrap(),
            Spending::default()
        );
    })
    .await;
}

#[tokio::test]
async fn nothing_is_written_to_another_account() {
    on_each_database(async |store| {
        let (tenant, stranger) = (an_account(store).await, an_account(store).await);
        let Belongings {
            agent,
            lease,
            answer,
        } = belongings(store, &tenant).await;
        let key = api_key(tenant.account);
        tenant.insert_key(&key, unique_hash()).await.unwrap();
        let before = everything(&tenant, &agent, lease).await;

        assert_eq!(stranger.revoke_key(key.id, now()).await.unwrap(), None);
        let theirs = Agent {
            name: "Mallory".to_owned(),
            ..agent.clone()
        };
        assert!(
            !stranger
                .update_agent(&theirs, agent.updated_at)
                .await
                .unwrap()
        );
        assert!(!stranger.delete_agent(agent.id).await.unwrap());
        assert!(
            !stranger
                .delete_conversation(lease.conversation)
                .await
                .unwrap()
        );
        let rating = Rating {
            score: -1,
            comment: None,
        };
        assert!(!stranger.rate(answer.id, &rating, now()).await.unwrap());
        assert_eq!(stranger.request_cancel(lease.run).await.unwrap(), None);
        let claim = stranger
            .claim_next(lease.conversation, Uuid::now_v7(), now(), now())
            .await;
        assert_eq!(claim.unwrap(), None);
        assert!(
            !stranger
                .finish(&lease, &success(&lease, &agent))
                .await
                .unwrap()
        );

        // the conversation or the agent of someone else is not found
        let refused = stranger
            .accept(&follow_up(&stranger, &agent, lease.conversation))
            .await;
        assert_eq!(refused.unwrap_err().kind(), &Kind::NotFound);
        let own = an_agent(store, &stranger).await;
        let refused = stranger
            .accept(&follow_up(&stranger, &own, lease.conversation))
            .await;
        assert_eq!(refused.unwrap_err().kind(), &Kind::NotFound);
        // a key of one account says nothing about another's
        let mut same = follow_up(
            &stranger,
            &own,
            a_claimed_run(&stranger, &own).await.conversation,
        );
        same.client_message_id = Some("mine".to_owned());
        assert_eq!(
            stranger.accept(&same).await.unwrap(),
            crate::store::Accepted::Fresh
        );

        assert_eq!(everything(&tenant, &agent, lease).await, before);
    })
    .await;
}

async fn everything(tenant: &TenantStore, agent: &Agent, lease: Lease) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        tenant.keys().await.unwrap(),
        tenant.agents_by_ids(&[agent.id]).await.unwrap(),
        tenant
            .conversations_by_ids(&[lease.conversation])
            .await
            .unwrap(),
        tenant
            .messages(lease.conversation, &first(9))
            .await
            .unwrap(),
        tenant
            .runs_after(lease.conversation, None, 9)
            .await
            .unwrap(),
        tenant.events_after(lease.run, 0, 9).await.unwrap(),
    )
}
