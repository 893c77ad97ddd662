//! Encodes an event as a stream entry: a list of its time in microseconds and its body. The entry's key and id contain
//! the run and the sequence.

use chrono::DateTime;

use crate::{
    domain::{EventBody, RunEvent, RunId},
    error::{Error, Result},
};

/// Encodes an event as the value of an entry.
pub(super) fn encode(event: &RunEvent) -> Result<Vec<u8>> {
    serde_json::to_vec(&(event.at.timestamp_micros(), &event.body))
        .map_err(|cause| Error::internal("write an event for the shared log").with_source(cause))
}

/// Decodes the value of an entry.
pub(super) fn decode(run: RunId, sequence: i64, bytes: &[u8]) -> Result<RunEvent> {
    let (at, body): (i64, EventBody) = serde_json::from_slice(bytes)
        .map_err(|cause| Error::internal("read an event of the shared log").with_source(cause))?;
    let at = DateTime::from_timestamp_micros(at)
        .ok_or_else(|| Error::internal("read the time of an event of the shared log"))?;
    Ok(RunEvent {
        run,
        sequence,
        at,
        body,
    })
}
