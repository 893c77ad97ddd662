//! The operations of a socket that follow the same run: one of them reads it for all.
//!
//! Waking a task for each reader, and looking for the event in each one's stream, costs more than the frame that the reader
//! gets. Operations that wait for the same event of a run are therefore a group: its leader reads the next piece of text as
//! it always does, and writes it for the followers too; the followers sleep. All other events, and everything that is
//! not ordinary, end the group: each operation then reads on by itself from the place where the group was, and the
//! operations form a group again when they wait for the same event the next time. Only the order of the event log
//! decides what a reader gets next, in a group or without one ([`ReaderPosition`]).

use std::{collections::HashMap, convert::Infallible, ops::Range, sync::Arc};

use axum::{
    body::Bytes,
    extract::ws::{Message, Utf8Bytes},
};
use tokio::sync::oneshot;

use super::protocol::NextWriter;
use crate::{
    domain::RunId,
    graphql::{PieceSelections, TokenResponse, WaitingSubscription},
    service::{ReaderPosition, WaitingPlace},
};

/// The groups of a socket, by run.
#[derive(Default)]
pub(super) struct RunReaders(HashMap<RunId, RunGroup>);

/// The operations that wait for the same event of a run.
struct RunGroup {
    /// The serial number of the operation that reads for all.
    leader: u64,
    place: WaitingPlace,
    followers: Vec<GroupFollower>,
    /// The different selections of the followers: a body is written once for each.
    selections: Vec<PieceSelections>,
}

struct GroupFollower {
    serial: u64,
    next: Arc<NextWriter>,
    position: Arc<ReaderPosition>,
    /// The index of its selections in the group.
    selections: usize,
    /// Dropped to wake the operation.
    _asleep: oneshot::Sender<Infallible>,
}

/// Completes when the operation must read by itself again.
pub(super) type Released = oneshot::Receiver<Infallible>;

impl RunReaders {
    /// Adds an operation that waits. It sleeps if another one waits for the same event; otherwise it reads by itself, for
    /// those that come later too.
    pub(super) fn join(
        &mut self,
        serial: u64,
        next: &Arc<NextWriter>,
        subscription: WaitingSubscription<'_>,
    ) -> Option<Released> {
        let WaitingSubscription {
            place,
            position,
            selections,
        } = subscription;
        let group = self.0.entry(place.run).or_insert_with(|| RunGroup {
            leader: serial,
            place,
            followers: Vec::new(),
            selections: Vec::new(),
        });
        if group.leader == serial || group.place != place {
            return None;
        }
        let known = group
            .selections
            .iter()
            .position(|known| known == selections);
        let selections = known.unwrap_or_else(|| {
            group.selections.push(selections.clone());
            group.selections.len() - 1
        });
        let (asleep, released) = oneshot::channel();
        group.followers.push(GroupFollower {
            serial,
            next: Arc::clone(next),
            position: Arc::clone(position),
            selections,
            _asleep: asleep,
        });
        Some(released)
    }

    /// Removes an operation; the followers of a leader read by themselves from then on.
    pub(super) fn leave(&mut self, serial: u64) {
        self.0.retain(|_, group| {
            group.followers.retain(|follower| follower.serial != serial);
            group.leader != serial
        });
    }

    /// The number of operations that sleep while this one reads the run.
    pub(super) fn followers(&self, leader: u64, run: RunId) -> usize {
        let group = self.0.get(&run).filter(|group| group.leader == leader);
        group.map_or(0, |group| group.followers.len())
    }

    /// The messages to the followers of `leader` with a piece that it has read. A follower that cannot get it this way is
    /// woken and reads it itself.
    pub(super) fn messages(&mut self, leader: u64, piece: &TokenResponse) -> Vec<Message> {
        let cursor = piece.cursor();
        match self.0.get_mut(&cursor.run) {
            Some(group) if group.leader == leader => group.messages(piece, cursor.sequence),
            _ => Vec::new(),
        }
    }
}

impl RunGroup {
    fn messages(&mut self, piece: &TokenResponse, sequence: i64) -> Vec<Message> {
        let from = self.place;
        self.place.after = sequence;
        let bodies: Vec<_> = self
            .selections
            .iter()
            .map(|selections| body(piece, selections))
            .collect();
        let mut written = WrittenMessages::default();
        self.followers.retain(|follower| {
            let body = bodies.get(follower.selections).and_then(Option::as_ref);
            let Some(body) = body.filter(|_| follower.position.pass(from, sequence)) else {
                return false;
            };
            written.add(&follower.next, body);
            true
        });
        written.messages()
    }
}

/// The body of the response for a selection; none when the executor must respond.
fn body(piece: &TokenResponse, selections: &PieceSelections) -> Option<Vec<u8>> {
    let response = piece.for_selections(selections)?;
    let mut body = Vec::with_capacity(response.length());
    response.write(&mut body);
    Some(body)
}

/// Messages in one allocation.
#[derive(Default)]
struct WrittenMessages {
    bytes: Vec<u8>,
    ranges: Vec<Range<usize>>,
}

impl WrittenMessages {
    fn add(&mut self, next: &NextWriter, body: &[u8]) {
        let start = self.bytes.len();
        next.write(body, &mut self.bytes);
        self.ranges.push(start..self.bytes.len());
    }

    fn messages(self) -> Vec<Message> {
        let bytes = Bytes::from(self.bytes);
        let texts = self.ranges.into_iter().map(|range| bytes.slice(range));
        // JSON is UTF-8
        texts
            .map(|text| Message::Text(Utf8Bytes::try_from(text).unwrap_or_default()))
            .collect()
    }
}
