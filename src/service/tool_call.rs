//! Tool calls that wait for a person's decision.

use std::sync::Arc;

use async_stream::try_stream;
use futures::{StreamExt, stream::BoxStream};
use serde_json::json;

use super::{agent::existing, audit::audit_note, conversation::check_own, refuse, tables::Tables};
use crate::{
    domain::{
        Actor, ApprovalFilter, AuditNote, Conversation, ConversationId, Operation, Page,
        PageRequest, Permission, Role, ToolApprover, ToolCall, ToolCallId, ToolCallStatus,
        check_name, check_text,
    },
    engine::Engine,
    error::{Error, Result},
    port::{Announcement, Announcements, Clock},
    store::{Decision, DecisionOutcome, TenantStore},
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
    /// The account's own id of the end user for whom an API key decides.
    pub end_user: Option<String>,
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
            .pending_calls(asked_of(actor, filter), self.clock.now(), request)
            .await
    }

    /// The total number of calls in [`Self::pending`].
    pub async fn count_pending(&self, actor: &Actor, filter: ApprovalFilter) -> Result<u64> {
        let permission = actor.authorize(Operation::PendingApprovals)?;
        let store = self.tables.tenant(&permission);
        let filter = asked_of(actor, filter);
        store.count_pending_calls(filter, self.clock.now()).await
    }

    /// Approves or refuses a waiting call; once, and only for the arguments with the given digest. The run continues in
    /// any process with capacity.
    pub async fn resolve(&self, actor: &Actor, resolution: Resolution) -> Result<ToolCall> {
        let permission = permission_for(actor, &resolution)?;
        let store = self.tables.tenant(&permission);
        resolution.check()?;
        let (call, conversation) = self.call_to_decide(&store, resolution.call).await?;
        may_decide(&permission, &resolution, &call, &conversation)?;
        let decision = self.decision(&permission, &resolution);
        let note = self.resolution_note(&permission, &resolution, &call, conversation.id);
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
        let filter = asked_of(actor, filter);
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

    /// The call that the caller may see, with its conversation. `NOT_FOUND` without it.
    async fn call_to_decide(
        &self,
        store: &TenantStore,
        id: ToolCallId,
    ) -> Result<(ToolCall, Conversation)> {
        let missing = || Error::not_found("tool call");
        let call = store.calls_by_ids(&[id]).await?.pop();
        let call = call.ok_or_else(missing)?;
        let place = store.conversations_of_runs(&[call.run]).await?.pop();
        let (_, id) = place.ok_or_else(missing)?;
        let conversation = store.conversations_by_ids(&[id]).await?.pop();
        Ok((call, conversation.ok_or_else(missing)?))
    }

    fn resolution_note(
        &self,
        permission: &Permission,
        resolution: &Resolution,
        call: &ToolCall,
        conversation: ConversationId,
    ) -> AuditNote {
        let detail = json!({
            "run": call.run.to_string(),
            "tool": call.tool,
            "argumentsDigest": call.digest,
            "approver": call.approver,
            "approve": resolution.approve,
            "endUser": resolution.end_user,
        });
        AuditNote {
            action: Operation::ResolveToolCall.name().to_owned(),
            agent: call.agent,
            conversation: Some(conversation),
            ..audit_note(self.clock.as_ref(), permission, call.id, detail)
        }
    }
}

impl Resolution {
    fn check(&self) -> Result<()> {
        let comment = self.comment.as_deref();
        let comment =
            comment.and_then(|comment| check_text("input.comment", comment, LONGEST_COMMENT));
        let end_user = self.end_user.as_deref();
        let end_user = end_user.and_then(|name| check_name("input.endUser", name));
        refuse(comment.into_iter().chain(end_user).collect())?;
        let is_digest = self.digest.len() == DIGEST_LENGTH
            && self.digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_digest {
            return Ok(());
        }
        Err(Error::bad_input(
            "input.argumentsDigest",
            format!(
                "is not {DIGEST_LENGTH} hexadecimal digits, expected the call's argumentsDigest"
            ),
        ))
    }
}

/// An end user sees the calls that it approves.
fn asked_of(actor: &Actor, filter: ApprovalFilter) -> ApprovalFilter {
    ApprovalFilter {
        approver: actor.end_user().map(|_| ToolApprover::EndUser),
        ..filter
    }
}

/// The permission to decide: a key that names an end user needs less of a role, and [`may_decide`] holds it to that
/// end user.
fn permission_for(actor: &Actor, resolution: &Resolution) -> Result<Permission> {
    let is_for_end_user = actor.role() == Some(Role::Member) && resolution.end_user.is_some();
    if is_for_end_user {
        return actor.authorize(Operation::ResolveForEndUser);
    }
    check_own(actor, "input.endUser", resolution.end_user.as_deref())?;
    actor.authorize(Operation::ResolveToolCall)
}

/// Checks that this caller may make this decision about this call.
///
/// The staff may always refuse. It approves what is asked of an end user only in the name of that end user, so that no
/// call counts as approved by a person who was not asked.
fn may_decide(
    permission: &Permission,
    resolution: &Resolution,
    call: &ToolCall,
    conversation: &Conversation,
) -> Result<()> {
    let named = resolution.end_user.as_deref();
    if named.is_some() && named != conversation.end_user.as_deref() {
        return Err(Error::not_found("tool call"));
    }
    let is_asked_of_end_user = call.approver == Some(ToolApprover::EndUser);
    let is_staff =
        permission.scope().is_none() && permission.operation() == Operation::ResolveToolCall;
    if !is_staff && !is_asked_of_end_user {
        return Err(Error::forbidden(
            "the tool call is approved by the account's staff, with an API key of the role ADMIN or above",
        ));
    }
    if let Some(agent) = call.agent.filter(|agent| !permission.may_talk_to(*agent)) {
        return Err(Error::forbidden(format!(
            "this session may not talk to {agent}"
        )));
    }
    if is_staff && is_asked_of_end_user && resolution.approve && named.is_none() {
        return Err(Error::bad_input(
            "input.endUser",
            "is missing, and the tool call is approved by the end user; name it to approve on its behalf",
        ));
    }
    Ok(())
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
