//! Composes the checks of `/readyz`.

use std::sync::Arc;

use super::App;
use crate::{
    domain::LatencyClass,
    engine::Engine,
    error::Kind,
    http::{Health, HealthCheck},
    port::Readiness,
    service::NO_WORKER,
};

/// The required checks, which decide whether the process is ready, and the optional ones.
pub(crate) fn checks(
    App {
        store,
        clock,
        engine,
        live,
        shared,
        ..
    }: &App,
) -> Vec<HealthCheck> {
    let config = &live.parts.config;
    let platform = store.platform();
    let clock = Arc::clone(clock);
    // with a read-only database the process cannot accept a message
    let database = HealthCheck::required("database", move || {
        let (platform, clock) = (platform.clone(), Arc::clone(&clock));
        Box::pin(async move {
            match platform.probe_write(clock.now()).await {
                Ok(()) => Health::Ready,
                Err(error) => {
                    tracing::warn!(cause = error.cause(), "{}", error.message());
                    let reason = match error.kind() {
                        Kind::Internal => "the database cannot be written",
                        _ => error.message(),
                    };
                    Health::NotReady(reason.to_owned())
                }
            }
        })
    });
    let models = engine.models().clone();
    let config = config.clone();
    // optional: other models may still answer, so the process stays ready without its default model
    let chat_model = HealthCheck::optional("chat_model", move || {
        let default = &config.get().models.default;
        let readiness = models
            .in_order(std::slice::from_ref(default))
            .next()
            .map(|(_, entry)| entry.model.readiness());
        Box::pin(async move {
            match readiness {
                Some(Readiness::Ready) => Health::Ready,
                Some(Readiness::Starting(why) | Readiness::Missing(why)) => Health::NotReady(why),
                None => Health::NotReady("no default chat model is configured".to_owned()),
            }
        })
    });
    let mut checks = vec![database, chat_model, workers(engine)];
    if let Some(connection) = shared.redis.clone() {
        // optional: without Redis each part falls back to one within this process
        checks.push(HealthCheck::optional("redis", move || {
            let connection = connection.clone();
            Box::pin(async move {
                match connection.ping().await {
                    Ok(()) => Health::Ready,
                    Err(error) => Health::NotReady(format!(
                        "{}; check TROUPE_REDIS_URL and that it runs",
                        error.message()
                    )),
                }
            })
        }));
    }
    checks
}

/// Whether a process is alive that answers deep runs and does background jobs. Optional: the process answers interactive runs
/// without one, and its messages to deep agents wait.
fn workers(engine: &Engine) -> HealthCheck {
    let engine = engine.clone();
    HealthCheck::optional("workers", move || {
        let engine = engine.clone();
        Box::pin(async move {
            match engine.is_served(LatencyClass::Deep).await {
                Ok(true) => Health::Ready,
                Ok(false) => Health::NotReady(NO_WORKER.to_owned()),
                Err(_) => Health::NotReady(
                    "whether a worker is running is unknown: the database does not answer"
                        .to_owned(),
                ),
            }
        })
    })
}
