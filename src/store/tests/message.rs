//! Messages and ratings.

use super::fixture::{
    a_claimed_run, an_account, an_agent, first, follow_up, id, now, on_each_database, success,
};
use crate::domain::{Message, MessageRole, PageRequest, PastMessage, Position, Rating};

/// The messages without the agents of their runs.
fn messages_of(past: Vec<PastMessage>) -> Vec<Message> {
    past.into_iter().map(|past| past.message).collect()
}

#[tokio::test]
async fn messages_are_listed_in_the_order_of_writing() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let lease = a_claimed_run(&tenant, &agent).await;
        tenant
            .finish(&lease, &success(&lease, &agent))
            .await
            .unwrap();
        let second = follow_up(&tenant, &agent, lease.conversation);
        tenant.accept(&second).await.unwrap();
        tenant
            .accept(&follow_up(&tenant, &agent, lease.conversation))
            .await
            .unwrap();

        let all = tenant
            .messages(lease.conversation, &first(10))
            .await
            .unwrap()
            .items;
        let roles: Vec<_> = all.iter().map(|message| message.role).collect();
        assert_eq!(
            roles,
            [
                MessageRole::User,
                MessageRole::Assistant,
                MessageRole::User,
                MessageRole::User
            ]
        );
        assert_eq!(all[2], second.question);
        assert!(all[1].demo_quality && !all[0].demo_quality);
        assert_eq!(tenant.count_messages(lease.conversation).await.unwrap(), 4);
        let history = tenant
            .answers_before(lease.conversation, second.run.id, 10)
            .await
            .unwrap();
        assert_eq!(messages_of(history), all[..2]);
        let history = tenant
            .answers_before(lease.conversation, second.run.id, 1)
            .await
            .unwrap();
        assert_eq!(messages_of(history), all[1..2]);
        let last = PageRequest {
            limit: 1,
            after: None,
            before: Some(Position {
                sort: None,
                id: all[2].id.uuid(),
            }),
            from_end: true,
        };
        let page = tenant.messages(lease.conversation, &last).await.unwrap();
        assert_eq!(page.items, all[1..2]);
        assert!(page.has_previous && page.has_next);
    })
    .await;
}

#[tokio::test]
async fn an_answer_has_its_latest_rating() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let lease = a_claimed_run(&tenant, &agent).await;
        let outcome = success(&lease, &agent);
        tenant.finish(&lease, &outcome).await.unwrap();
        let answer = outcome.answer.unwrap().id;
        let bad = Rating {
            score: -1,
            comment: Some("too dear".to_owned()),
        };
        let good = Rating {
            score: 1,
            comment: None,
        };
        assert!(tenant.rate(answer, &bad, None, now()).await.unwrap());
        assert!(tenant.rate(answer, &good, None, now()).await.unwrap());
        let all = tenant
            .messages(lease.conversation, &first(10))
            .await
            .unwrap()
            .items;
        assert_eq!(all[0].rating, None);
        assert_eq!(all[1].rating, Some(good.clone()));
        assert_eq!(
            tenant.messages_by_ids(&[answer]).await.unwrap()[0].rating,
            Some(good.clone())
        );

        assert!(!tenant.rate(all[0].id, &good, None, now()).await.unwrap());
        assert!(!tenant.rate(id(), &good, None, now()).await.unwrap());
    })
    .await;
}
