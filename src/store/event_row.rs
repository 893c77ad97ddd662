//! Conversion between events and rows of the log: consecutive pieces of text, and of reasoning, share a row, so that many
//! tokens are one write.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::run_event;
use sea_orm::JsonValue;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{EventBody, RunEvent, RunId},
    error::{Error, Result},
    store::row::{from_json, to_json},
};

/// The maximum number of bytes of text in a row with several pieces.
const LARGEST_ROW: usize = 64 * 1024;

/// A row before it is written.
pub(super) struct EventRow {
    pub(super) run: RunId,
    pub(super) sequence: i64,
    pub(super) at: DateTime<Utc>,
    pub(super) body: JsonValue,
}

/// Consecutive pieces of the answer, or of the reasoning, in one row; their sequences end with the row's.
#[derive(Serialize, Deserialize)]
struct Pieces {
    /// The text of all pieces, joined.
    #[serde(rename = "pieces")]
    text: String,
    /// Where this text stands in the answer; none for reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<PiecesOffset>,
    /// For each piece: its bytes, and the microseconds from its event to the row's time.
    lengths: Vec<(usize, i64)>,
}

/// The length of the answer before a text.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct PiecesOffset {
    /// In Unicode code points.
    offset: i64,
    /// In UTF-16 code units.
    utf16: i64,
}

/// The rows of these events, which are of one run and in order.
pub(super) fn rows_of(events: &[Arc<RunEvent>]) -> impl Iterator<Item = Result<EventRow>> + '_ {
    let mut rest = events;
    std::iter::from_fn(move || {
        let together = pieces_at_the_start(rest).max(1).min(rest.len());
        let (row, others) = rest.split_at(together);
        rest = others;
        row.last().map(|last| row_of(row, last))
    })
}

pub(super) fn events_of(row: run_event::Model) -> Result<Vec<Arc<RunEvent>>> {
    let run = RunId::from_uuid(row.run_id);
    if row.body.get("pieces").is_none() {
        return Ok(vec![Arc::new(RunEvent {
            run,
            sequence: row.sequence,
            at: row.at,
            body: from_json("run_events.body", row.body)?,
        })]);
    }
    let Pieces {
        text: all,
        mut at,
        lengths,
    } = from_json("run_events.body", row.body)?;
    let wrong = || Error::internal("read the pieces of run_events.body");
    let before_them = row.sequence - i64::try_from(lengths.len()).map_err(|_| wrong())?;
    let mut rest = all.as_str();
    let mut events = Vec::with_capacity(lengths.len());
    for (sequence, (bytes, before)) in (before_them + 1..).zip(lengths) {
        let (text, others) = rest.split_at_checked(bytes).ok_or_else(wrong)?;
        rest = others;
        events.push(Arc::new(RunEvent {
            run,
            sequence,
            at: row.at - TimeDelta::microseconds(before),
            body: piece_of(text, &mut at),
        }));
    }
    Ok(events)
}

/// The event of a piece at an offset, which moves behind it.
fn piece_of(text: &str, at: &mut Option<PiecesOffset>) -> EventBody {
    let text = text.to_owned();
    let Some(at) = at else {
        return EventBody::ReasoningDelta { text };
    };
    let PiecesOffset { offset, utf16 } = *at;
    for character in text.chars() {
        at.offset += 1;
        at.utf16 += if character.len_utf16() == 2 { 2 } else { 1 };
    }
    EventBody::TokenDelta {
        text,
        offset,
        utf16_offset: utf16,
    }
}

/// The text of a piece of the answer or of the reasoning, and where it stands in the answer.
fn piece(body: &EventBody) -> Option<(&str, Option<PiecesOffset>)> {
    match body {
        EventBody::TokenDelta {
            text,
            offset,
            utf16_offset,
        } => {
            let at = PiecesOffset {
                offset: *offset,
                utf16: *utf16_offset,
            };
            Some((text, Some(at)))
        }
        EventBody::ReasoningDelta { text } => Some((text, None)),
        _ => None,
    }
}

/// The number of leading events that are pieces of one kind and fit into one row.
fn pieces_at_the_start(events: &[Arc<RunEvent>]) -> usize {
    let Some(first) = events.first() else {
        return 0;
    };
    let mut bytes = 0;
    events
        .iter()
        .take_while(|event| match piece(&event.body) {
            Some((text, _)) if first.body.takes(&event.body) => {
                bytes += text.len();
                bytes <= LARGEST_ROW
            }
            _ => false,
        })
        .count()
}

fn row_of(events: &[Arc<RunEvent>], last: &RunEvent) -> Result<EventRow> {
    let body = match events {
        [] | [_] => to_json("run_events.body", &last.body)?,
        _ => to_json("run_events.body", &joined(events, last))?,
    };
    Ok(EventRow {
        run: last.run,
        sequence: last.sequence,
        at: last.at,
        body,
    })
}

fn joined(events: &[Arc<RunEvent>], last: &RunEvent) -> Pieces {
    let mut all = Pieces {
        text: String::new(),
        at: None,
        lengths: Vec::with_capacity(events.len()),
    };
    for event in events {
        let Some((text, at)) = piece(&event.body) else {
            continue;
        };
        if all.lengths.is_empty() {
            all.at = at;
        }
        all.text.push_str(text);
        let before = (last.at - event.at).num_microseconds().unwrap_or_default();
        all.lengths.push((text.len(), before));
    }
    all
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::{TimeDelta, TimeZone, Utc};
    use entity::run_event;

    use super::{events_of, rows_of};
    use crate::domain::{EventBody, MessageDraft, RunEvent, RunId, Usage};

    #[test]
    fn adjacent_deltas_share_a_row_and_are_read_back_unchanged() {
        let run = RunId::from_uuid(uuid::Uuid::now_v7());
        let began = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        let texts =
            ["", "a", "é🦀", "\u{0}", "x".repeat(70_000).as_str(), "end"].map(str::to_owned);
        let mut draft = MessageDraft::default();
        let mut bodies = vec![EventBody::Started { attempt: 1 }];
        for text in ["Hm", "", "m 🦀"].map(str::to_owned) {
            bodies.push(EventBody::ReasoningDelta { text });
        }
        for text in texts {
            let delta = draft.token_delta(text);
            draft.apply(&delta);
            bodies.push(delta);
        }
        bodies.push(EventBody::Cancelled {
            message: None,
            usage: Usage::default(),
        });
        let events: Vec<_> = (1..)
            .zip(bodies)
            .map(|(sequence, body)| {
                let at = began + TimeDelta::microseconds(sequence * 7);
                Arc::new(RunEvent {
                    run,
                    sequence,
                    at,
                    body,
                })
            })
            .collect();
        let rows: Vec<_> = rows_of(&events).map(Result::unwrap).collect();
        let sequences: Vec<_> = rows.iter().map(|row| row.sequence).collect();
        assert_eq!(sequences, [1, 4, 8, 9, 10, 11]);
        let read: Vec<_> = rows
            .into_iter()
            .flat_map(|row| {
                events_of(run_event::Model {
                    run_id: row.run.uuid(),
                    sequence: row.sequence,
                    account_id: uuid::Uuid::nil(),
                    at: row.at,
                    body: row.body,
                })
                .unwrap()
            })
            .collect();
        assert_eq!(read, events);
    }
}
