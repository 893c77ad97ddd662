//! The JSON of Pinecone's API.

mod index;
mod vector;

use serde::{Deserialize, Serialize};

pub(super) use self::{
    index::{IndexModel, NewIndex},
    vector::{Deletion, Fetched, Matches, Query, Stats, check, upserts},
};
use crate::error::{Error, Result};

/// An error response, in the format of the control plane or of gRPC.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum ErrorBody {
    Control { error: ControlError },
    Data { message: String },
}

#[derive(Deserialize)]
pub(super) struct ControlError {
    message: String,
}

impl ErrorBody {
    pub(super) fn message(self) -> String {
        match self {
            Self::Control { error } => error.message,
            Self::Data { message } => message,
        }
    }
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal("writing a request to Pinecone").with_source(error))
}
