//! What `/readyz` asks, joined.

use crate::{
    config::Config,
    engine::Engine,
    http::{Check, Health},
    port::Readiness,
    shared::Shared,
    store::Store,
};

/// What has to be there for requests to be answered, and what had better be.
pub(crate) fn checks(
    store: &Store,
    engine: &Engine,
    config: &Config,
    shared: &Shared,
) -> Vec<Check> {
    let store = store.clone();
    let database = Check::required("database", move || {
        let store = store.clone();
        Box::pin(async move {
            match store.ping().await {
                Ok(()) => Health::Ready,
                Err(error) => Health::NotReady(error.message().to_owned()),
            }
        })
    });
    let models = engine.models().clone();
    let default = config.models.default.clone();
    // an agent's other models may still answer, so a missing one does not turn callers away
    let chat_model = Check::optional("chat_model", move || {
        let readiness = models
            .in_order(std::slice::from_ref(&default))
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
        // every part of it has one behind it that goes on alone
        checks.push(Check::optional("redis", move || {
            let connection = connection.clone();
            Box::pin(async move {
                match connection.ping().await {
                    Ok(()) => Health::Ready,
                    Err(error) => Health::NotReady(error.message().to_owned()),
                }
            })
        }));
    }
    checks
}
