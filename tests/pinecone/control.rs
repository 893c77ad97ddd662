//! The control plane: indexes are created, described and deleted.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Answer, Call, Shared, World, index::Index};

/// Errors of the control plane.
pub(super) fn error(status: u16, code: &str, message: &str) -> Answer {
    let error = json!({"error": {"code": code, "message": message}, "status": status});
    Answer(status, error)
}

pub(super) fn answer(shared: &Arc<Shared>, call: &Call) -> Answer {
    let name = call.path.strip_prefix("/indexes/").unwrap_or_default();
    let key = (call.project.clone(), name.to_owned());
    let mut world = shared.world();
    world.indexes.retain(|_, index| index.exists());
    match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/indexes") => {
            let of_project = world.indexes.values().filter(|i| i.project == call.project);
            let indexes: Vec<_> = of_project.map(describe).collect();
            Answer(200, json!({"indexes": indexes}))
        }
        ("POST", "/indexes") => create(shared, &mut world, call),
        (_, _) if !world.indexes.contains_key(&key) => {
            let message = format!("Resource {name} not found");
            error(404, "NOT_FOUND", &message)
        }
        ("GET", _) => {
            let index = world.indexes.get_mut(&key).unwrap();
            index.was_described();
            if index.exists() {
                Answer(200, describe(index))
            } else {
                error(404, "NOT_FOUND", &format!("Resource {name} not found"))
            }
        }
        ("DELETE", _) if world.indexes[&key].protected => {
            let message = format!("Deletion protection is enabled for this index {name}.");
            error(403, "FORBIDDEN", &message)
        }
        ("DELETE", _) => {
            let describes = world.describes;
            world.indexes.get_mut(&key).unwrap().delete(describes);
            Answer(202, Value::Null)
        }
        _ => error(405, "METHOD_NOT_ALLOWED", "Method not allowed"),
    }
}

fn create(shared: &Arc<Shared>, world: &mut World, call: &Call) -> Answer {
    let wrong = |message: &str| error(400, "INVALID_ARGUMENT", message);
    let name = call.text("name").unwrap_or_default();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 45 || !name.chars().all(allowed) {
        return wrong("Name must be 1-45 of lower case alphanumeric characters or '-'");
    }
    let Some(dimension) = call
        .number("dimension")
        .filter(|n| (1..=20_000).contains(n))
    else {
        return wrong("Bad request: dimension must be 1 to 20000");
    };
    let serverless = &call.body["spec"]["serverless"];
    let cloud = serverless["cloud"].as_str().unwrap_or_default();
    if !["aws", "gcp", "azure"].contains(&cloud) || !serverless["region"].is_string() {
        return wrong("Bad request: spec.serverless needs cloud and region");
    }
    let metric = call.text("metric").unwrap_or_else(|| "cosine".to_owned());
    let key = (call.project.clone(), name.clone());
    if world.indexes.contains_key(&key) {
        return error(409, "ALREADY_EXISTS", "Resource  already exists");
    }
    // The socket listens from now on, so that the host works as soon as it is returned.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    let host = listener.local_addr().unwrap().to_string();
    shared.serve(listener, Some(key.clone()));
    let spec = call.body["spec"].clone();
    let index = Index::new(key.clone(), dimension, metric, (host, spec));
    let index = index.ready_after(world.describes);
    let described = describe(&index);
    world.indexes.insert(key, index);
    Answer(201, described)
}

fn describe(index: &Index) -> Value {
    json!({
        "name": index.name,
        "dimension": index.dimension,
        "metric": index.metric,
        "vector_type": "dense",
        "host": index.host,
        "spec": index.spec,
        "deletion_protection": if index.protected { "enabled" } else { "disabled" },
        "status": {"ready": index.is_ready(), "state": index.state()},
    })
}
