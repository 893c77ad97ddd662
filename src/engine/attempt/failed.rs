//! The ends of attempts that did not come to an answer.

use super::{AttemptOutcome, read_journal};
use crate::{
    domain::Run,
    engine::{
        ClaimedRun, EngineParts,
        ending::{Author, Ending},
        recorder::Recorder,
        step_journal::StepJournal,
    },
    error::{Error, Kind, Result},
};

/// Whether an outside system did not answer. An error of this program, such as a model that is not configured, has no
/// cause.
pub(super) fn did_not_answer(error: &Error) -> bool {
    *error.kind() == Kind::Unavailable && error.cause().is_some()
}

/// The outcome of a run whose earlier attempts were all counted, and none of which reached its end. The text that they
/// showed last is kept; which items its model had seen is unknown, so it counts as private.
pub(super) async fn never_ended(
    parts: &EngineParts,
    ClaimedRun { lease, run }: &ClaimedRun,
    recorder: &mut Recorder,
) -> Result<AttemptOutcome> {
    let attempts = parts.config.get().attempts;
    let error = Error::unavailable(format!(
        "the answer was begun {attempts} times and never came to its end"
    ));
    let journal = read_journal(parts, lease).await?;
    recorder.restore(&parts.feed, lease).await?;
    let mut ending = Ending::failed(&error, &journal);
    let author = Author {
        agent: run.agent,
        is_private: true,
    };
    ending.attribute(&journal, recorder.draft().characters(), author);
    Ok(AttemptOutcome::ended(ending))
}

/// The outcome of an attempt whose next agent could not begin: the answer is the text of the finished steps.
pub(super) fn failed(
    run: &Run,
    error: &Error,
    journal: &StepJournal,
    recorder: &Recorder,
) -> AttemptOutcome {
    let mut ending = Ending::failed(error, journal);
    let author = Author {
        agent: run.agent,
        is_private: journal.is_private(),
    };
    ending.attribute(journal, recorder.draft().characters(), author);
    AttemptOutcome::ended(ending)
}

/// The failure of a run whose last attempt broke off like those before it.
pub(super) fn always_broken(attempts: i32, last: &Error) -> Error {
    let message = format!(
        "the model broke off in each of {attempts} attempts: {}",
        last.message()
    );
    let detail = last.detail().map(str::to_owned);
    let error = Error::unavailable(message).with_detail(detail);
    match last.cause() {
        Some(cause) => error.with_source(cause),
        None => error,
    }
}
