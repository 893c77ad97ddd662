//! The run log in the tables keeps what every run log promises.

use chrono::TimeDelta;

use super::fixture::{a_claimed_run, an_account, an_agent, now, on_each_database};
use crate::{domain::Lease, port::cases, store::TableRunLog};

#[tokio::test]
async fn the_tables_are_a_run_log() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let log = TableRunLog(store.clone());
        let lease = async || a_claimed_run(&tenant, &agent).await;
        let claimed = async |lease: Lease| {
            tenant.let_go(&lease, now()).await.unwrap();
            let (owner, until) = (uuid::Uuid::now_v7(), now() + TimeDelta::minutes(1));
            let claimed = tenant
                .claim_next(lease.conversation, owner, now(), until)
                .await
                .unwrap();
            claimed.unwrap().0
        };
        cases::of_run_log(&log, lease, claimed).await;
    })
    .await;
}
