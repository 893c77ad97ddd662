//! Indexes in the control plane's JSON.

use serde::{Deserialize, Serialize};

use super::json;
use crate::error::Result;

/// The request body to create an index.
#[derive(Serialize)]
pub(in crate::adapter::pinecone) struct NewIndex<'a> {
    name: &'a str,
    dimension: usize,
    metric: &'a str,
    vector_type: &'a str,
    spec: Spec<'a>,
    deletion_protection: &'a str,
}

#[derive(Serialize)]
struct Spec<'a> {
    serverless: Serverless<'a>,
}

#[derive(Serialize)]
struct Serverless<'a> {
    cloud: &'a str,
    region: &'a str,
}

impl<'a> NewIndex<'a> {
    /// A serverless index in a region of a cloud.
    pub(in crate::adapter::pinecone) fn serverless(
        name: &'a str,
        dimension: usize,
        metric: &'a str,
        cloud: &'a str,
        region: &'a str,
    ) -> Self {
        Self {
            name,
            dimension,
            metric,
            vector_type: "dense",
            spec: Spec {
                serverless: Serverless { cloud, region },
            },
            deletion_protection: "disabled",
        }
    }

    pub(in crate::adapter::pinecone) fn to_json(&self) -> Result<String> {
        json(self)
    }
}

/// The description of an existing index.
#[derive(Deserialize)]
pub(in crate::adapter::pinecone) struct IndexModel {
    pub(in crate::adapter::pinecone) dimension: Option<usize>,
    pub(in crate::adapter::pinecone) metric: Option<String>,
    #[serde(default)]
    pub(in crate::adapter::pinecone) host: String,
    pub(in crate::adapter::pinecone) status: Status,
}

#[derive(Deserialize)]
pub(in crate::adapter::pinecone) struct Status {
    pub(in crate::adapter::pinecone) ready: bool,
    #[serde(default)]
    pub(in crate::adapter::pinecone) state: String,
}

impl IndexModel {
    /// Whether the index is being deleted.
    pub(in crate::adapter::pinecone) fn is_going(&self) -> bool {
        self.status.state == "Terminating"
    }
}
