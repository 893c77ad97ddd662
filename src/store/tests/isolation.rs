//! A foreign id gives the same result as an unknown one in every query and change.

use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    fixture::{
        a_claimed_run, an_account, an_agent, an_append, claimed_by, first, follow_up, note, now,
        on_each_database, opening, success,
    },
    handoff::{a_switch, another_agent},
    provider_key::a_provider_key,
};
use crate::{
    domain::{
        Agent, AgentFilter, AgentOrder, AgentOrderField, ConversationFilter, ConversationOrder,
        ConversationUpdate, KeptState, Lease, Lineage, Message, ProviderKey, Rating, Spending,
    },
    error::Kind,
    store::{Accepted, Store, TenantStore},
};

/// One row of each kind that an account can have.
struct Belongings {
    agent: Agent,
    lease: Lease,
    answer: Message,
}

async fn belongings(store: &Store, tenant: &TenantStore) -> Belongings {
    let agent = an_agent(store, tenant).await;
    let lease = a_claimed_run(tenant, &agent).await;
    let log = [an_append(lease, 1..=2)];
    assert!(store.platform().append_events(&log).await[0].is_ok());
    let outcome = success(&lease, &agent);
    tenant.finish(&lease, &outcome).await.unwrap();
    let mut keyed = follow_up(tenant, &agent, lease.conversation);
    keyed.run.client_message_id = Some("mine".to_owned());
    tenant.accept(&keyed).await.unwrap();
    Belongings {
        agent,
        lease,
        answer: outcome.answer.unwrap(),
    }
}

/// An account with rows, and another account that asks for them.
async fn on_each_pair(test: impl AsyncFn(&Store, &TenantStore, &TenantStore, Belongings)) {
    on_each_database(async |store| {
        let (tenant, stranger) = (an_account(store).await, an_account(store).await);
        let belongings = belongings(store, &tenant).await;
        test(store, &tenant, &stranger, belongings).await;
    })
    .await;
}

#[tokio::test]
async fn agents_and_keys_of_another_account_are_not_found() {
    on_each_pair(async |_, tenant, stranger, Belongings { agent, .. }| {
        let all = AgentFilter::default();
        let order = AgentOrder {
            field: AgentOrderField::Name,
            descending: false,
        };
        let page = stranger.agents(&all, order, &first(9)).await.unwrap();
        assert!(page.items.is_empty());
        assert_eq!(stranger.count_agents(&all).await.unwrap(), 0);
        assert!(
            stranger
                .agents_by_ids(&[agent.id])
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(stranger.agent_by_slug(&agent.slug).await.unwrap(), None);
        assert_eq!(stranger.routable_agents().await.unwrap(), []);

        let own = a_provider_key(tenant);
        tenant.put_provider_key(&own, note()).await.unwrap();
        assert_eq!(
            tenant.provider_keys().await.unwrap(),
            std::slice::from_ref(&own)
        );
        assert!(stranger.provider_keys().await.unwrap().is_empty());
        assert!(!stranger.delete_provider_key(own.id, note()).await.unwrap());
        let stolen = ProviderKey {
            last_characters: "9999".to_owned(),
            ..own.clone()
        };
        assert!(stranger.put_provider_key(&stolen, note()).await.is_err());
        assert_eq!(tenant.provider_keys().await.unwrap(), [own]);

        let key = tenant.keys(&first(9)).await.unwrap().items.remove(0);
        assert_eq!(stranger.keys(&first(9)).await.unwrap().items.len(), 1);
        assert_eq!(stranger.key(key.id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn handoffs_of_another_account_are_not_found() {
    on_each_pair(
        async |_, tenant, stranger, Belongings { agent, lease, .. }| {
            let other = another_agent(tenant, &agent).await;
            let id = lease.conversation;
            let switch = a_switch(tenant, id, &agent, &other);
            assert!(stranger.hand_off(&switch, None).await.is_err());
            assert!(tenant.hand_off(&switch, None).await.unwrap());
            let handoff = switch.handoff.id;
            assert!(stranger.handoffs_of(id, 9).await.unwrap().is_empty());
            assert!(
                stranger
                    .handoffs_by_ids(&[handoff])
                    .await
                    .unwrap()
                    .is_empty()
            );
            let of_conversations = stranger.handoffs_of_conversations(&[id], 9).await;
            assert!(of_conversations.unwrap().is_empty());
            assert!(stranger.handoffs_in(lease.run).await.unwrap().is_empty());
            let context = stranger.agent_context(id, agent.id).await.unwrap();
            assert_eq!(context, serde_json::json!({}));
            let state = stranger.workflow_state(id, agent.id).await.unwrap();
            assert_eq!(state, KeptState::default());
            assert!(stranger.workflow_states(&[id]).await.unwrap().is_empty());
            assert!(stranger.active_agents(None, 9).await.unwrap().is_empty());
        },
    )
    .await;
}

#[tokio::test]
async fn conversations_of_another_account_are_not_found() {
    on_each_pair(
        async |_, tenant, stranger, Belongings { lease, answer, .. }| {
            let all = ConversationFilter::default();
            let page = stranger
                .conversations(&all, ConversationOrder::default(), &first(9))
                .await
                .unwrap();
            assert!(page.items.is_empty());
            assert_eq!(stranger.count_conversations(&all).await.unwrap(), 0);
            let id = lease.conversation;
            assert!(
                stranger
                    .conversations_by_ids(&[id])
                    .await
                    .unwrap()
                    .is_empty()
            );
            let page = stranger.messages(id, &first(9)).await.unwrap();
            assert!(page.items.is_empty());
            assert_eq!(stranger.count_messages(id).await.unwrap(), 0);
            assert_eq!(
                stranger.account_for_message(10).await.unwrap().unfinished,
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
                    .answers_before(id, lease.run, 9)
                    .await
                    .unwrap()
                    .is_empty()
            );
            let known = tenant.conversations_by_ids(&[id]).await.unwrap();
            assert!(
                stranger
                    .latest_answers(&known[0], 9)
                    .await
                    .unwrap()
                    .is_empty()
            );
            assert_eq!(stranger.lineage(id).await.unwrap(), Lineage::default());
            let run = tenant.lineage(id).await.unwrap().head().unwrap().id;
            let selected = stranger.select_line(id, run, now()).await;
            assert_eq!(*selected.unwrap_err().kind(), Kind::NotFound);
            let change = ConversationUpdate {
                read: Some(false),
                ..ConversationUpdate::default()
            };
            let changed = stranger.change_conversation(id, &change, now()).await;
            assert_eq!(changed.unwrap(), None);
        },
    )
    .await;
}

#[tokio::test]
async fn runs_of_another_account_are_not_found() {
    on_each_pair(async |_, _, stranger, Belongings { lease, .. }| {
        assert!(stranger.runs_by_ids(&[lease.run]).await.unwrap().is_empty());
        assert!(
            stranger
                .runs_after(lease.conversation, None, 9)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            stranger.run_by_client_message(None, "mine").await.unwrap(),
            None
        );
        assert!(
            stranger
                .events_after(lease.run, 0, 9)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(stranger.last_sequence(lease.run).await.unwrap(), 0);
        let since = now() - TimeDelta::hours(1);
        assert_eq!(
            stranger.spending_since(since).await.unwrap(),
            Spending::default()
        );
    })
    .await;
}

#[tokio::test]
async fn nothing_of_another_account_can_be_changed() {
    on_each_pair(
        async |_,
               tenant,
               stranger,
               Belongings {
                   agent,
                   lease,
                   answer,
               }| {
            let before = everything(tenant, &agent, lease).await;
            let key = tenant.keys(&first(9)).await.unwrap().items.remove(0);
            assert_eq!(stranger.revoke_key(key.id, note()).await.unwrap(), None);
            let theirs = Agent {
                name: "Mallory".to_owned(),
                ..agent.clone()
            };
            assert!(
                !stranger
                    .update_agent(&theirs, agent.updated_at, note())
                    .await
                    .unwrap()
            );
            assert!(!stranger.delete_agent(agent.id, note()).await.unwrap());
            assert!(
                !stranger
                    .delete_conversation(lease.conversation, note())
                    .await
                    .unwrap()
            );
            let rating = Rating {
                score: -1,
                comment: None,
            };
            assert!(
                !stranger
                    .rate(answer.id, &rating, None, now())
                    .await
                    .unwrap()
            );
            let queued = tenant
                .run_by_client_message(None, "mine")
                .await
                .unwrap()
                .unwrap()
                .0
                .id;
            assert_eq!(stranger.request_cancel(queued).await.unwrap(), None);
            assert!(!stranger.cancel_queued(queued, 1, now()).await.unwrap());
            let claim = claimed_by(stranger, lease.conversation, Uuid::now_v7(), now()).await;
            assert_eq!(claim.unwrap(), None);
            assert_eq!(everything(tenant, &agent, lease).await, before);
        },
    )
    .await;
}

#[tokio::test]
async fn a_lease_is_valid_in_its_own_account_only() {
    on_each_pair(
        async |_, tenant, stranger, Belongings { agent, lease, .. }| {
            let claim = claimed_by(tenant, lease.conversation, Uuid::now_v7(), now()).await;
            let (lease, _) = claim.unwrap().unwrap();
            let before = everything(tenant, &agent, lease).await;
            assert!(
                !stranger
                    .finish(&lease, &success(&lease, &agent))
                    .await
                    .unwrap()
            );
            assert_eq!(everything(tenant, &agent, lease).await, before);
        },
    )
    .await;
}

#[tokio::test]
async fn messages_cannot_be_written_in_another_account() {
    on_each_pair(
        async |store, tenant, stranger, Belongings { agent, lease, .. }| {
            let before = everything(tenant, &agent, lease).await;
            let refused = stranger
                .accept(&follow_up(stranger, &agent, lease.conversation))
                .await;
            assert_eq!(refused.unwrap_err().kind(), &Kind::NotFound);
            let own = an_agent(store, stranger).await;
            let refused = stranger
                .accept(&follow_up(stranger, &own, lease.conversation))
                .await;
            assert_eq!(refused.unwrap_err().kind(), &Kind::NotFound);
            // An idempotency key of one account is independent of another account's.
            let mut same = opening(stranger, &own);
            same.run.client_message_id = Some("mine".to_owned());
            assert_eq!(stranger.accept(&same).await.unwrap(), Accepted::Fresh);
            assert_eq!(everything(tenant, &agent, lease).await, before);
        },
    )
    .await;
}

async fn everything(tenant: &TenantStore, agent: &Agent, lease: Lease) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        tenant.keys(&first(9)).await.unwrap().items,
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
