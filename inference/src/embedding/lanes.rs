//! The bounded queue of the embedding engine: questions come before passages, and a full lane refuses jobs.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::EmbeddingOptions;
use super::job::{Job, Urgency};

/// Two bounded lanes that can be closed.
pub(super) struct Lanes {
    state: Mutex<State>,
    changed: Condvar,
    questions: usize,
    passages: usize,
    bytes: usize,
}

#[derive(Default)]
struct State {
    questions: VecDeque<Job>,
    passages: VecDeque<Job>,
    closed: bool,
}

/// Why a job was refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Full { waiting: usize },
    Closed,
}

impl Lanes {
    pub(super) fn new(options: &EmbeddingOptions) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            questions: options.questions.max(1),
            passages: options.passages.max(1),
            bytes: options.waiting_bytes,
        }
    }

    /// Adds a job at the end of its lane; a refused job is dropped.
    pub(super) fn offer(&self, job: Job) -> Result<(), Refused> {
        let mut state = self.lock();
        if state.closed {
            return Err(Refused::Closed);
        }
        let bound = match job.urgency {
            Urgency::Question => self.questions,
            Urgency::Passage => self.passages,
        };
        let lane = state.lane(job.urgency);
        // cancelled jobs do not count against the bound
        lane.retain(|job| !job.is_over());
        let waiting = lane.len();
        let bytes: usize = lane.iter().map(Job::bytes).sum();
        if waiting >= bound || (waiting > 0 && bytes + job.bytes() > self.bytes) {
            return Err(Refused::Full { waiting });
        }
        lane.push_back(job);
        self.changed.notify_one();
        Ok(())
    }

    /// Puts a job that is not finished at the end of its lane; the bound does not apply, because the job was accepted
    /// before.
    pub(super) fn give_back(&self, job: Job) {
        let mut state = self.lock();
        if !state.closed && !job.is_over() {
            state.lane(job.urgency).push_back(job);
        }
    }

    /// Waits for the next job that is not cancelled; `None` once the lanes are closed.
    pub(super) fn next(&self) -> Option<Job> {
        let idle = |state: &mut State| state.is_idle() && !state.closed;
        let mut state = self
            .changed
            .wait_while(self.lock(), idle)
            .unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return None;
        }
        let question = state.questions.pop_front();
        question.or_else(|| state.passages.pop_front())
    }

    /// Refuses all further jobs, and drops the waiting ones.
    pub(super) fn close(&self) {
        let dropped = {
            let mut state = self.lock();
            state.closed = true;
            let State {
                questions,
                passages,
                ..
            } = &mut *state;
            (std::mem::take(questions), std::mem::take(passages))
        };
        self.changed.notify_all();
        // dropping the sinks may run any code, so the lock is released before
        drop(dropped);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn lane(&mut self, urgency: Urgency) -> &mut VecDeque<Job> {
        match urgency {
            Urgency::Question => &mut self.questions,
            Urgency::Passage => &mut self.passages,
        }
    }

    /// Drops cancelled jobs; returns whether no job remains.
    fn is_idle(&mut self) -> bool {
        self.questions.retain(|job| !job.is_over());
        self.passages.retain(|job| !job.is_over());
        self.questions.is_empty() && self.passages.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Ticket;

    fn lanes(questions: usize, passages: usize, waiting_bytes: usize) -> Lanes {
        Lanes::new(&EmbeddingOptions {
            questions,
            passages,
            waiting_bytes,
            ..EmbeddingOptions::default()
        })
    }

    fn job(text: &str, urgency: Urgency) -> (Job, Ticket) {
        let ticket = Ticket::new();
        let sink = Box::new(|_| ());
        let job = Job::new(vec![text.to_owned()], urgency, ticket.clone(), sink);
        (job, ticket)
    }

    fn next(lanes: &Lanes) -> String {
        lanes.next().unwrap().next_text().unwrap().to_owned()
    }

    #[test]
    fn questions_overtake_passages_and_keep_their_own_order() {
        let lanes = lanes(9, 9, 100);
        for (text, urgency) in [
            ("p1", Urgency::Passage),
            ("q1", Urgency::Question),
            ("p2", Urgency::Passage),
            ("q2", Urgency::Question),
        ] {
            lanes.offer(job(text, urgency).0).unwrap();
        }
        let order: Vec<_> = (0..4).map(|_| next(&lanes)).collect();
        assert_eq!(order, ["q1", "q2", "p1", "p2"]);
    }

    #[test]
    fn a_full_lane_refuses_and_leaves_the_other_open() {
        let lanes = lanes(1, 2, 10);
        let offer = |text: &str, urgency| lanes.offer(job(text, urgency).0);
        // into an empty lane, a job may be larger than the lane
        assert_eq!(offer("twelve bytes", Urgency::Passage), Ok(()));
        assert_eq!(
            offer("", Urgency::Passage),
            Err(Refused::Full { waiting: 1 })
        );
        assert_eq!(offer("question", Urgency::Question), Ok(()));
        assert_eq!(
            offer("q", Urgency::Question),
            Err(Refused::Full { waiting: 1 })
        );
        assert_eq!(next(&lanes), "question");
        assert_eq!(next(&lanes), "twelve bytes");
        assert_eq!(offer("a", Urgency::Passage), Ok(()));
        assert_eq!(offer("b", Urgency::Passage), Ok(()));
        assert_eq!(
            offer("c", Urgency::Passage),
            Err(Refused::Full { waiting: 2 })
        );
    }

    #[test]
    fn what_is_cancelled_takes_no_place_and_no_turn() {
        let lanes = lanes(9, 1, 100);
        let (gone, ticket) = job("gone", Urgency::Passage);
        lanes.offer(gone).unwrap();
        ticket.cancel();
        lanes.offer(job("here", Urgency::Passage).0).unwrap();
        assert_eq!(next(&lanes), "here");
    }

    #[test]
    fn closed_lanes_refuse_and_do_not_wait() {
        let lanes = lanes(9, 9, 100);
        lanes.offer(job("dropped", Urgency::Passage).0).unwrap();
        lanes.close();
        let late = lanes.offer(job("late", Urgency::Passage).0);
        assert_eq!(late, Err(Refused::Closed));
        assert!(lanes.next().is_none());
    }
}
