//! Reserves what model calls may cost, so that calls at the same time do not exceed a budget together.

use std::{sync::Arc, time::Duration};

use async_stream::stream;
use futures::StreamExt;
use rand::RngExt;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    domain::{
        Agent, AgentId, CallCost, FinishReason, Lease, PricingTier, Reservation, Run, TierLimit,
        Usage,
    },
    engine::{EngineParts, RunInputs},
    error::{Error, Result},
    port::{ChatModel, Clock, ModelEvent, ModelStream},
    store::{BudgetedCalls, NewHold, TenantStore, TokenBudget},
};

/// The time for which a call waits for what other calls hold.
const PATIENCE: Duration = Duration::from_secs(20);
/// The pause between two looks at what others hold, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 100..300;

/// Reserves what the model calls of a run, or of a background reading, may cost.
pub(in crate::engine) struct BudgetMeter {
    store: TenantStore,
    clock: Arc<dyn Clock>,
    agent: AgentId,
    /// The run; none for a call outside of runs.
    run: Option<Lease>,
    /// The budgets of tokens that bound the calls beside those of the account.
    budgets: Vec<TokenBudget>,
}

/// What a model call reserved.
#[derive(Debug)]
pub(in crate::engine) struct BudgetHold {
    id: Uuid,
    /// Whether the call may write less than it wanted.
    pub(in crate::engine) is_cut: bool,
}

impl BudgetMeter {
    /// The meter of a run, if a budget that blocks bounds its account, its agent, its session or itself.
    pub(in crate::engine) fn of_run(
        parts: &EngineParts,
        lease: &Lease,
        run: &Run,
        inputs: &RunInputs,
        tier: &PricingTier,
    ) -> Option<Arc<Self>> {
        let of_session = run.session.zip(inputs.session_tokens);
        let of_session = of_session.map(|(id, tokens)| TokenBudget {
            of: BudgetedCalls::Session(id),
            tokens,
        });
        let of_run = tier.tokens(TierLimit::TokensPerMessage);
        let of_run = of_run.map(|tokens| TokenBudget {
            of: BudgetedCalls::Run(run.id),
            tokens,
        });
        let of_agent = TokenBudget::of_agent(inputs.agent.id, tier);
        let budgets: Vec<_> = [of_agent, of_session, of_run]
            .into_iter()
            .flatten()
            .collect();
        let is_bounded = inputs.account.has_blocking_budget() || !budgets.is_empty();
        is_bounded.then(|| {
            Arc::new(Self {
                store: parts.store.tenant(lease.account),
                clock: Arc::clone(&parts.clock),
                agent: inputs.agent.id,
                run: Some(*lease),
                budgets,
            })
        })
    }

    /// The meter of calls outside of runs, if a budget that blocks bounds the agent or its account.
    pub(in crate::engine) async fn without_run(
        parts: &EngineParts,
        agent: &Agent,
        tier: &PricingTier,
    ) -> Result<Option<Arc<Self>>> {
        let store = parts.store.tenant(agent.account);
        let budgets: Vec<_> = TokenBudget::of_agent(agent.id, tier).into_iter().collect();
        let is_bounded = !budgets.is_empty() || store.account().await?.has_blocking_budget();
        Ok(is_bounded.then(|| {
            Arc::new(Self {
                store,
                clock: Arc::clone(&parts.clock),
                agent: agent.id,
                run: None,
                budgets,
            })
        }))
    }

    /// Reserves a call, waiting for a while for what others hold. `QUOTA_EXCEEDED` when too little is left.
    pub(super) async fn reserve(
        &self,
        model: &str,
        cost: CallCost,
    ) -> Result<(BudgetHold, CallCost)> {
        let hold = NewHold {
            id: Uuid::now_v7(),
            run: self.run.as_ref(),
            budgets: &self.budgets,
            agent: self.agent,
            model,
            cost,
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.store.reserve(&hold, self.clock.now()).await? {
                Reservation::Granted(granted) => {
                    let is_cut = granted.output_tokens < cost.output_tokens;
                    return Ok((
                        BudgetHold {
                            id: hold.id,
                            is_cut,
                        },
                        granted,
                    ));
                }
                Reservation::Refused(budget) => {
                    return Err(Error::quota_exceeded(budget.refusal(), None));
                }
                Reservation::Held if Instant::now() >= deadline => {
                    return Err(Error::quota_exceeded(
                        "other answers hold what is left of the budget; try again when they have ended",
                        None,
                    ));
                }
                Reservation::Held => {
                    // drawn before the pause, because the generator stays in its thread
                    let pause = rand::rng().random_range(PAUSE_MS);
                    sleep(Duration::from_millis(pause)).await;
                }
            }
        }
    }

    /// Replaces what a call might have taken by what it took. After a failure the hold counts until the run ends.
    pub(super) async fn settle(&self, hold: BudgetHold, usage: Usage) {
        if let Err(error) = self.store.settle_hold(hold.id, usage).await {
            tracing::warn!(
                cause = error.cause(),
                "settling a reservation failed; it counts until its run ends"
            );
        }
    }
}

/// A stream that ends as one that was cut when it has this number of tokens: not every provider keeps to the limit that
/// it was given.
pub(in crate::engine) fn capped(
    mut events: ModelStream,
    model: Arc<dyn ChatModel>,
    most: usize,
) -> ModelStream {
    let capped = stream! {
        let mut written = 0;
        while let Some(event) = events.next().await {
            if let Ok(ModelEvent::Text(text) | ModelEvent::Reasoning(text)) = &event {
                written += model.count_tokens(text);
                if written > most {
                    yield Ok(ModelEvent::finished(FinishReason::Length));
                    return;
                }
            }
            yield event;
        }
    };
    capped.boxed()
}
