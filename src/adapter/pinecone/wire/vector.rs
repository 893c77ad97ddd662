//! Vectors in the data plane's JSON.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::json;
use crate::{
    domain::{DocumentId, PassageId},
    error::{Error, Result},
    outgoing::OutgoingFailure,
    port::{VectorMatch, VectorQuery, VectorRecord},
};

/// The maximum number of vectors per upsert.
const MOST_RECORDS: usize = 1_000;
/// The maximum size of an upsert in bytes: below 2 MB in either unit, with room for the JSON around the vectors.
const MOST_BYTES: usize = 1_990_000;

#[derive(Serialize)]
struct Vector<'a> {
    id: String,
    values: &'a [f32],
    metadata: Metadata,
}

/// The metadata of a vector, by which it is filtered and deleted.
#[derive(Serialize, Deserialize)]
struct Metadata {
    document: String,
}

/// The request bodies to upsert these vectors, each within Pinecone's limits. INTERNAL when a vector has another
/// length.
pub(in crate::adapter::pinecone) fn upserts(
    namespace: &str,
    dimensions: usize,
    records: &[VectorRecord],
) -> Result<Vec<String>> {
    let (mut bodies, mut body, mut count) = (Vec::new(), String::new(), 0);
    let end = format!("],\"namespace\":{}}}", json(&namespace)?);
    for record in records {
        check(dimensions, &record.values)?;
        let vector = json(&Vector {
            id: record.passage.to_string(),
            values: &record.values,
            metadata: Metadata {
                document: record.document.to_string(),
            },
        })?;
        if count == MOST_RECORDS || body.len() + vector.len() > MOST_BYTES {
            bodies.push(std::mem::take(&mut body) + &end);
            count = 0;
        }
        body.push_str(if body.is_empty() {
            "{\"vectors\":["
        } else {
            ","
        });
        body.push_str(&vector);
        count += 1;
    }
    if !body.is_empty() {
        bodies.push(body + &end);
    }
    Ok(bodies)
}

/// INTERNAL when a vector has another length, or contains a value that is not finite.
pub(in crate::adapter::pinecone) fn check(dimensions: usize, values: &[f32]) -> Result<()> {
    if values.len() != dimensions {
        let given = values.len();
        return Err(Error::internal(format!(
            "a vector of {given} numbers in a collection of {dimensions}"
        )));
    }
    if values.iter().all(|value| value.is_finite()) {
        return Ok(());
    }
    Err(Error::internal("a vector with something that is no number"))
}

/// The request body of a query.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::adapter::pinecone) struct Query<'a> {
    namespace: &'a str,
    vector: &'a [f32],
    top_k: usize,
    include_values: bool,
    include_metadata: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Filter>,
}

#[derive(Serialize)]
struct Filter {
    document: Condition,
}

#[derive(Serialize)]
enum Condition {
    #[serde(rename = "$eq")]
    Is(String),
    #[serde(rename = "$in")]
    IsOneOf(Vec<String>),
}

impl<'a> Query<'a> {
    pub(in crate::adapter::pinecone) fn new(namespace: &'a str, query: &'a VectorQuery) -> Self {
        let documents: Vec<_> = query.documents.iter().map(ToString::to_string).collect();
        let filter = (!documents.is_empty()).then_some(Filter {
            document: Condition::IsOneOf(documents),
        });
        Self {
            namespace,
            vector: &query.values,
            top_k: query.most,
            include_values: false,
            include_metadata: true,
            filter,
        }
    }

    pub(in crate::adapter::pinecone) fn to_json(&self) -> Result<String> {
        json(self)
    }
}

/// The response of a query.
#[derive(Deserialize)]
pub(in crate::adapter::pinecone) struct Matches {
    #[serde(default)]
    matches: Vec<Match>,
}

#[derive(Deserialize)]
struct Match {
    id: String,
    score: f32,
    metadata: Option<Metadata>,
}

impl Matches {
    /// The matches, the most similar first.
    pub(in crate::adapter::pinecone) fn read(self) -> Result<Vec<VectorMatch>, OutgoingFailure> {
        let read = |found: Match| {
            let (passage, document) = ids(&found.id, found.metadata)?;
            Ok(VectorMatch {
                passage,
                document,
                score: found.score,
            })
        };
        let found: Result<Vec<_>, OutgoingFailure> = self.matches.into_iter().map(read).collect();
        let mut found = found?;
        found.sort_by(|one, other| other.score.total_cmp(&one.score));
        Ok(found)
    }
}

/// The response of a fetch.
#[derive(Deserialize)]
pub(in crate::adapter::pinecone) struct Fetched {
    #[serde(default)]
    vectors: HashMap<String, FetchedVector>,
}

#[derive(Deserialize)]
struct FetchedVector {
    #[serde(default)]
    values: Vec<f32>,
    metadata: Option<Metadata>,
}

impl Fetched {
    pub(in crate::adapter::pinecone) fn read(self) -> Result<Vec<VectorRecord>, OutgoingFailure> {
        let read = |(id, vector): (String, FetchedVector)| {
            let (passage, document) = ids(&id, vector.metadata)?;
            Ok(VectorRecord {
                passage,
                document,
                values: vector.values,
            })
        };
        self.vectors.into_iter().map(read).collect()
    }
}

/// The request body of a deletion.
#[derive(Serialize)]
pub(in crate::adapter::pinecone) struct Deletion {
    namespace: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Filter>,
}

impl Deletion {
    pub(in crate::adapter::pinecone) fn of_passages(
        namespace: &str,
        passages: &[PassageId],
    ) -> Self {
        Self {
            namespace: namespace.to_owned(),
            ids: Some(passages.iter().map(ToString::to_string).collect()),
            filter: None,
        }
    }

    pub(in crate::adapter::pinecone) fn of_document(namespace: &str, document: DocumentId) -> Self {
        Self {
            namespace: namespace.to_owned(),
            ids: None,
            filter: Some(Filter {
                document: Condition::Is(document.to_string()),
            }),
        }
    }

    pub(in crate::adapter::pinecone) fn to_json(&self) -> Result<String> {
        json(self)
    }
}

/// The statistics of an index.
#[derive(Deserialize)]
pub(in crate::adapter::pinecone) struct Stats {
    #[serde(default)]
    namespaces: HashMap<String, NamespaceStats>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NamespaceStats {
    #[serde(default)]
    vector_count: u64,
}

impl Stats {
    pub(in crate::adapter::pinecone) fn count(&self, namespace: &str) -> u64 {
        let counted = self.namespaces.get(namespace);
        counted.map_or(0, |namespace| namespace.vector_count)
    }
}

/// The passage and the document of a vector. CONFLICT when this program did not write it.
fn ids(id: &str, metadata: Option<Metadata>) -> Result<(PassageId, DocumentId), OutgoingFailure> {
    let document = metadata
        .map(|metadata| metadata.document)
        .unwrap_or_default();
    let passage = PassageId::parse("id", id);
    match (passage, DocumentId::parse("document", &document)) {
        (Ok(passage), Ok(document)) => Ok((passage, document)),
        (Err(_), _) | (_, Err(_)) => Err(Error::conflict(
            "the collection's Pinecone namespace holds vectors that are not ours",
        )
        .into()),
    }
}
