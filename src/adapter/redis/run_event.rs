//! An event as an entry of a stream: a list of its time in microseconds and its body. Run and sequence are the entry's.

use chrono::DateTime;

use crate::{
    domain::{EventBody, RunEvent, RunId},
    error::{Error, Result},
};

/// The bytes of an entry.
pub(super) fn encode(event: &RunEvent) -> Result<Vec<u8>> {
    serde_json::to_vec(&(event.at.timestamp_micros(), &event.body))
        .map_err(|cause| Error::internal("write an event for the shared log").because(cause))
}

/// The event in an entry.
pub(super) fn decode(run: RunId, sequence: i64, bytes: &[u8]) -> Result<RunEvent> {
    let (at, body): (i64, EventBody) = serde_json::from_slice(bytes)
        .map_err(|cause| Error::internal("read an event of the shared log").because(cause))?;
    let at = DateTime::from_timestamp_micros(at)
        .ok_or_else(|| Error::internal("read the time of an event of the shared log"))?;
    Ok(RunEvent {
        run,
        sequence,
        at,
        body,
    })
}
