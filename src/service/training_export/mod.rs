//! `troupe export`: the rated answers of an account as JSON Lines, for fine-tuning and for evaluation.
//!
//! An answer is written only with the account's consent and, in a conversation of an end user, with that person's. Only the
//! texts of messages leave the database, each after its redaction. The export of all data of one end user is another
//! thing: `service/export.rs`.

mod context;
mod example;
mod summary;
mod turn;

use serde_json::{Value, json};

use self::{context::AnswerContext, example::Example, turn::Turn};
pub use self::{
    example::ExportPurpose,
    summary::{LeftOut, TrainingExportSummary},
};
use crate::{
    domain::{AccountId, AuditId, AuditNote, FinishReason, RatedAnswer, RatedAnswerFilter},
    error::{Error, Result},
    port::Clock,
    store::{Store, TenantStore},
};

/// The audit log's name for the actor of the command.
const COMMAND: &str = "troupe export";
/// The audit log's name for the action of the command.
const ACTION: &str = "exportRatedAnswers";
/// The number of rated answers that are read at a time.
const PAGE: u64 = 100;
/// The maximum number of messages of a line up to the answer; a model is given as many.
const LONGEST_LINE: u64 = 100;

/// What is exported.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingExportOptions {
    /// The account.
    pub account: AccountId,
    /// What the lines are for, which decides their form.
    pub purpose: ExportPurpose,
    /// The answers.
    pub filter: RatedAnswerFilter,
    /// Whether lines for fine-tuning say where they come from.
    pub has_metadata: bool,
}

/// Exports rated answers; holds a page of them, and the ids of the conversations that were written.
pub struct TrainingExport<'a> {
    /// The accounts with their conversations, and the audit log in which the export is recorded.
    pub store: &'a Store,
    /// The source of the times of the audit entries.
    pub clock: &'a dyn Clock,
    /// Receives each line, without its line feed; an error ends the export.
    pub write: &'a mut dyn FnMut(&str) -> Result<()>,
}

impl TrainingExport<'_> {
    /// Writes the answers that the options select, in the order in which they were given. FORBIDDEN without the account's
    /// consent, `NOT_FOUND` for an unknown account or agent, CONFLICT for an account that is being deleted. The audit log
    /// has an entry before the first line, and one with the counts after the last.
    pub async fn run(self, options: &TrainingExportOptions) -> Result<TrainingExportSummary> {
        let tenant = self.open(options).await?;
        let started = self.note(options, json!({"stage": "STARTED"}));
        tenant.add_audit_entry(started).await?;
        let mut summary = TrainingExportSummary::default();
        let mut after = None;
        loop {
            let page = tenant.rated_answers(&options.filter, after, PAGE).await?;
            let Some(last) = page.last() else {
                break;
            };
            after = Some(last.answer.id);
            require_consent(
                &tenant,
                "withdrew its consent during the export: delete what was written",
            )
            .await?;
            let context = AnswerContext::load(self.store, &tenant, &page).await?;
            for rated in &page {
                let writer = ExampleWriter {
                    tenant: &tenant,
                    context: &context,
                    options,
                };
                if let Some(line) = writer.line(rated, &mut summary).await? {
                    (self.write)(&line)?;
                }
            }
        }
        let ended = self.note(options, summary.audit_detail());
        tenant.add_audit_entry(ended).await?;
        Ok(summary)
    }

    /// The account's rows, if it may be exported.
    async fn open(&self, options: &TrainingExportOptions) -> Result<TenantStore> {
        let RatedAnswerFilter {
            since,
            until,
            agent,
            ..
        } = options.filter;
        if let (Some(since), Some(until)) = (since, until)
            && until <= since
        {
            return Err(Error::bad_input("--until", "is not after --since"));
        }
        if !self.store.is_migrated().await? {
            return Err(Error::unavailable(
                "the database's tables are not those of this version: run `troupe migrate up`",
            ));
        }
        let tenant = self.store.tenant(options.account);
        require_consent(
            &tenant,
            "has not consented to the export of its conversations: its owner gives the consent with `updateAccount(input: \
             {trainingConsent: true})`",
        )
        .await?;
        let platform = self.store.platform();
        if platform.account_deletion(options.account).await?.is_some() {
            return Err(Error::conflict("the account is being deleted"));
        }
        if let Some(agent) = agent
            && tenant.agents_by_ids(&[agent]).await?.is_empty()
        {
            return Err(Error::not_found("agent"));
        }
        Ok(tenant)
    }

    /// The audit entry of the export; `detail` is added to what was asked for.
    fn note(&self, options: &TrainingExportOptions, detail: Value) -> AuditNote {
        let RatedAnswerFilter {
            score,
            agent,
            since,
            until,
        } = options.filter;
        let mut whole = json!({
            "for": options.purpose.name(),
            "rating": score.map(rating_name),
            "agent": agent.map(|agent| agent.to_string()),
            "since": since,
            "until": until,
        });
        if let (Value::Object(whole), Value::Object(detail)) = (&mut whole, detail) {
            whole.extend(detail);
        }
        AuditNote {
            id: AuditId::new(self.clock),
            at: self.clock.now(),
            actor: COMMAND.to_owned(),
            action: ACTION.to_owned(),
            subject: Some(options.account.to_string()),
            agent,
            conversation: None,
            detail: whole,
        }
    }
}

/// FORBIDDEN, with the reason, when the account does not consent now. `NOT_FOUND` when there is no such account.
async fn require_consent(tenant: &TenantStore, reason: &str) -> Result<()> {
    let account = tenant.account().await?;
    match account.training_consent_at {
        Some(_) => Ok(()),
        None => Err(Error::forbidden(format!("the account {reason}"))),
    }
}

/// The name of a score in the API.
fn rating_name(score: i32) -> &'static str {
    if score > 0 { "UP" } else { "DOWN" }
}

/// Makes lines of the answers of a page.
struct ExampleWriter<'a> {
    tenant: &'a TenantStore,
    context: &'a AnswerContext,
    options: &'a TrainingExportOptions,
}

impl ExampleWriter<'_> {
    /// The line of an answer; none, with the reason in the summary, when it is left out.
    async fn line(
        &self,
        rated: &RatedAnswer,
        summary: &mut TrainingExportSummary,
    ) -> Result<Option<String>> {
        let answer = &rated.answer;
        let Some(redactor) = self.context.redactor_of(answer.conversation) else {
            summary.leave_out(LeftOut::NoConsent);
            return Ok(None);
        };
        let is_complete = answer.finish_reason == Some(FinishReason::Stop);
        if !is_complete || answer.text.trim().is_empty() {
            summary.leave_out(LeftOut::Incomplete);
            return Ok(None);
        }
        if !rated.is_selected {
            summary.leave_out(LeftOut::OtherLine);
            return Ok(None);
        }
        let line = self.tenant.line_up_to(answer, LONGEST_LINE).await?;
        let mut turns = Turn::of_line(line);
        // another line may have been selected since the page was read
        let last = turns.pop().filter(|turn| turn.ends_with(answer.id));
        let Some(last) = last else {
            summary.leave_out(LeftOut::OtherLine);
            return Ok(None);
        };
        if last.is_private() {
            summary.leave_out(LeftOut::Private);
            return Ok(None);
        }
        summary.private_turns += turns.iter().filter(|turn| turn.is_private()).count() as u64;
        turns.retain(Turn::is_open_exchange);
        let mut example = Example {
            source: self.context.source_of(rated),
            turns,
            last,
            rated,
            redact: |text: &str| redactor.redact(text, &mut summary.redactions),
        };
        let line = match self.options.purpose {
            ExportPurpose::FineTuning => example.fine_tuning(self.options.has_metadata),
            ExportPurpose::Evaluation => example.evaluation(),
        }?;
        summary.write(answer.conversation);
        Ok(Some(line))
    }
}
