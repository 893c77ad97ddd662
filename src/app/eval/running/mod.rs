//! Runs cases: a dialogue for each, a bounded number at the same time.

mod chat_event;
mod dialogue;
mod observation;
mod runner;

pub(super) use self::{
    observation::{Observation, ObservedCall, ObservedRoute},
    runner::{CaseAccounts, CaseRun, CaseRunner, CaseStatus, TurnRun},
};
