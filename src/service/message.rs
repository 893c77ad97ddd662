//! Users' messages: checked, routed, stored with the run that answers them.

use std::sync::Arc;

use serde_json::json;

use super::{
    admission::{check_session, check_suspension},
    handoff,
    limits::AccountLimits,
    message_place::MessagePlace,
    new_message::NewMessage,
    refuse,
    route::{RouteRequest, RouteService, Routed},
    route_correction,
    tables::Tables,
};
use crate::{
    domain::{
        Account, AccountId, Actor, Conversation, EndUser, EndUserId, Message, MessageId, Operation,
        Permission, RouteCorrection, RouteCorrectionCause, Run, RunId, RunStatus, TemplateSpec,
        Usage, month_of, read_only_problems,
    },
    engine::{Engine, RunInputs},
    error::{Error, Result},
    port::Clock,
    schema_checker::SchemaChecker,
    store::{Accepted, MessageAccount, NewExchange, Sender, TargetConversation, TenantStore},
};

/// Accepts messages and starts their runs.
#[derive(Clone)]
pub struct MessageService {
    pub(super) tables: Tables,
    pub(super) engine: Engine,
    pub(super) schemas: SchemaChecker,
    pub(super) limits: AccountLimits,
    pub(super) routes: RouteService,
    pub(super) clock: Arc<dyn Clock>,
}

impl MessageService {
    /// Accepts a message and starts its run; a repeated `client_message_id` returns the run that it started.
    /// `operation` is the API's operation that the caller uses, and decides which role is needed.
    pub async fn send(&self, actor: &Actor, operation: Operation, new: NewMessage) -> Result<Run> {
        let sent = self.send_once(actor, operation, new).await?;
        Ok(sent.run)
    }

    /// Accepts a message, unless it was accepted before.
    pub(super) async fn send_once(
        &self,
        actor: &Actor,
        operation: Operation,
        new: NewMessage,
    ) -> Result<Sent> {
        let permission = actor.authorize(operation)?;
        let store = self.tables.tenant(&permission);
        refuse(new.problems())?;
        let new = new.sent_by(actor)?;
        let sender = sender_of(actor);
        if let Some(run) = attach(&store, sender, &new).await? {
            return Ok(Sent::before(run));
        }
        match Box::pin(self.accept(actor, &permission, &new)).await {
            Ok(Some(run)) => Ok(Sent { run, is_new: true }),
            Ok(None) => {
                let sent = attach(&store, sender, &new).await?;
                sent.map(Sent::before)
                    .ok_or_else(|| Error::conflict("the message was deleted meanwhile"))
            }
            // the same message may have arrived at the same moment and have used up a limit
            Err(refused) => {
                let sent = attach(&store, sender, &new).await?;
                sent.map(Sent::before).ok_or(refused)
            }
        }
    }

    /// Accepts a message and starts its run; none when a message with the same key was first.
    async fn accept(
        &self,
        actor: &Actor,
        permission: &Permission,
        new: &NewMessage,
    ) -> Result<Option<Run>> {
        let store = self.tables.tenant(permission);
        let admitted = self.admit(actor, permission).await?;
        let conversation = conversation_for(&store, new).await?;
        let request = RouteRequest {
            text: &new.text,
            agent: new.agent,
            conversation: conversation.as_ref(),
            private: new.private,
        };
        let mut routed = self.routes.choose(permission, &request).await?;
        let known = conversation.as_ref();
        let place = MessagePlace::choose(self, permission, new, known, &mut routed).await?;
        self.check_context(new, &place.template).await?;
        let mut exchange = self.exchange(new, known, &routed, &place);
        exchange.set_sender(sender_of(actor), actor.request());
        let handoff = handoff::by_message(new, known, &routed, exchange.run.id, permission);
        if let Some(handoff) = handoff {
            exchange.switch = Some(Box::pin(self.engine.plan_handoff(handoff)).await?);
        }
        let switched = exchange.switch.as_ref();
        let switched = switched.map(|switch| &switch.receiver_context);
        exchange.correction = self.correction(&store, known, &routed).await?;
        let inputs = RunInputs {
            account: admitted.account,
            holdings: admitted.holdings,
            agent: routed.agent,
            template: place.template,
            context: handoff::context_of(new, switched, known),
            question: exchange.question.clone(),
            is_first: conversation.is_none(),
            session_tokens: actor.session_tokens(),
        };
        let queued = exchange.run.clone();
        Ok(match self.engine.accept(exchange, inputs).await? {
            Accepted::Fresh => Some(queued),
            Accepted::Begun(_, run) => Some(run),
            Accepted::Duplicate(_) => None,
        })
    }

    /// The run that this message started when it was sent before, if it was.
    pub(super) async fn sent_before(&self, actor: &Actor, new: &NewMessage) -> Result<Option<Run>> {
        let permission = actor.authorize(Operation::Chat)?;
        let store = self.tables.tenant(&permission);
        refuse(new.problems())?;
        attach(&store, sender_of(actor), new).await
    }

    /// What a message for another agent than the conversation's says about the router's last choice.
    async fn correction(
        &self,
        store: &TenantStore,
        known: Option<&Conversation>,
        routed: &Routed,
    ) -> Result<Option<RouteCorrection>> {
        let Some(known) = known.filter(|_| routed.route.replaced.is_some()) else {
            return Ok(None);
        };
        let cause = RouteCorrectionCause::Asked;
        let clock = self.clock.as_ref();
        route_correction::by_person(store, known.id, &routed.agent, cause, clock).await
    }

    /// Checks the message's context against the schema of the agent's template.
    async fn check_context(&self, new: &NewMessage, template: &TemplateSpec) -> Result<()> {
        let Some(context) = &new.context else {
            return Ok(());
        };
        let schema = &template.context_schema;
        refuse(read_only_problems(schema, context, "input.context"))?;
        refuse(self.schemas.check(schema, context, "input.context").await?)
    }

    /// Checks that the caller and its account may send one more message, and counts it.
    pub(super) async fn admit(
        &self,
        actor: &Actor,
        permission: &Permission,
    ) -> Result<MessageAccount> {
        let store = self.tables.whole_account(permission);
        if let (Some(limits), Some(scope)) = (actor.limits(), actor.end_user()) {
            let counted =
                self.limits
                    .count_message_of(permission.account(), scope.end_user, limits);
            counted.await?;
            if let Some(session) = actor.session() {
                check_session(&store, session, limits).await?;
            }
        }
        self.limits.count_message(permission.account()).await?;
        let most = self.limits.runs_queued();
        let found = store.account_for_message(most).await?;
        let runs = found.unfinished;
        if runs >= most {
            return Err(Error::rate_limited(
                format!(
                    "{runs} runs of this account wait already or are being answered, at most {most} may; wait until some \
                     have ended, or cancel them"
                ),
                None,
            ));
        }
        check_suspension(actor, &found.account)?;
        self.check_budget(&found.account, &store).await?;
        Ok(found)
    }

    async fn check_budget(&self, account: &Account, store: &TenantStore) -> Result<()> {
        if !account.has_blocking_budget() {
            return Ok(());
        }
        let spent = store.spending_since(month_of(self.clock.now())).await?;
        match account.spent_budget(spent) {
            Some(message) => {
                self.engine.metrics().usage.budget_refused("message");
                Err(Error::quota_exceeded(message, None))
            }
            None => Ok(()),
        }
    }

    /// The end user whom a new conversation names, perhaps for the first time.
    fn named_in(
        &self,
        new: &NewMessage,
        known: Option<&Conversation>,
        account: AccountId,
    ) -> Option<EndUser> {
        let external_id = new.end_user.clone().filter(|_| known.is_none())?;
        Some(EndUser {
            id: EndUserId::new(self.clock.as_ref()),
            account,
            external_id,
            display_name: None,
            anonymous: false,
            created_at: self.clock.now(),
            last_seen_at: None,
            training_consent_at: None,
        })
    }

    /// The exchange of a message: a new question and its queued run.
    pub(super) fn exchange(
        &self,
        new: &NewMessage,
        known: Option<&Conversation>,
        routed: &Routed,
        place: &MessagePlace,
    ) -> NewExchange {
        let (account, agent) = (routed.agent.account, routed.agent.id);
        let clock = self.clock.as_ref();
        let (id, now) = (place.conversation, place.accepted_at);
        let run = RunId::new(clock);
        let message = MessageId::new(clock);
        let question = Message {
            private: new.private,
            ..Message::of_user(message, id, run, new.text.clone(), now)
        };
        let conversation = if known.is_some() {
            TargetConversation::Existing(id)
        } else {
            let context = new.context.clone().unwrap_or_else(|| json!({}));
            let end_user = new.end_user.clone();
            let begun = Conversation::begun_by(&question, account, agent, context, end_user);
            TargetConversation::New(begun)
        };
        let run = Run {
            id: run,
            account,
            conversation: id,
            agent: Some(agent),
            question: question.id,
            answer: None,
            client_message_id: new.client_message_id.clone(),
            session: None,
            request: None,
            status: RunStatus::Queued,
            latency_class: place.template.latency_class,
            attempt: 0,
            epoch: 0,
            cancel_requested: false,
            route: routed.route.clone(),
            allow_tools: new.allow_tools.clone(),
            failed_model: None,
            usage: Usage::default(),
            finish_reason: None,
            error: None,
            last_sequence: None,
            created_at: now,
            started_at: None,
            finished_at: None,
        };
        NewExchange {
            conversation,
            context: new.context.clone(),
            switch: None,
            correction: None,
            question,
            run,
            sender: None,
            end_user: self.named_in(new, known, account),
            claimant: None,
            branch: None,
            most_runs: place.most_runs,
        }
    }
}

/// The end user who sends a message.
pub(super) fn sender_of(actor: &Actor) -> Option<Sender> {
    let scope = actor.end_user()?;
    Some(Sender {
        end_user: scope.end_user,
        session: actor.session(),
    })
}

/// An accepted message.
pub(super) struct Sent {
    /// The run that answers the message.
    pub(super) run: Run,
    /// Whether the message was accepted by this call.
    pub(super) is_new: bool,
}

impl Sent {
    fn before(run: Run) -> Self {
        Self { run, is_new: false }
    }
}

/// The run that the message's `client_message_id` started, if any. CONFLICT when the id was used for another text.
async fn attach(
    store: &TenantStore,
    sender: Option<Sender>,
    new: &NewMessage,
) -> Result<Option<Run>> {
    let Some(key) = &new.client_message_id else {
        return Ok(None);
    };
    let sender = sender.map(|sender| sender.end_user);
    match store.run_by_client_message(sender, key).await? {
        Some((_, question)) if question.text != new.text => Err(Error::conflict(
            "input.clientMessageId: was used for a message with another text; a new message takes a new key",
        )),
        found => Ok(found.map(|(run, _)| run)),
    }
}

async fn conversation_for(store: &TenantStore, new: &NewMessage) -> Result<Option<Conversation>> {
    let Some(id) = new.conversation else {
        return Ok(None);
    };
    let found = store.conversations_by_ids(&[id]).await?.pop();
    let found = found.ok_or_else(|| Error::not_found("conversation"))?;
    if new.end_user.is_some() && new.end_user != found.end_user {
        return Err(Error::bad_input(
            "input.endUser",
            "is not the end user of this conversation; leave it out, or begin another conversation",
        ));
    }
    Ok(Some(found))
}
