//! Where a message is accepted, and which version of its agent answers it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{agent::tier_of, message::MessageService, new_message::NewMessage, route::Routed};
use crate::{
    domain::{CanarySubject, Conversation, ConversationId, Permission, TemplateSpec, TierLimit},
    error::{Error, Result},
    store::TokenBudget,
};

/// Where and when a message is accepted, and for which version of its agent.
pub(super) struct MessagePlace {
    /// The conversation, which may be new.
    pub(super) conversation: ConversationId,
    /// The template version that answers.
    pub(super) template: Arc<TemplateSpec>,
    /// The time at which the run is created.
    pub(super) accepted_at: DateTime<Utc>,
    /// The maximum number of the agent's runs that are queued or running; none if only the account's limit holds.
    pub(super) most_runs: Option<u64>,
}

impl MessagePlace {
    /// The place of a message in the conversation `known` or in a new one. The chosen agent gets the version that answers
    /// there. Counts the message: `RATE_LIMITED` when the agent gets more than its pricing tier allows, `QUOTA_EXCEEDED` when
    /// the agent's budget is spent.
    pub(super) async fn choose(
        messages: &MessageService,
        permission: &Permission,
        new: &NewMessage,
        known: Option<&Conversation>,
        routed: &mut Routed,
    ) -> Result<Self> {
        let clock = messages.clock.as_ref();
        let conversation = known.map_or_else(|| ConversationId::new(clock), |known| known.id);
        let end_user = known.map_or(&new.end_user, |known| &known.end_user);
        let subject = CanarySubject {
            conversation,
            end_user: end_user.as_deref(),
        };
        let accepted_at = clock.now();
        routed.agent = routed.agent.clone().for_message(subject, accepted_at);
        let platform = messages.tables.platform(permission);
        let template = platform.template_spec(routed.agent.template).await?;
        let template = template.ok_or_else(|| Error::internal("finding an agent's template"))?;
        let tier = tier_of(&routed.agent, &template)?;
        messages
            .limits
            .count_message_to(&routed.agent, tier)
            .await?;
        if let Some(budget) = TokenBudget::of_agent(routed.agent.id, tier) {
            let store = messages.tables.whole_account(permission);
            let left = store.tokens_left(budget, accepted_at).await?;
            if left.is_spent() {
                messages.engine.metrics().usage.budget_refused("message");
                return Err(Error::quota_exceeded(left.refusal(), None));
            }
        }
        Ok(Self {
            conversation,
            most_runs: tier.limit(TierLimit::ConcurrentRuns),
            template,
            accepted_at,
        })
    }
}
