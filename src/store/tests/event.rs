//! The rows of the run log.

use std::sync::Arc;

use super::fixture::{a_claimed_run, an_account, an_agent, events, id, on_each_database};
use crate::{
    domain::{AccountId, RunEvent},
    store::Appended,
};

fn of(account: AccountId, events: Vec<RunEvent>) -> Vec<(AccountId, Arc<RunEvent>)> {
    events
        .into_iter()
        .map(|event| (account, Arc::new(event)))
        .collect()
}

#[tokio::test]
async fn events_are_read_as_they_were_appended() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let (one, other) = (
            a_claimed_run(&tenant, &agent).await.run,
            a_claimed_run(&tenant, &agent).await.run,
        );
        assert_eq!(tenant.last_sequence(one).await.unwrap(), 0);
        let written = events(one, 1..=5);
        let mut batch = of(tenant.account, written.clone());
        batch.extend(of(tenant.account, events(other, 1..=2)));
        assert_eq!(
            store.platform().append_events(&batch).await.unwrap(),
            Appended::All
        );
        assert_eq!(
            store.platform().append_events(&[]).await.unwrap(),
            Appended::All
        );
        assert_eq!(tenant.events_after(one, 0, 100).await.unwrap(), written);
        assert_eq!(tenant.events_after(one, 2, 2).await.unwrap(), written[2..4]);
        assert_eq!(tenant.last_sequence(one).await.unwrap(), 5);
        assert_eq!(tenant.last_sequence(other).await.unwrap(), 2);
        assert_eq!(tenant.last_sequence(id()).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_sequence_that_is_there_refuses_the_whole_batch() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let run = a_claimed_run(&tenant, &agent).await.run;
        let platform = store.platform();
        platform
            .append_events(&of(tenant.account, events(run, 1..=3)))
            .await
            .unwrap();
        let late = of(tenant.account, events(run, 3..=5));
        assert_eq!(
            platform.append_events(&late).await.unwrap(),
            Appended::Conflict
        );
        assert_eq!(tenant.last_sequence(run).await.unwrap(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_thousand_events_fit_one_statement() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let run = a_claimed_run(&tenant, &agent).await.run;
        let many = of(tenant.account, events(run, 1..=4_000));
        assert_eq!(
            store.platform().append_events(&many).await.unwrap(),
            Appended::All
        );
        assert_eq!(tenant.last_sequence(run).await.unwrap(), 4_000);
    })
    .await;
}

#[tokio::test]
async fn events_of_a_run_cannot_be_appended_for_another_account() {
    on_each_database(async |store| {
        let (tenant, neighbour) = (an_account(store).await, an_account(store).await);
        let agent = an_agent(store, &tenant).await;
        let run = a_claimed_run(&tenant, &agent).await.run;
        let forged = of(neighbour.account, events(run, 1..=1));
        assert_eq!(
            store.platform().append_events(&forged).await.unwrap(),
            Appended::Conflict
        );
    })
    .await;
}
