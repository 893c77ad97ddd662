//! Reports of the end of a run, beside its last event: to the log, and to lists of conversations.

use crate::{
    domain::{Lease, MessageId, Run},
    engine::EngineParts,
    port::{ConversationChangeKind, ConversationNotice},
    store::RunOutcome,
};

/// Logs what support needs to know of a run that has ended; no text of it.
pub(super) fn log_end(lease: &Lease, run: &Run, outcome: &RunOutcome) {
    let error = outcome.error.as_ref();
    tracing::info!(
        run = %run.id,
        account = %lease.account,
        conversation = %lease.conversation,
        agent = run.agent.map(|agent| agent.to_string()),
        status = ?outcome.status,
        code = error.map(|error| error.code.name()),
        reason = error.map(|error| error.message.as_str()),
        detail = error.and_then(|error| error.detail.as_deref()),
        finish_reason = outcome.finish_reason.map(|reason| format!("{reason:?}")),
        model = outcome.model,
        attempts = lease.attempt,
        input_tokens = outcome.usage.input_tokens,
        output_tokens = outcome.usage.output_tokens,
        cost_usd = outcome.usage.cost_usd,
        first_token_ms = outcome.usage.first_token_ms,
        duration_ms = outcome.usage.duration_ms,
        "run ended"
    );
}

/// Announces the end of a run to lists of conversations.
pub(super) fn announce(parts: &EngineParts, run: &Run, answer: Option<MessageId>) {
    let kind = match answer {
        Some(_) => ConversationChangeKind::Answered,
        None => ConversationChangeKind::Updated,
    };
    let notice = ConversationNotice::of(run.conversation, kind);
    parts.announcements.publish(run.account, notice);
}
