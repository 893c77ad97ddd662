//! A database behind a network that drops everything for a while.

use std::time::Duration;

use futures::future::join_all;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_util::task::TaskTracker;

use super::{
    fixture::{an_account, migrated, now, on_database, on_postgres},
    server,
};
use crate::{
    error::{Error, Kind},
    store::Store,
};

/// The timeout of every wait; a passing test needs much less.
const PATIENCE: Duration = Duration::from_mins(2);

/// A network route to the server that can drop everything silently. Bytes sent while the hole is open are lost for
/// ever, and the connections that were open then never end.
struct Network {
    hole: watch::Sender<bool>,
    address: String,
    _tracker: TaskTracker,
}

impl Network {
    async fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = listener.local_addr().unwrap().to_string();
        let far = host_of(server);
        let (hole, is_hole) = watch::channel(false);
        let tracker = TaskTracker::new();
        let connections = tracker.clone();
        let address = server.replacen(&far, &near, 1);
        tracker.spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut is_hole = is_hole.clone();
                let far = far.clone();
                connections.spawn(async move {
                    if !*is_hole.borrow_and_update() {
                        let mut server = TcpStream::connect(far).await.unwrap();
                        tokio::select! {
                            // The hole has priority, or bytes sent after it opened might still get through.
                            biased;
                            _ = is_hole.changed() => {}
                            _ = copy_bidirectional(&mut client, &mut server) => return,
                        }
                    }
                    // Dropped: the socket stays open and is never read again.
                    std::future::pending::<()>().await;
                });
            }
        });
        Self {
            hole,
            address,
            _tracker: tracker,
        }
    }
}

fn host_of(url: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432))
}

async fn on_a_bad_network(test: impl AsyncFn(&Store, &Network)) {
    let Some(server) = server::address() else {
        return;
    };
    let name = migrated(&server).await;
    let network = Network::before(&server).await;
    on_database(&network.address, &name, &async |store: &Store| {
        test(store, &network).await;
    })
    .await;
}

/// Waits until the database is reachable again for every caller.
async fn recovered(store: &Store) {
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    let back = async {
        while store.ping().await.is_err() {
            looks.tick().await;
        }
    };
    let back = tokio::time::timeout(PATIENCE, back).await;
    assert!(back.is_ok(), "still away");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn during_a_database_outage_callers_fail_fast() {
    on_a_bad_network(async |store, network| {
        network.hole.send_replace(true);
        let noticed = async {
            while !store.database.primary().is_away() {
                store.ping().await.unwrap_err();
            }
        };
        let noticed = tokio::time::timeout(PATIENCE, noticed).await;
        assert!(noticed.is_ok(), "nobody notices that the database is away");
        // Sequentially: if each call waited for the database, the loop would take minutes.
        let refused = async {
            for _ in 0..100 {
                store.ping().await.unwrap_err();
            }
        };
        tokio::time::timeout(PATIENCE, refused).await.unwrap();
        network.hole.send_replace(false);
        recovered(store).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unanswered_statement_times_out_and_its_connection_is_discarded() {
    on_a_bad_network(async |store, network| {
        let tenant = an_account(store).await;
        // More concurrent calls than connections.
        let ask = || async {
            let answer = tokio::time::timeout(PATIENCE, tenant.spending_since(now()));
            answer.await.expect("it is not given up")
        };
        for answer in join_all((0..20).map(|_| ask())).await {
            answer.unwrap();
        }
        network.hole.send_replace(true);
        for answer in join_all((0..20).map(|_| ask())).await {
            assert_eq!(answer.unwrap_err().kind(), &Kind::Unavailable);
        }
        assert_eq!(store.ping().await.unwrap_err().kind(), &Kind::Unavailable);
        network.hole.send_replace(false);
        recovered(store).await;
        for answer in join_all((0..20).map(|_| ask())).await {
            answer.unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_step_of_a_transaction_times_out() {
    on_a_bad_network(async |store, network| {
        for step in ["begin", "ask", "commit", "roll back"] {
            let open = async || store.database.begin().await;
            let transaction = open().await.unwrap();
            network.hole.send_replace(true);
            let answer = async {
                match step {
                    "begin" => open().await.map(drop),
                    "ask" => transaction
                        .execute_unprepared("SELECT 1")
                        .await
                        .map(drop)
                        .map_err(Error::from),
                    "commit" => transaction.commit().await,
                    _ => transaction.roll_back().await,
                }
            };
            let answer = tokio::time::timeout(PATIENCE, answer).await;
            let answer = answer.unwrap_or_else(|_| panic!("{step} is not given up"));
            assert_eq!(answer.unwrap_err().kind(), &Kind::Unavailable, "{step}");
            network.hole.send_replace(false);
            recovered(store).await;
            open().await.unwrap().commit().await.unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_a_starting_transaction_loses_no_later_statement() {
    on_postgres(&async |store: &Store| {
        for polls in 1..40 {
            let mut begin = Box::pin(store.database.begin());
            for _ in 0..polls {
                if futures::poll!(&mut begin).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(begin);
            let watching = async { while any_forgotten(store).await {} };
            let ended = tokio::time::timeout(PATIENCE, watching).await;
            assert!(ended.is_ok(), "left after {polls} polls");
        }
    })
    .await;
}

/// Whether a transaction is open and idle, as seen by several connections; the connection that is asked is itself
/// active.
async fn any_forgotten(store: &Store) -> bool {
    let ask = || async {
        let question = "SELECT count(*) AS n FROM pg_stat_activity \
            WHERE datname = current_database() AND state = 'idle in transaction'";
        let statement = Statement::from_string(DbBackend::Postgres, question);
        let row = store.database.primary().query_one_raw(statement).await;
        row.unwrap().unwrap().try_get::<i64>("", "n").unwrap()
    };
    join_all((0..4).map(|_| ask())).await;
    for _ in 0..8 {
        if ask().await > 0 {
            return true;
        }
    }
    false
}
