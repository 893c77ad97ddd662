//! Delivers the events of other processes to the readers in this one, with one wait for all runs.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{logs::Logs, tail::Tails};
use crate::{
    domain::{RunEvent, RunId},
    error::Result,
    port::EventPosition,
};

/// The maximum duration of one wait for the stream log.
const PATIENCE: Duration = Duration::from_secs(5);
/// The interval at which the durable log is read, because an owner may be unable to write to the stream log.
const LOOK: Duration = Duration::from_secs(1);
/// The time to wait for other readers that start at the same moment.
const TOGETHER: Duration = Duration::from_millis(2);

/// Watches until `ended` is cancelled.
pub(super) async fn watch(logs: Arc<Logs>, tails: Arc<Tails>, ended: CancellationToken) {
    ended.run_until_cancelled(watch_on(&logs, &tails)).await;
}

async fn watch_on(logs: &Logs, tails: &Tails) {
    let mut next_look = Instant::now() + LOOK;
    loop {
        let watched = tails.watched();
        if watched.is_empty() {
            tails.changed().notified().await;
            next_look = Instant::now() + LOOK;
            tokio::time::sleep(TOGETHER).await;
            continue;
        }
        tokio::select! {
            () = tails.changed().notified() => tokio::time::sleep(TOGETHER).await,
            news = logs.shared_news(&watched, PATIENCE) => {
                if tell(logs, tails, &watched, news).await.is_err() {
                    // the stream log is away: the reads of the durable log continue
                    tokio::time::sleep_until(next_look).await;
                }
            }
            () = tokio::time::sleep_until(next_look) => {
                next_look = Instant::now() + LOOK;
                let news = logs.kept_news(&watched).await;
                if let Err(error) = tell(logs, tails, &watched, news).await {
                    tracing::warn!(error = error.message(), cause = error.cause(), "looking for the events of other processes failed");
                }
            }
        }
    }
}

/// Adds new events to the tails; where earlier ones are missing, the logs' events come first.
async fn tell(
    logs: &Logs,
    tails: &Tails,
    watched: &[EventPosition],
    news: Result<Vec<Arc<RunEvent>>>,
) -> Result<()> {
    let mut by_run: HashMap<RunId, Vec<Arc<RunEvent>>> = HashMap::new();
    for event in news? {
        by_run.entry(event.run).or_default().push(event);
    }
    for position in watched {
        let Some(events) = by_run.remove(&position.run) else {
            continue;
        };
        if !tails.publish(position.run, &events) {
            let missing = logs.read(*position).await?;
            tails.publish(position.run, &missing);
            tails.publish(position.run, &events);
        }
    }
    Ok(())
}
