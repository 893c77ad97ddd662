//! The data plane of an index: vectors are stored, found and deleted.

use serde_json::{Map, Value, json};

use super::{
    Answer, Call, World,
    index::{Index, Namespace, Vector, Write},
};

const MOST_VECTORS: usize = 1_000;
const MOST_BYTES: usize = 2 << 20;
const MOST_METADATA_BYTES: usize = 40 << 10;
const LONGEST_ID: usize = 512;
const MOST_MATCHES: usize = 10_000;

/// Errors of the data plane are those of gRPC.
fn error(status: u16, code: u8, message: &str) -> Answer {
    Answer(
        status,
        json!({"code": code, "message": message, "details": []}),
    )
}

fn wrong(message: &str) -> Answer {
    error(400, 3, message)
}

pub(super) fn answer(world: &mut World, index: &(String, String), call: &Call) -> Answer {
    let lag = world.lag;
    let index = world.indexes.get_mut(index);
    let Some(index) = index.filter(|index| index.state() != "Terminating") else {
        return error(404, 5, "Index not found");
    };
    if call.bytes > MOST_BYTES {
        let message = format!("message length too large: found {} bytes", call.bytes);
        return error(400, 11, &message);
    }
    let name = call.namespace_path().or_else(|| call.text("namespace"));
    let name = name.unwrap_or_else(|| "__default__".to_owned());
    match (call.method.as_str(), call.path.as_str()) {
        ("POST", "/vectors/upsert") => upsert(index, &name, call, lag),
        ("POST", "/query") => query(index, &name, call),
        ("GET", "/vectors/fetch") => fetch(index, &name, call),
        ("GET", "/vectors/list") => list(index, &name, call),
        ("POST", "/vectors/delete") => delete(index, &name, call, lag),
        ("POST", "/describe_index_stats") => stats(index),
        ("GET", path) if path.starts_with("/namespaces/") => {
            let all = index.read_all();
            match all.iter().find(|(found, _)| **found == name) {
                Some((_, seen)) => {
                    let count = seen.len().to_string();
                    Answer(200, json!({"name": name, "record_count": count}))
                }
                None => error(404, 5, "Namespace not found"),
            }
        }
        ("DELETE", path) if path.starts_with("/namespaces/") => clear(index, &name, lag),
        _ => error(404, 12, "Not found"),
    }
}

fn upsert(index: &mut Index, name: &str, call: &Call, lag: usize) -> Answer {
    let Some(given) = call.body["vectors"]
        .as_array()
        .filter(|all| !all.is_empty())
    else {
        return wrong("Missing vectors");
    };
    if given.len() > MOST_VECTORS {
        return wrong("You may only upsert up to 1000 records per request");
    }
    let mut vectors = Vec::new();
    for vector in given {
        match read(vector, index.dimension) {
            Ok(vector) => vectors.push(vector),
            Err(message) => return wrong(&message),
        }
    }
    let count = vectors.len();
    let namespace = index.namespaces.entry(name.to_owned()).or_default();
    namespace.write(Write::Upsert(vectors), lag);
    Answer(200, json!({"upsertedCount": count}))
}

fn read(vector: &Value, dimension: usize) -> Result<(String, Vector), String> {
    let id = vector["id"].as_str().unwrap_or_default();
    if id.is_empty() || id.len() > LONGEST_ID || !id.is_ascii() {
        return Err("Vector ID must be ASCII of 1 to 512 characters".to_owned());
    }
    let values = numbers(&vector["values"]).ok_or("Invalid values")?;
    let given = values.len();
    if given != dimension {
        return Err(format!(
            "Vector dimension {given} does not match the dimension of the index {dimension}"
        ));
    }
    if values.iter().all(|value| *value == 0.0) {
        return Err("Dense vectors must contain at least one non-zero value".to_owned());
    }
    let metadata = vector["metadata"].clone();
    if metadata.to_string().len() > MOST_METADATA_BYTES {
        return Err("Metadata size is over the limit of 40960 bytes".to_owned());
    }
    Ok((id.to_owned(), Vector { values, metadata }))
}

fn query(index: &mut Index, name: &str, call: &Call) -> Answer {
    let most = call.number("topK").unwrap_or_default();
    if most == 0 || most > MOST_MATCHES {
        return wrong("topK must be 1 to 10000");
    }
    let asked = numbers(&call.body["vector"]).unwrap_or_default();
    if asked.len() != index.dimension {
        let (given, dimension) = (asked.len(), index.dimension);
        return wrong(&format!(
            "Query vector dimension {given} does not match the dimension of the index {dimension}"
        ));
    }
    let with = |part: &str| call.body[part] == json!(true);
    let (with_values, with_metadata) = (with("includeValues"), with("includeMetadata"));
    let mut found: Vec<_> = index
        .namespaces
        .get_mut(name)
        .map(Namespace::read)
        .into_iter()
        .flatten()
        .filter(|(_, vector)| vector.is_like(&call.body["filter"]))
        .map(|(id, vector)| (vector.cosine(&asked), id, vector))
        .collect();
    found.sort_by(|(one, ..), (other, ..)| other.total_cmp(one));
    found.truncate(most);
    let matches: Vec<_> = found
        .into_iter()
        .map(|(score, id, vector)| {
            let mut found = json!({"id": id, "score": score, "values": []});
            if with_values {
                found["values"] = json!(vector.values);
            }
            if with_metadata {
                found["metadata"] = vector.metadata.clone();
            }
            found
        })
        .collect();
    let usage = json!({"readUnits": 1});
    Answer(
        200,
        json!({"matches": matches, "namespace": name, "usage": usage}),
    )
}

fn fetch(index: &mut Index, name: &str, call: &Call) -> Answer {
    let ids = call.query.iter().filter(|(key, _)| key == "ids");
    let ids: Vec<_> = ids.map(|(_, id)| id).collect();
    if ids.is_empty() || ids.len() > MOST_VECTORS {
        return wrong("ids must be 1 to 1000");
    }
    let mut vectors = Map::new();
    if let Some(namespace) = index.namespaces.get_mut(name) {
        let seen = namespace.read();
        for (id, vector) in ids.into_iter().filter_map(|id| seen.get_key_value(id)) {
            let (values, metadata) = (&vector.values, &vector.metadata);
            let vector = json!({"id": id, "values": values, "metadata": metadata});
            vectors.insert(id.clone(), vector);
        }
    }
    let usage = json!({"readUnits": 1});
    Answer(
        200,
        json!({"vectors": vectors, "namespace": name, "usage": usage}),
    )
}

fn list(index: &mut Index, name: &str, call: &Call) -> Answer {
    let limit = call.number("limit").unwrap_or(100).clamp(1, 100);
    let (prefix, after) = (call.text("prefix"), call.text("paginationToken"));
    let prefix = prefix.unwrap_or_default();
    let ids: Vec<_> = index
        .namespaces
        .get_mut(name)
        .map(Namespace::read)
        .into_iter()
        .flatten()
        .map(|(id, _)| id)
        .filter(|id| id.starts_with(&prefix) && after.as_ref().is_none_or(|after| *id > after))
        .take(limit + 1)
        .collect();
    let page: Vec<_> = ids.iter().take(limit).map(|id| json!({"id": id})).collect();
    let mut answer = json!({"vectors": page, "namespace": name, "usage": {"readUnits": 1}});
    if ids.len() > limit {
        answer["pagination"] = json!({"next": ids[limit - 1]});
    }
    Answer(200, answer)
}

fn delete(index: &mut Index, name: &str, call: &Call, lag: usize) -> Answer {
    let body = &call.body;
    let ids = body["ids"].as_array();
    let write = match (ids, &body["filter"], &body["deleteAll"]) {
        (Some(ids), Value::Null, Value::Null) if (1..=MOST_VECTORS).contains(&ids.len()) => {
            let ids = ids.iter().filter_map(Value::as_str).map(str::to_owned);
            Write::Delete(ids.collect())
        }
        (None, Value::Object(fields), Value::Null) if !fields.is_empty() => {
            Write::DeleteLike(body["filter"].clone())
        }
        (None, Value::Null, Value::Bool(true)) => Write::Clear,
        _ => return wrong("Expected one of ids (at most 1000), filter and deleteAll"),
    };
    match index
        .namespaces
        .get_mut(name)
        .filter(|namespace| namespace.exists())
    {
        Some(namespace) => {
            namespace.write(write, lag);
            Answer(200, json!({}))
        }
        None => error(404, 5, "Namespace not found"),
    }
}

fn clear(index: &mut Index, name: &str, lag: usize) -> Answer {
    match index
        .namespaces
        .get_mut(name)
        .filter(|namespace| namespace.exists())
    {
        Some(namespace) => {
            namespace.write(Write::Clear, lag);
            Answer(202, json!({}))
        }
        None => error(404, 5, "Namespace not found"),
    }
}

fn stats(index: &mut Index) -> Answer {
    let dimension = index.dimension;
    let all = index.read_all();
    let total: usize = all.iter().map(|(_, seen)| seen.len()).sum();
    let counts = all
        .iter()
        .map(|(name, seen)| ((*name).clone(), json!({"vectorCount": seen.len()})));
    let namespaces: Map<String, Value> = counts.collect();
    let fullness = json!({"indexFullness": 0, "totalVectorCount": total});
    let mut answer = fullness;
    answer["dimension"] = json!(dimension);
    answer["namespaces"] = Value::Object(namespaces);
    Answer(200, answer)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "vectors are of single precision"
)]
fn numbers(values: &Value) -> Option<Vec<f32>> {
    let values = values.as_array()?.iter();
    values
        .map(|value| value.as_f64().map(|value| value as f32))
        .collect()
}
