//! Brings what other processes write to the readers of this one: one wait for all runs together.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{logs::Logs, tail::Tails};
use crate::{
    domain::{RunEvent, RunId},
    error::Result,
    port::EventPosition,
};

/// How long one wait in the shared log takes at most.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the kept log is looked at: an owner may have nowhere else to write.
const LOOK: Duration = Duration::from_secs(1);
/// Readers that come together are waited for together.
const TOGETHER: Duration = Duration::from_millis(2);

/// Watches until it is cancelled.
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
                    // it is away: the looks at the kept log go on
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

/// Adds news to the tails; where some are missing in between, whatever the logs have of them comes first.
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
