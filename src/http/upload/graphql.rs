//! A GraphQL request with files: the parts `operations`, `map`, and the files.

use std::collections::BTreeMap;

use async_graphql::{Name, Value, Variables};
use axum::{body::Body, http::request::Parts};

use super::{
    super::{HttpState, json, params::Params, refusal::Refusal},
    admit,
    form::Form,
    slots::UploadSlot,
};
use crate::{config::RequestLimits, domain::Actor, graphql::Upload};

/// The maximum number of files in a request.
const MOST_FILES: usize = 10;
/// The maximum size of the part `map` in bytes.
const LARGEST_MAP: usize = 8 * 1024;

/// The parameters of a GraphQL request that is a form, with the slot that its files have in memory. They are values of the
/// variables that the part `map` names.
pub(in crate::http) async fn params(
    state: &HttpState,
    parts: &Parts,
    body: Body,
    actor: Option<&Actor>,
) -> Result<(Params, UploadSlot), Refusal> {
    let slot = admit(state, actor, &parts.headers).await?;
    let limits = state.config().request_limits(actor);
    let mut form = Form::begin(state, parts, body)?;
    let mut params = operations(&mut form, &limits).await?;
    let mut places = places(&mut form).await?;
    while let Some(part) = form.next().await? {
        let name = part.name().unwrap_or_default().to_owned();
        // what the map does not name is not read
        let Some(of_file) = places.remove(&name) else {
            continue;
        };
        let file = Upload::value(form.file(part).await?);
        for place in of_file {
            put(&mut params.variables, &place, file.clone())?;
        }
    }
    if let Some((name, _)) = places.pop_first() {
        let name = crate::domain::excerpt(&name);
        return Err(Refusal::malformed(format!(
            "map: names the part \"{name}\", which the form does not have"
        )));
    }
    Ok((params, slot))
}

/// The first part: the request without files.
async fn operations(form: &mut Form, limits: &RequestLimits) -> Result<Params, Refusal> {
    let part = form.next().await?;
    let part = part.filter(|part| part.name() == Some("operations"));
    let part = part.ok_or_else(|| Refusal::malformed("the first part must be \"operations\""))?;
    let text = Form::text(part, limits.body_bytes).await?;
    json::check(text.as_bytes(), "operations", limits.json)?;
    Params::from_body(text.as_bytes())
}

/// The second part: the places of each file, e.g. `{"0": ["variables.input.file"]}`.
async fn places(form: &mut Form) -> Result<BTreeMap<String, Vec<String>>, Refusal> {
    let part = form.next().await?;
    let part = part.filter(|part| part.name() == Some("map"));
    let part = part.ok_or_else(|| Refusal::malformed("the second part must be \"map\""))?;
    let text = Form::text(part, LARGEST_MAP).await?;
    let map: BTreeMap<String, Vec<String>> = serde_json::from_str(&text).map_err(|_| {
        Refusal::malformed(
            "map: expected an object from the name of each file's part to a list of paths",
        )
    })?;
    if map.len() > MOST_FILES {
        return Err(Refusal::malformed(format!(
            "map: names {} files, at most {MOST_FILES} are received at a time",
            map.len()
        )));
    }
    Ok(map)
}

/// Puts a file in the place of a null in the variables.
fn put(variables: &mut Variables, path: &str, file: Value) -> Result<(), Refusal> {
    let wrong = || {
        let path = crate::domain::excerpt(path);
        Refusal::malformed(format!(
            "map: \"{path}\" names no null in the variables, e.g. \"variables.input.file\""
        ))
    };
    let mut steps = path.split('.');
    if steps.next() != Some("variables") {
        return Err(wrong());
    }
    let first = steps.next().ok_or_else(wrong)?;
    let mut place = variables.get_mut(&Name::new(first)).ok_or_else(wrong)?;
    for step in steps {
        let inner = match place {
            Value::Object(fields) => fields.get_mut(&Name::new(step)),
            Value::List(items) => step.parse().ok().and_then(|at: usize| items.get_mut(at)),
            _ => None,
        };
        place = inner.ok_or_else(wrong)?;
    }
    if !matches!(place, Value::Null) {
        return Err(wrong());
    }
    *place = file;
    Ok(())
}
