//! Composes the checks of `/readyz`.

use std::sync::Arc;

use crate::{
    app::shared::Shared,
    config::Config,
    engine::Engine,
    error::Kind,
    http::{Health, HealthCheck},
    live::Live,
    port::{Clock, Readiness},
    store::Store,
};

/// The required checks, which decide whether the process is ready, and the optional ones.
pub(crate) fn checks(
    store: &Store,
    clock: &Arc<dyn Clock>,
    engine: &Engine,
    config: &Live<Config>,
    shared: &Shared,
) -> Vec<HealthCheck> {
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
    let mut checks = vec![database, chat_model];
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
