//! The events that a test's subscription replays.

use std::sync::Arc;

use futures::{Stream, StreamExt, stream};

use crate::{
    domain,
    error::{Error, Result},
    service::RunEvents,
};

/// Creates the events of a request.
#[derive(Clone)]
pub(super) struct Source(pub(super) Arc<dyn Fn() -> RunEvents + Send + Sync>);

impl Source {
    pub(super) fn of(make: impl Fn() -> RunEvents + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    /// A source of these events; `None` stands for a failure.
    pub(super) fn recorded(events: Vec<Option<domain::RunEvent>>) -> Self {
        Self::of(move || {
            let events = events.clone().into_iter().map(|event| {
                event
                    .map(Arc::new)
                    .ok_or_else(|| Error::unavailable("the log is away"))
            });
            unshown(stream::iter(events))
        })
    }
}

/// Events whose reader does not show where it waits.
pub(super) fn unshown(
    events: impl Stream<Item = Result<Arc<domain::RunEvent>>> + Send + 'static,
) -> RunEvents {
    RunEvents::new(events.boxed(), Arc::default())
}
