//! What a transaction pays that adds to the sums of an agent whose hour and day have many runs.

use std::time::Instant;

use troupe::{
    domain::{AccountId, AgentId, Durability, RowSecurity, Secret, Usage},
    port::{Clock, SystemClock},
    store::{Store, StoreOptions},
};

use crate::{Result, failure, percentile, server::Server};

/// The number of transactions.
const TRANSACTIONS: usize = 500;

/// Measures transactions of one usage record and its sums, one after the other.
pub(crate) async fn measure(server: &Server) -> Result<()> {
    let options = StoreOptions {
        url: Secret::new(server.database_url.clone()),
        read_url: None,
        max_connections: 1,
        row_security: RowSecurity::default(),
        durability: Durability::default(),
    };
    let store = Store::open(&options).await.map_err(failure)?;
    let tenant = store.tenant(AccountId::from_uuid(server.account));
    let agent = server.agents.first().ok_or("no agent")?;
    let agent = AgentId::from_uuid(agent.uuid);
    let mut times = Vec::with_capacity(TRANSACTIONS);
    for _ in 0..TRANSACTIONS {
        let began = Instant::now();
        let now = SystemClock.now();
        let recorded = tenant.record_call_without_run(Some(agent), "model", Usage::default(), now);
        recorded.await.map_err(failure)?;
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    let (p50, p99) = (percentile(&times, 50), percentile(&times, 99));
    println!(
        "\nA transaction of one usage record with its sums: p50 {p50:.2} ms, p99 {p99:.2} ms, with the commit."
    );
    store.close().await.map_err(failure)
}
