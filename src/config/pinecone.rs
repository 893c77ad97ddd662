//! Pinecone, the vector store of some pricing tiers.

use super::reader::Section;
use crate::domain::Secret;

/// Pinecone; section `pinecone` of `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PineconeConfig {
    /// `TROUPE_PINECONE_URL`: the URL of the control plane. Default: `https://api.pinecone.io`.
    pub url: String,
    /// `TROUPE_PINECONE_API_KEY`: the API key. Default: none, and those tiers have no vector store.
    pub api_key: Option<Secret>,
    /// `TROUPE_PINECONE_CLOUD`: the cloud for new indexes, `aws`, `gcp` or `azure`. Default: `aws`.
    pub cloud: String,
    /// `TROUPE_PINECONE_REGION`: the cloud's region. Default: `us-east-1` for `aws`, none for the other clouds.
    pub region: String,
}

/// The clouds, each with its default region.
const CLOUDS: [(&str, (&str, Option<&str>)); 3] = [
    ("aws", ("aws", Some("us-east-1"))),
    ("gcp", ("gcp", None)),
    ("azure", ("azure", None)),
];

impl PineconeConfig {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let (cloud, usual) = section.choice("cloud", &CLOUDS).unwrap_or(CLOUDS[0].1);
        let region = section.text("region").or_else(|| usual.map(str::to_owned));
        if region.is_none() {
            let sentence =
                format!("the cloud {cloud} has no usual region, give one of its regions");
            section.problem("region", &sentence);
        }
        Self {
            url: section
                .web_address("url")
                .unwrap_or_else(|| "https://api.pinecone.io".to_owned()),
            api_key: section.secret("api_key"),
            cloud: cloud.to_owned(),
            region: region.unwrap_or_default(),
        }
    }
}
