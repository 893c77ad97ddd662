//! The models that read texts outside of runs, for an agent and at the cost of its account.

use tokio_util::sync::CancellationToken;

use super::{
    Engine,
    extraction::{Extracted, ExtractionBounds, ExtractionRequest, extract},
    models::{BudgetMeter, NamedModel, traced},
    turn::models_of,
};
use crate::{
    domain::Agent,
    error::{Error, Result},
    schema_checker::SchemaChecker,
};

/// The models of an agent's tier, as readers of documents and of messages to route.
pub struct ReadingModels {
    models: Vec<NamedModel>,
    schemas: SchemaChecker,
}

impl ReadingModels {
    /// The models of an agent's tier; none when the first is one for demonstrations. `UNAVAILABLE` when no model of the
    /// tier can be used.
    pub async fn of_agent(engine: &Engine, agent: &Agent) -> Result<Option<Self>> {
        let parts = &engine.inner.parts;
        let template = parts.store.platform().template_spec(agent.template).await?;
        let tier = template.as_ref().and_then(|spec| spec.tier(&agent.tier));
        let tier = tier.ok_or_else(|| Error::not_found("pricing tier"))?;
        let keys = parts.store.tenant(agent.account).provider_keys().await?;
        let meter = BudgetMeter::without_run(parts, agent, tier).await?;
        let models = models_of(parts, tier, &keys, None, meter.as_ref())?;
        let first = models.first();
        let is_good = first.is_some_and(|model| !model.entry.model.demo_quality());
        let traces = parts.traces.as_ref();
        let trace = traces.and_then(|traces| traces.of_reading(agent));
        Ok(is_good.then(|| Self {
            models: traced(models, trace.as_ref()),
            schemas: parts.schemas.clone(),
        }))
    }

    /// Extracts an object from a text with the first model that gives a valid one.
    pub async fn extract(&self, request: ExtractionRequest) -> Extracted {
        // a job that must stop is dropped
        let never = CancellationToken::new();
        let bounds = ExtractionBounds::OF_TEXT;
        extract(&self.models, request, bounds, &self.schemas, &never).await
    }

    /// Extracts an object from a text with the first model alone: the caller waits, and can do without the object.
    pub async fn extract_briefly(
        &self,
        request: ExtractionRequest,
        bounds: ExtractionBounds,
    ) -> Extracted {
        // a caller that does not wait any longer drops the future
        let never = CancellationToken::new();
        let first = self.models.get(..1).unwrap_or_default();
        extract(first, request, bounds, &self.schemas, &never).await
    }
}
