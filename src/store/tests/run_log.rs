//! The run log in the tables fulfils the contract of a run log.

use super::fixture::{a_claimed_run, an_account, an_agent, claimed_by, now, on_each_database};
use crate::{
    domain::Lease,
    port::cases,
    store::{AttemptCount, TableRunLog},
};

#[tokio::test]
async fn the_tables_are_a_run_log() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let log = TableRunLog(store.clone());
        let lease = async || a_claimed_run(&tenant, &agent).await;
        let claimed = async |lease: Lease| {
            tenant
                .release_run(&lease, AttemptCount::Counted, now())
                .await
                .unwrap();
            let owner = uuid::Uuid::now_v7();
            let claimed = claimed_by(&tenant, lease.conversation, owner, now()).await;
            claimed.unwrap().unwrap().0
        };
        cases::of_run_log(&log, lease, claimed).await;
    })
    .await;
}
