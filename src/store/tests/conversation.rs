//! Conversations.

use std::slice::from_ref;

use super::fixture::{
    a_claimed_run, an_account, an_agent, an_append, first, follow_up, id, note, now,
    on_each_database, opening, success,
};
use crate::{
    domain::{ConversationFilter, ConversationOrder, ConversationOrderField, Rating},
    error::Kind,
    store::{Accepted, TargetConversation},
};

/// The default order: the last activity first.
const LATEST: ConversationOrder = ConversationOrder {
    field: ConversationOrderField::UpdatedAt,
    descending: true,
};

#[tokio::test]
async fn conversations_are_listed_newest_first_and_by_filter() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let (ann, bob) = (
            an_agent(store, &tenant).await,
            an_agent(store, &tenant).await,
        );
        let mut ids = Vec::new();
        for agent in [&ann, &bob, &ann] {
            let exchange = opening(&tenant, agent);
            assert_eq!(tenant.accept(&exchange).await.unwrap(), Accepted::Fresh);
            ids.push(exchange.run.conversation);
        }
        let all = ConversationFilter::default();
        let page = tenant.conversations(&all, LATEST, &first(2)).await.unwrap();
        assert_eq!(
            page.items.iter().map(|c| c.id).collect::<Vec<_>>(),
            [ids[2], ids[1]]
        );
        assert!(page.has_next);
        let of_bob = ConversationFilter {
            agent: Some(bob.id),
            end_user: Some("eve".to_owned()),
            ..all.clone()
        };
        assert_eq!(tenant.count_conversations(&of_bob).await.unwrap(), 1);
        let of_nobody = ConversationFilter {
            end_user: Some("adam".to_owned()),
            ..all
        };
        assert_eq!(tenant.count_conversations(&of_nobody).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_message_continues_a_conversation() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let (ann, bob) = (
            an_agent(store, &tenant).await,
            an_agent(store, &tenant).await,
        );
        let opening = opening(&tenant, &ann);
        tenant.accept(&opening).await.unwrap();
        let TargetConversation::New(begun) = opening.conversation else {
            panic!("an opening begins a conversation");
        };
        assert_eq!(
            tenant
                .conversations_by_ids(&[begun.id, id()])
                .await
                .unwrap(),
            from_ref(&begun)
        );
        let mut next = follow_up(&tenant, &bob, begun.id);
        next.context = Some(serde_json::json!({"caseId": "2"}));
        tenant.accept(&next).await.unwrap();
        let continued = tenant
            .conversations_by_ids(&[begun.id])
            .await
            .unwrap()
            .remove(0);
        assert_eq!(continued.agent, Some(bob.id));
        assert_eq!(continued.context, serde_json::json!({"caseId": "2"}));
        assert_eq!(continued.updated_at, next.question.created_at);
        assert_eq!(continued.created_at, begun.created_at);

        let lost = tenant
            .accept(&follow_up(&tenant, &ann, id()))
            .await
            .unwrap_err();
        assert_eq!(lost.kind(), &Kind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_conversation_leaves_only_its_usage() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let before = now();
        let lease = a_claimed_run(&tenant, &agent).await;
        let outcome = success(&lease, &agent);
        tenant.finish(&lease, &outcome).await.unwrap();
        let answer = outcome.answer.unwrap().id;
        let rating = Rating {
            score: 1,
            comment: None,
        };
        assert!(tenant.rate(answer, &rating, None, now()).await.unwrap());
        let log = [an_append(lease, 1..4)];
        assert!(store.platform().append_events(&log).await[0].is_ok());

        assert!(
            tenant
                .delete_conversation(lease.conversation, note())
                .await
                .unwrap()
        );
        assert!(
            !tenant
                .delete_conversation(lease.conversation, note())
                .await
                .unwrap()
        );
        assert!(tenant.messages_by_ids(&[answer]).await.unwrap().is_empty());
        assert!(tenant.runs_by_ids(&[lease.run]).await.unwrap().is_empty());
        assert!(
            tenant
                .events_after(lease.run, 0, 10)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(!tenant.rate(answer, &rating, None, now()).await.unwrap());
        assert_eq!(tenant.spending_since(before).await.unwrap().tokens, 120);
        // A batch that a process had still in memory is refused.
        let late = [an_append(lease, 4..5)];
        let outcomes = store.platform().append_events(&late).await;
        let refused = outcomes[0].as_ref().unwrap_err();
        assert_eq!(*refused.kind(), Kind::Conflict);
    })
    .await;
}
