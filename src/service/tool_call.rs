//! Tool calls that wait for a person's decision.

use std::sync::Arc;

use async_stream::try_stream;
use futures::{StreamExt, stream::BoxStream};
use serde_json::json;

use super::{agent::existing, audit::audit_note, refuse, tables::Tables};
use crate::{
    domain::{
        Actor, ApprovalFilter, AuditNote, Operation, Page, PageRequest, Permission, ToolCall,
        ToolCallId, ToolCallStatus, check_text,
    },
    engine::Engine,
    error::{Error, Result},
    port::{Announcement, Announcements, Clock},
    store::{Decision, DecisionOutcome},
};

/// The maximum length of a comment, in characters.
const LONGEST_COMMENT: usize = 2_000;
/// The number of waiting calls that are read at a time for a subscriber.
const PAGE: u64 = 100;
/// The length of a SHA-256 digest in hexadecimal characters.
const DIGEST_LENGTH: usize = 64;

/// A person's decision about a call.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// The id of the call.
    pub call: ToolCallId,
    /// Whether the call may be made.
    pub approve: bool,
    /// The digest of the arguments that the person saw.
    pub digest: String,
    /// The reason; a refusal's reason is passed to the model.
    pub comment: Option<String>,
}

/// Lists the tool calls that wait for approval, and resolves them.
#[derive(Clone)]
pub struct ToolCallService {
    pub(super) tables: Tables,
    pub(super) engine: Engine,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

impl ToolCallService {
    /// The calls that wait for a decision, the oldest first.
    pub async fn pending(
        &self,
        actor: &Actor,
        filter: ApprovalFilter,
        request: &PageRequest,
    ) -> Result<Page<ToolCall>> {
        self.tables
            .tenant(actor.authorize(Operation::PendingApprovals)?)
            .pending_calls(filter, self.clock.now(), request)
            .await
    }

    /// The total number of calls in [`Self::pending`].
    pub async fn count_pending(&self, actor: &Actor, filter: ApprovalFilter) -> Result<u64> {
        let permission = actor.authorize(Operation::PendingApprovals)?;
        let store = self.tables.tenant(&permission);
        store.count_pending_calls(filter, self.clock.now()).await
    }

    /// Approves or refuses a waiting call; once, and only for the arguments with the given digest. The run continues in
    /// any process with capacity.
    pub async fn resolve(&self, actor: &Actor, resolution: Resolution) -> Result<ToolCall> {
        let permission = actor.authorize(Operation::ResolveToolCall)?;
        let store = self.tables.tenant(&permission);
        refuse(
            resolution
                .comment
                .as_deref()
                .and_then(|comment| check_text("input.comment", comment, LONGEST_COMMENT))
                .into_iter()
                .collect(),
        )?;
        let is_digest = resolution.digest.len() == DIGEST_LENGTH
            && resolution
                .digest
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit());
        if !is_digest {
            return Err(Error::bad_input(
                "input.argumentsDigest",
                format!(
                    "is not {DIGEST_LENGTH} hexadecimal digits, expected the call's argumentsDigest"
                ),
            ));
        }
        let decision = self.decision(&permission, &resolution);
        let note = self.resolution_note(&permission, &resolution).await?;
        match store.decide(&decision, note).await? {
            DecisionOutcome::Yes(call, place) => {
                self.announcements
                    .publish(actor.account(), Announcement::ToolCallChanged(call.id));
                self.engine
                    .wake(place.account, place.conversation, place.class);
                Ok(call)
            }
            DecisionOutcome::NoCall => Err(Error::not_found("tool call")),
            DecisionOutcome::OtherArguments => Err(Error::bad_input(
                "input.argumentsDigest",
                "is not the digest of this call's arguments; read the call again, and decide about what it says",
            )),
            DecisionOutcome::NotWaiting(status) => Err(Error::conflict(not_waiting(status))),
            DecisionOutcome::TooLate(until) => Err(Error::conflict(format!(
                "the tool call could be decided until {}; it is not made any more",
                until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
            ))),
        }
    }

    /// Every call that waits for a decision, then each new one, and each once more when it is decided.
    /// `NOT_FOUND` for a filter by an agent or a conversation that does not exist.
    pub async fn approvals(
        &self,
        actor: &Actor,
        filter: ApprovalFilter,
    ) -> Result<BoxStream<'static, Result<ToolCall>>> {
        let permission = actor.authorize(Operation::ToolApprovals)?;
        let store = self.tables.tenant(&permission);
        if let Some(agent) = filter.agent {
            existing(&store, agent).await?;
        }
        if let Some(conversation) = filter.conversation
            && store
                .conversations_by_ids(&[conversation])
                .await?
                .is_empty()
        {
            return Err(Error::not_found("conversation"));
        }
        // subscribe before the query, so that no call is missed in between
        let mut announced = self.announcements.listen(actor.account());
        let clock = Arc::clone(&self.clock);
        let calls = try_stream! {
            let mut look = true;
            loop {
                let mut after = None;
                while std::mem::take(&mut look) {
                    let request = PageRequest { limit: PAGE, after: after.take(), before: None, from_end: false };
                    let page = store.pending_calls(filter, clock.now(), &request).await?;
                    if page.has_next {
                        look = true;
                        after = page.items.last().map(|call| crate::domain::Position { sort: None, id: call.id.uuid() });
                    }
                    for call in page.items {
                        yield call;
                    }
                }
                match announced.next().await {
                    Some(Announcement::ToolCallChanged(id)) => {
                        if let Some(call) = store.matching_call(id, filter).await? {
                            yield call;
                        }
                    }
                    Some(Announcement::Missed) => look = true,
                    Some(_) => {}
                    None => break,
                }
            }
        };
        Ok(calls.boxed())
    }

    fn decision(&self, permission: &Permission, resolution: &Resolution) -> Decision {
        let refused = match &resolution.comment {
            Some(comment) => format!("a person refused it: {comment}"),
            None => "a person refused it".to_owned(),
        };
        Decision {
            call: resolution.call,
            approve: resolution.approve,
            digest: resolution.digest.to_ascii_lowercase(),
            by: permission.caller().to_string(),
            error: (!resolution.approve).then_some(refused),
            at: self.clock.now(),
        }
    }

    async fn resolution_note(
        &self,
        permission: &Permission,
        resolution: &Resolution,
    ) -> Result<AuditNote> {
        let store = self.tables.tenant(permission);
        let call = store
            .calls_by_ids(&[resolution.call])
            .await?
            .pop()
            .ok_or_else(|| Error::not_found("tool call"))?;
        let conversation = store.conversations_of_runs(&[call.run]).await?.pop();
        let detail = json!({
            "run": call.run.to_string(),
            "tool": call.tool,
            "argumentsDigest": call.digest,
            "approve": resolution.approve,
        });
        Ok(AuditNote {
            agent: call.agent,
            conversation: conversation.map(|(_, conversation)| conversation),
            ..audit_note(self.clock.as_ref(), permission, call.id, detail)
        })
    }
}

fn not_waiting(status: ToolCallStatus) -> &'static str {
    match status {
        ToolCallStatus::AwaitingApproval => "the tool call waits for a decision",
        ToolCallStatus::Running => "the tool call was approved before, and is being made",
        ToolCallStatus::Succeeded | ToolCallStatus::Failed | ToolCallStatus::Unknown => {
            "the tool call was made before; a decision counts once"
        }
        ToolCallStatus::Denied => "the tool call was refused before; it is not made any more",
        ToolCallStatus::Expired => {
            "nobody decided about the tool call in time; it is not made any more"
        }
    }
}
