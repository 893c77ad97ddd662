//! The models that may answer a turn.

use std::sync::Arc;

use crate::{
    domain::{Agent, PricingTier, ProviderKey, SealedColumn, Secret, TemplateSpec},
    engine::{
        EngineParts, ModelEntry,
        models::{BudgetMeter, NamedModel},
    },
    error::{Error, Result},
    port::SecretLocation,
};

/// The configured models of a tier in order of preference, each once, with the account's own keys. The model that failed
/// in the attempt before is the last. A model whose own key cannot be used is left out.
pub(in crate::engine) fn models_of(
    parts: &EngineParts,
    tier: &PricingTier,
    keys: &[ProviderKey],
    failed: Option<&str>,
    meter: Option<&Arc<BudgetMeter>>,
) -> Result<Vec<NamedModel>> {
    let mut models: Vec<NamedModel> = Vec::new();
    let mut unusable = None;
    for (name, entry) in parts.models.in_order(&tier.models) {
        // two names may mean one model, which would fail a second time
        let is_listed = |listed: &NamedModel| Arc::ptr_eq(&listed.entry.model, &entry.model);
        if models.iter().any(is_listed) {
            continue;
        }
        match own_key(parts, &entry, keys) {
            Ok(own_key) => models.push(NamedModel {
                name: name.to_owned(),
                own_key,
                entry,
                meter: meter.cloned(),
            }),
            Err(error) => unusable = Some(error),
        }
    }
    // stable: the others keep their order
    models.sort_by_key(|model| failed == Some(model.name.as_str()));
    if models.is_empty() {
        let missing = || {
            Error::unavailable(format!(
                "none of the models of tier \"{}\" is configured: {}",
                tier.name,
                tier.models.join(", ")
            ))
        };
        return Err(unusable.unwrap_or_else(missing));
    }
    Ok(models)
}

/// The account's own key for the provider of a model. UNAVAILABLE when it cannot be used: the operator does not pay
/// instead.
fn own_key(
    parts: &EngineParts,
    entry: &ModelEntry,
    keys: &[ProviderKey],
) -> Result<Option<Secret>> {
    let Some(provider) = &entry.provider else {
        return Ok(None);
    };
    let mut keys = keys.iter();
    let Some(key) = keys.find(|key| key.provider.name == provider.name) else {
        return Ok(None);
    };
    if key.provider.origin != provider.origin {
        return Err(Error::unavailable(format!(
            "the account's own key for \"{}\" was set for {}, which is no longer its address; an administrator has to set it \
             again with setProviderKey, or remove it",
            provider.name, key.provider.origin
        )));
    }
    let place =
        SecretLocation::of_stored(SealedColumn::ProviderKey, Some(key.account), key.id.uuid());
    parts.vault.open(place, &key.secret).map(Some)
}

/// Whether a model of an agent's tier can be used with these keys of its account.
pub(super) fn has_model(
    parts: &EngineParts,
    agent: &Agent,
    template: &TemplateSpec,
    keys: &[ProviderKey],
) -> bool {
    let tier = template.tier(&agent.tier);
    tier.is_some_and(|tier| models_of(parts, tier, keys, None, None).is_ok())
}
