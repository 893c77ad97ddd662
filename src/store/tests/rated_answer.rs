//! Rated answers, and the people who consent to their export.

use std::slice::from_ref;

use chrono::{DateTime, Utc};

use super::fixture::{
    a_claimed_run, an_account, an_agent, id, note, now, on_each_database, success,
};
use crate::{
    domain::{Agent, ConsentChange, EndUser, Message, RatedAnswer, RatedAnswerFilter, Rating},
    store::{NotedConsent, TenantStore},
};

/// A stored answer without a rating.
async fn an_answer(tenant: &TenantStore, agent: &Agent) -> Message {
    let lease = a_claimed_run(tenant, agent).await;
    let outcome = success(&lease, agent);
    tenant.finish(&lease, &outcome).await.unwrap();
    outcome.answer.unwrap()
}

/// Two rated answers of an agent, and the time of both ratings.
async fn two_rated_answers(tenant: &TenantStore, agent: &Agent) -> ([Message; 2], DateTime<Utc>) {
    let at = now();
    let answers = [
        an_answer(tenant, agent).await,
        an_answer(tenant, agent).await,
    ];
    for answer in &answers {
        let rated = tenant.rate(answer.id, &a_rating(), None, at).await;
        assert!(rated.unwrap());
    }
    (answers, at)
}

fn a_rating() -> Rating {
    Rating {
        score: -1,
        comment: Some("no".to_owned()),
    }
}

#[tokio::test]
async fn rated_answers_are_paged_in_their_account_only() {
    on_each_database(async |store| {
        let (tenant, other) = (an_account(store).await, an_account(store).await);
        let agent = an_agent(store, &tenant).await;
        let all = RatedAnswerFilter::default();
        assert_eq!(tenant.rated_answers(&all, None, 9).await.unwrap(), []);
        let ([answer, later], at) = two_rated_answers(&tenant, &agent).await;
        let expected = RatedAnswer {
            answer: Message {
                rating: Some(a_rating()),
                ..answer.clone()
            },
            rated_at: at,
            is_selected: true,
            model: Some("small".to_owned()),
            template: Some(agent.template),
        };
        let first = tenant.rated_answers(&all, None, 1).await.unwrap();
        assert_eq!(first, from_ref(&expected));
        let next = tenant.rated_answers(&all, Some(answer.id), 9).await;
        let next: Vec<_> = next.unwrap().iter().map(|rated| rated.answer.id).collect();
        assert_eq!(next, [later.id]);
        let line = tenant.line_up_to(&answer, 9).await.unwrap();
        assert_eq!((line.len(), line.last()), (2, Some(&answer)));
        let newest = tenant.line_up_to(&answer, 1).await.unwrap();
        assert_eq!(newest, from_ref(&answer));
        assert_eq!(other.rated_answers(&all, None, 9).await.unwrap(), []);
        assert_eq!(other.line_up_to(&answer, 9).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn rated_answers_are_found_by_each_condition() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let (_, at) = two_rated_answers(&tenant, &agent).await;
        let count = async |filter: RatedAnswerFilter| {
            let found = tenant.rated_answers(&filter, None, 9).await;
            found.unwrap().len()
        };
        let all = RatedAnswerFilter::default();
        for (score, found) in [(-1, 2), (1, 0)] {
            let score = Some(score);
            assert_eq!(count(RatedAnswerFilter { score, ..all }).await, found);
        }
        for (agent, found) in [(agent.id, 2), (id(), 0)] {
            let agent = Some(agent);
            assert_eq!(count(RatedAnswerFilter { agent, ..all }).await, found);
        }
        let time = Some(at);
        assert_eq!(count(RatedAnswerFilter { since: time, ..all }).await, 2);
        assert_eq!(count(RatedAnswerFilter { until: time, ..all }).await, 0);
    })
    .await;
}

#[tokio::test]
async fn people_who_consent_are_found_until_they_withdraw_or_are_erased() {
    on_each_database(async |store| {
        let (tenant, other) = (an_account(store).await, an_account(store).await);
        let mut person = EndUser {
            id: id(),
            account: tenant.account_id(),
            external_id: "ada".to_owned(),
            display_name: Some("Ada".to_owned()),
            anonymous: false,
            created_at: now(),
            last_seen_at: None,
            training_consent_at: None,
        };
        let consents = async || tenant.consenting_people(&["ada", "eve"]).await.unwrap();
        let transaction = tenant.database.begin().await.unwrap();
        tenant
            .remember_end_user(&person, &transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(consents().await, []);
        let at = now();
        let changes = [
            (ConsentChange::Given(at), Some(at)),
            // the first time stays
            (ConsentChange::Given(now()), Some(at)),
            (ConsentChange::Withdrawn, None),
            (ConsentChange::Given(at), Some(at)),
        ];
        for (change, expected) in changes {
            let noted = NotedConsent {
                change,
                note: note(),
            };
            let transaction = tenant.database.begin().await.unwrap();
            tenant
                .change_consent(&mut person, noted, &transaction)
                .await
                .unwrap();
            transaction.commit().await.unwrap();
            assert_eq!(person.training_consent_at, expected);
            let found = consents().await;
            let since = found.first().and_then(|person| person.training_consent_at);
            assert_eq!(since, expected);
        }
        assert_eq!(consents().await, from_ref(&person));
        assert_eq!(other.consenting_people(&["ada"]).await.unwrap(), []);
        tenant.begin_erasure(id(), "ada", note()).await.unwrap();
        assert_eq!(consents().await, []);
    })
    .await;
}
