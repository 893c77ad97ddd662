//! Runs the cases of a file. A case that cannot be run fails alone.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use tokio::sync::OnceCell;

use super::{Observation, dialogue::Dialogue};
use crate::{
    app::eval::{
        account::EvalAccount,
        case_file::{CaseFile, CaseTurn, EvalCase, ScriptedReply},
        judging::{Mismatch, judge},
        scripted::TurnScript,
        server::EvalServer,
    },
    error::{Error, Result},
};

/// A case that was run.
#[derive(Debug)]
pub(in crate::app::eval) struct CaseRun {
    /// The path of the file.
    pub(in crate::app::eval) file: String,
    pub(in crate::app::eval) name: String,
    pub(in crate::app::eval) groups: Vec<String>,
    pub(in crate::app::eval) status: CaseStatus,
    /// The turns up to the first one that could not be run.
    pub(in crate::app::eval) turns: Vec<TurnRun>,
    pub(in crate::app::eval) time: Duration,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::app::eval) enum CaseStatus {
    Passed,
    /// An expectation does not hold.
    Failed,
    /// The case could not be run to its end, and why.
    Broken(String),
    /// The case needs what the server does not have, and why.
    Skipped(String),
}

impl CaseRun {
    /// Every reason why the case did not pass.
    pub(in crate::app::eval) fn reasons(&self) -> Vec<String> {
        match &self.status {
            CaseStatus::Passed => Vec::new(),
            CaseStatus::Broken(reason) | CaseStatus::Skipped(reason) => vec![reason.clone()],
            CaseStatus::Failed => {
                let several = self.turns.len() > 1;
                let turns = self.turns.iter().zip(1..);
                let reasons = turns.flat_map(|(turn, number)| {
                    turn.mismatches.iter().map(move |mismatch| {
                        let place = if several {
                            format!("turn {number}, ")
                        } else {
                            String::new()
                        };
                        format!("{place}{}: {}", mismatch.field, mismatch.message)
                    })
                });
                reasons.collect()
            }
        }
    }
}

impl CaseStatus {
    /// The name in reports.
    pub(in crate::app::eval) fn name(&self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Failed => "FAILED",
            Self::Broken(_) => "BROKEN",
            Self::Skipped(_) => "SKIPPED",
        }
    }
}

/// A turn that was run.
#[derive(Debug)]
pub(in crate::app::eval) struct TurnRun {
    pub(in crate::app::eval) turn: CaseTurn,
    pub(in crate::app::eval) seen: Observation,
    pub(in crate::app::eval) mismatches: Vec<Mismatch>,
}

/// The accounts in which the cases of a file are run.
pub(in crate::app::eval) enum CaseAccounts<'s> {
    /// The account of the key on a running server.
    Remote(EvalAccount),
    /// Accounts in this process: one for the file, and with scripts one for each case that sends messages.
    Local {
        server: &'s EvalServer,
        shared: OnceCell<EvalAccount>,
    },
}

/// Runs the cases of one file.
pub(in crate::app::eval) struct CaseRunner<'s> {
    pub(in crate::app::eval) file: &'s CaseFile,
    pub(in crate::app::eval) accounts: CaseAccounts<'s>,
    pub(in crate::app::eval) concurrency: usize,
    /// The time limit of a case that sets none.
    pub(in crate::app::eval) timeout: Duration,
}

impl CaseRunner<'_> {
    /// Runs every case; the runs are in the order of the cases.
    pub(in crate::app::eval) async fn run(&self) -> Vec<CaseRun> {
        let cases = self.file.cases.iter().map(|case| self.run_case(case));
        stream::iter(cases)
            .buffered(self.concurrency)
            .collect()
            .await
    }

    async fn run_case(&self, case: &EvalCase) -> CaseRun {
        let began = Instant::now();
        let mut turns = Vec::new();
        let limit = case.timeout.unwrap_or(self.timeout);
        let done = tokio::time::timeout(limit, Box::pin(self.converse(case, &mut turns))).await;
        let status = match done {
            Err(_) => {
                let seconds = limit.as_secs();
                CaseStatus::Broken(format!("took longer than its limit of {seconds} s"))
            }
            Ok(Err(error)) => CaseStatus::Broken(sentence(&error)),
            Ok(Ok(Some(reason))) => CaseStatus::Skipped(reason),
            Ok(Ok(None)) if turns.iter().all(|turn| turn.mismatches.is_empty()) => {
                CaseStatus::Passed
            }
            Ok(Ok(None)) => CaseStatus::Failed,
        };
        CaseRun {
            file: self.file.shown(),
            name: case.name.clone(),
            groups: case.groups.clone(),
            status,
            turns,
            time: began.elapsed(),
        }
    }

    /// Runs the turns of a case; returns why it has to be skipped, if it has.
    async fn converse(&self, case: &EvalCase, turns: &mut Vec<TurnRun>) -> Result<Option<String>> {
        let is_scripted = case.turns.iter().any(|turn| turn.script.is_some());
        if is_scripted && matches!(self.accounts, CaseAccounts::Remote(_)) {
            let reason = "has a script, and the server's models are its own";
            return Ok(Some(reason.to_owned()));
        }
        let account = self.account(case).await?;
        let mut dialogue = Dialogue::new(&account);
        for (at, turn) in case.turns.iter().enumerate() {
            let seen = if self.file.preview {
                let seen = dialogue.preview(turn).await?;
                if at + 1 < case.turns.len() {
                    self.go_on(&account, &mut dialogue, turn).await?;
                }
                seen
            } else {
                self.send(&account, &mut dialogue, turn).await?
            };
            turns.push(TurnRun {
                mismatches: judge(turn, &seen, &account.rows),
                turn: turn.clone(),
                seen,
            });
        }
        Ok(None)
    }

    /// After a preview, sends the message to the expected agent, so that the conversation goes on with the right one
    /// whatever the router chose.
    async fn go_on(
        &self,
        account: &EvalAccount,
        dialogue: &mut Dialogue<'_>,
        turn: &CaseTurn,
    ) -> Result<()> {
        let expected = turn.expect.agent.first().cloned();
        let turn = CaseTurn {
            agent: turn.agent.clone().or(expected),
            ..turn.clone()
        };
        self.send(account, dialogue, &turn).await?;
        Ok(())
    }

    async fn send(
        &self,
        account: &EvalAccount,
        dialogue: &mut Dialogue<'_>,
        turn: &CaseTurn,
    ) -> Result<Observation> {
        let Some(book) = &account.book else {
            return dialogue.send(turn).await;
        };
        book.begin(&account.id, self.script(account, turn));
        let sent = dialogue.send(turn).await;
        let mut asked = book.end(&account.id);
        // a script of the file need not fit each turn
        if turn.script.is_none() {
            asked.unused = 0;
        }
        Ok(Observation {
            script: asked,
            ..sent?
        })
    }

    /// The replies of a turn, with the ids of the account's rows.
    fn script(&self, account: &EvalAccount, turn: &CaseTurn) -> TurnScript {
        let resolved = |reply: &ScriptedReply| {
            let mut reply = reply.clone();
            for call in &mut reply.calls {
                call.arguments = account.rows.resolve(&call.arguments);
            }
            reply.json = reply.json.map(|json| account.rows.resolve(&json));
            reply
        };
        let of_file = self.file.script.as_deref().unwrap_or_default();
        let own = turn.script.as_deref().unwrap_or(of_file);
        let is_usual = |reply: &&ScriptedReply| reply.extract.is_some() || reply.when.is_some();
        let usual = of_file.iter().filter(is_usual);
        TurnScript {
            own: own.iter().map(resolved).collect(),
            usual: usual.map(resolved).collect(),
        }
    }

    /// The account of a case. A script belongs to an account, so a case that sends messages to scripted models has its
    /// own; so have its rows.
    async fn account(&self, case: &EvalCase) -> Result<Arc<EvalAccount>> {
        let (server, shared) = match &self.accounts {
            CaseAccounts::Remote(account) => return Ok(Arc::new(account.clone())),
            CaseAccounts::Local { server, shared } => (server, shared),
        };
        let sends = !self.file.preview || case.turns.len() > 1;
        if server.book.is_some() && sends {
            return Ok(Arc::new(server.open_account(self.file).await?));
        }
        let account = shared.get_or_try_init(|| server.open_account(self.file));
        Ok(Arc::new(account.await?.clone()))
    }
}

/// An error with its cause.
fn sentence(error: &Error) -> String {
    match error.cause() {
        Some(cause) => format!("{}: {cause}", error.message()),
        None => error.message().to_owned(),
    }
}
