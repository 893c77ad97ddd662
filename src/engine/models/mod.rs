//! The configured chat models by name, with their prices.

mod budget_meter;
mod guarded_model;
mod measured_model;
mod traced_model;
mod whole_answer;

pub(super) use budget_meter::{BudgetHold, BudgetMeter, capped};
pub use guarded_model::GuardedModel;
pub use measured_model::{CallLabels, MeasuredModel};
pub(super) use traced_model::traced;
pub(super) use whole_answer::WholeAnswer;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    domain::{CallCost, ModelProvider, Secret, Usage},
    error::Result,
    live::Live,
    port::{ChatModel, ChatPrompt, ModelIdentity, Readiness, TokenCounts},
};

/// The chat models of this installation by their names in `app.yaml`.
#[derive(Clone, Default)]
pub struct Models {
    by_name: Live<BTreeMap<String, ModelEntry>>,
}

/// A chat model with its price.
#[derive(Clone)]
pub struct ModelEntry {
    /// The client of the model.
    pub model: Arc<dyn ChatModel>,
    /// The price of the model's tokens.
    pub price: Price,
    /// The provider for which an account can have a key of its own, if there is one.
    pub provider: Option<ModelProvider>,
    /// What the model is at its provider, for traces.
    pub identity: Arc<ModelIdentity>,
}

/// A chat model with the name under which a pricing tier lists it.
#[derive(Clone)]
pub(super) struct NamedModel {
    pub(super) name: String,
    pub(super) entry: ModelEntry,
    /// The account's own key for the model's provider.
    pub(super) own_key: Option<Secret>,
    /// Reserves what calls may cost; none without a budget that blocks.
    pub(super) meter: Option<Arc<BudgetMeter>>,
}

impl NamedModel {
    /// Reserves what a call may take, and limits its output to what is left. None without a budget that blocks.
    /// `QUOTA_EXCEEDED` when too little is left.
    pub(super) async fn reserve(
        &self,
        prompt: &mut ChatPrompt,
        read: usize,
    ) -> Result<Option<BudgetHold>> {
        let Some(meter) = &self.meter else {
            return Ok(None);
        };
        let cost = self.most(read, prompt.max_output_tokens);
        let (hold, granted) = meter.reserve(&self.name, cost).await?;
        if hold.is_cut {
            prompt.max_output_tokens = usize::try_from(granted.output_tokens).unwrap_or_default();
        }
        Ok(Some(hold))
    }

    /// Replaces what a call might have taken by what it took.
    pub(super) async fn settle(&self, hold: Option<BudgetHold>, usage: Usage) {
        if let (Some(meter), Some(hold)) = (&self.meter, hold) {
            meter.settle(hold, usage).await;
        }
    }

    /// What a call with a prompt of `read` tokens takes at most.
    fn most(&self, read: usize, output: usize) -> CallCost {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let price = match self.own_key {
            Some(_) => Price::default(),
            None => self.entry.price,
        };
        let of = |input, output| PricedTokens {
            input,
            cached_input: 0,
            cache_write: 0,
            output,
        };
        CallCost {
            input_tokens: number(read),
            output_tokens: number(output),
            input_usd: price.of(of(number(read), 0)),
            usd_per_output_token: price.of(of(0, 1)),
        }
    }

    /// The usage of a call: the tokens that the provider reported, else the `read` tokens of the prompt and those of the
    /// answer, `written`, as they are counted here. The cost is 0 with the account's own key, because the provider bills
    /// the account itself.
    pub(super) fn usage_of(&self, reported: TokenCounts, read: usize, written: &str) -> Usage {
        let number = |reported: Option<u64>, counted: &dyn Fn() -> usize| {
            let reported = reported.and_then(|tokens| i64::try_from(tokens).ok());
            reported.unwrap_or_else(|| i64::try_from(counted()).unwrap_or_default())
        };
        let input = number(reported.input, &|| read);
        // what is more than the whole prompt cannot be a part of it
        let cached = number(reported.cached_input, &|| 0).min(input);
        let cache_write = number(reported.cache_write, &|| 0).min(input - cached);
        let output = number(reported.output, &|| self.entry.model.count_tokens(written));
        let tokens = PricedTokens {
            input: input - cached - cache_write,
            cached_input: cached,
            cache_write,
            output,
        };
        Usage {
            input_tokens: input,
            output_tokens: output,
            cost_usd: match self.own_key {
                Some(_) => 0.0,
                None => self.entry.price.of(tokens),
            },
            ..Usage::default()
        }
    }
}

/// US dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Price {
    /// The price of input tokens.
    pub input: f64,
    /// The price of input tokens that the provider read from its cache.
    pub cached_input: f64,
    /// The price of input tokens that the provider wrote to its cache.
    pub cache_write: f64,
    /// The price of output tokens.
    pub output: f64,
}

/// The tokens of a call, each counted once.
#[derive(Debug, Clone, Copy)]
struct PricedTokens {
    input: i64,
    cached_input: i64,
    cache_write: i64,
    output: i64,
}

impl Price {
    /// The cost of these tokens in US dollars.
    fn of(self, tokens: PricedTokens) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "token counts are far below 2^52"
        )]
        let millions = |tokens: i64| tokens as f64 / 1e6;
        self.input * millions(tokens.input)
            + self.cached_input * millions(tokens.cached_input)
            + self.cache_write * millions(tokens.cache_write)
            + self.output * millions(tokens.output)
    }
}

impl Models {
    /// The registry of these models.
    pub fn new(by_name: BTreeMap<String, ModelEntry>) -> Self {
        Self {
            by_name: Live::new(by_name),
        }
    }

    /// The models by their names.
    pub fn entries(&self) -> Arc<BTreeMap<String, ModelEntry>> {
        self.by_name.get()
    }

    /// Replaces the models in all handles; calls that have begun end with the earlier ones.
    pub fn replace(&self, by_name: BTreeMap<String, ModelEntry>) {
        self.by_name.set(by_name);
    }

    /// The configured models among `names`, in the order of the names.
    pub fn in_order<'a>(
        &self,
        names: &'a [String],
    ) -> impl Iterator<Item = (&'a str, ModelEntry)> + use<'a> {
        let by_name = self.by_name.get();
        names.iter().filter_map(move |name| {
            let entry = by_name.get(name)?;
            Some((name.as_str(), entry.clone()))
        })
    }

    /// The providers for which an account can have a key of its own, by name.
    pub fn providers(&self) -> Vec<ModelProvider> {
        let by_name = self.by_name.get();
        let providers = by_name.values();
        let providers: BTreeSet<_> = providers
            .filter_map(|entry| entry.provider.clone())
            .collect();
        providers.into_iter().collect()
    }

    /// Every model's name and readiness.
    pub fn readiness(&self) -> Vec<(String, Readiness)> {
        let by_name = self.by_name.get();
        let entries = by_name.iter();
        entries
            .map(|(name, entry)| (name.clone(), entry.model.readiness()))
            .collect()
    }
}
