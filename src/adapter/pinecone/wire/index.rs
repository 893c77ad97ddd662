//! Indexes as the control plane has them.

use serde::{Deserialize, Serialize};

use super::json;
use crate::error::Result;

/// An index to be made.
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
    /// One that grows by itself, in a cloud's region.
    pub(in crate::adapter::pinecone) fn serverless(
        name: &'a str,
        dimension: usize,
        metric: &'a str,
        (cloud, region): (&'a str, &'a str),
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

/// An index as it is described.
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
    /// Whether it is being deleted.
    pub(in crate::adapter::pinecone) fn is_going(&self) -> bool {
        self.status.state == "Terminating"
    }
}
