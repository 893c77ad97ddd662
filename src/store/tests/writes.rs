//! Many concurrent writers on SQLite, which has one at a time.

use futures::future::join_all;

use super::fixture::{an_account, an_agent, on_sqlite, opening};
use crate::{domain::ConversationFilter, store::Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_hundred_concurrent_write_transactions_are_serialized() {
    on_sqlite(&async |store: &Store| {
        store.migrate_up().await.unwrap();
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        let exchanges: Vec<_> = (0..400).map(|_| opening(&tenant, &agent)).collect();
        let accepted = join_all(exchanges.iter().map(|exchange| tenant.accept(exchange))).await;
        let failures: Vec<_> = accepted.into_iter().filter_map(Result::err).collect();
        assert!(
            failures.is_empty(),
            "{} failed: {:?}",
            failures.len(),
            failures.first()
        );
        let all = ConversationFilter::default();
        assert_eq!(tenant.count_conversations(&all).await.unwrap(), 400);
    })
    .await;
}
