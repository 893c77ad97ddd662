//! Pinecone's control plane: creates indexes, waits until they are ready, and finds their hosts.

use std::time::Duration;

use moka::future::Cache;
use reqwest::{Client, Method, header::HeaderValue};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use url::{Host, Url};

use super::{
    PineconeOptions,
    retry::{Api, is_taken, parse, there},
    wire::{IndexModel, NewIndex},
};
use crate::{
    domain::Secret,
    error::{Error, Result},
    outgoing::OutgoingFailure,
};

/// The size of the cache of index hosts, and how long an entry is valid.
const MOST_REMEMBERED: u64 = 10_000;
const REMEMBERED_FOR: Duration = Duration::from_mins(5);
/// The similarity metric of all indexes.
const METRIC: &str = "cosine";

/// The location of an index.
#[derive(Debug, Clone)]
pub(super) struct IndexHost {
    pub(super) name: String,
    /// The URL of the data plane, with scheme and without path.
    pub(super) url: String,
    /// The number of dimensions of its vectors.
    pub(super) dimensions: usize,
}

/// The key of the cache: a hash of the API key, and the name of the index. The same name exists for several API keys.
type Known = ([u8; 32], String);

pub(super) struct ControlPlane {
    client: Client,
    options: PineconeOptions,
    hosts: Cache<Known, IndexHost>,
}

impl ControlPlane {
    pub(super) fn new(client: Client, options: PineconeOptions) -> Self {
        let hosts = Cache::builder().max_capacity(MOST_REMEMBERED);
        Self {
            client,
            options,
            hosts: hosts.time_to_live(REMEMBERED_FOR).build(),
        }
    }

    /// The API with these credentials, or with the operator's key. UNAVAILABLE when there is neither.
    pub(super) fn api(&self, credentials: Option<&Secret>) -> Result<Api> {
        let key = credentials.or(self.options.api_key.as_ref());
        let key = key.ok_or_else(|| {
            Error::unavailable(
                "this installation has no key for Pinecone; give the account a key of its own, or ask the operator",
            )
            .with_source("TROUPE_PINECONE_API_KEY is not set")
        })?;
        let mut key = HeaderValue::from_str(key.reveal())
            .map_err(|_| Error::unavailable("the Pinecone key has characters that no key has"))?;
        key.set_sensitive(true);
        Ok(Api {
            client: self.client.clone(),
            key,
            timeouts: self.options.timeouts,
        })
    }

    /// Checks that the control plane answers and accepts the key.
    pub(super) async fn answers(&self, api: &Api) -> Result<(), OutgoingFailure> {
        api.ask(Method::GET, &self.url(""), "").await.map(drop)
    }

    /// The index with this name; `None` when it does not exist or is being deleted.
    pub(super) async fn find(
        &self,
        api: &Api,
        name: &str,
    ) -> Result<Option<IndexHost>, OutgoingFailure> {
        let known = known(api, name);
        if let Some(index) = self.hosts.get(&known).await {
            return Ok(Some(index));
        }
        let Some(found) = self.describe(api, name).await? else {
            return Ok(None);
        };
        if found.is_going() {
            return Ok(None);
        }
        let index = self.host(name, &found)?;
        if found.status.ready {
            self.hosts.insert(known, index.clone()).await;
        }
        Ok(Some(index))
    }

    /// Returns the index with this name once it is ready, and creates it if it does not exist. The index may have
    /// another number of dimensions. CONFLICT when it has another metric, UNAVAILABLE when it is not ready in time.
    pub(super) async fn ensure(
        &self,
        api: &Api,
        name: &str,
        dimensions: usize,
    ) -> Result<IndexHost> {
        let end = Instant::now() + self.options.timeouts.ready;
        self.forget(api, name).await;
        loop {
            match self.describe(api, name).await? {
                None => self.create(api, name, dimensions).await?,
                // the index is being deleted, and its name will be free soon
                Some(found) if found.is_going() => {}
                Some(found)
                    if found
                        .metric
                        .as_deref()
                        .is_some_and(|metric| metric != METRIC) =>
                {
                    return Err(Error::conflict(format!(
                        "the Pinecone index {name} is not one of ours: it does not compare by {METRIC}"
                    )));
                }
                Some(found) if found.status.state == "InitializationFailed" => {
                    return Err(Error::unavailable(format!(
                        "Pinecone could not make the index {name}"
                    )));
                }
                Some(found) if found.status.ready => {
                    let index = self.host(name, &found)?;
                    self.hosts.insert(known(api, name), index.clone()).await;
                    return Ok(index);
                }
                Some(found) if found.dimension != Some(dimensions) => {
                    return Ok(IndexHost {
                        name: name.to_owned(),
                        url: String::new(),
                        dimensions: found.dimension.unwrap_or_default(),
                    });
                }
                Some(_) => {}
            }
            if Instant::now() >= end {
                return Err(Error::unavailable(format!(
                    "the Pinecone index {name} is not ready after {} s; try again later",
                    self.options.timeouts.ready.as_secs()
                )));
            }
            tokio::time::sleep(self.options.timeouts.look).await;
        }
    }

    /// Removes an index host from the cache.
    pub(super) async fn forget(&self, api: &Api, name: &str) {
        self.hosts.invalidate(&known(api, name)).await;
    }

    async fn describe(&self, api: &Api, name: &str) -> Result<Option<IndexModel>, OutgoingFailure> {
        let url = self.url(&format!("/{name}"));
        let found = there(api.ask(Method::GET, &url, "").await)?;
        found.map(|answer| parse(&answer)).transpose()
    }

    async fn create(&self, api: &Api, name: &str, dimensions: usize) -> Result<()> {
        let PineconeOptions { cloud, region, .. } = &self.options;
        let body = NewIndex::serverless(name, dimensions, METRIC, cloud, region).to_json()?;
        match api.ask(Method::POST, &self.url(""), &body).await {
            // CONFLICT: another process was faster, or the first attempt succeeded and its response was lost
            Err(failure) if !is_taken(&failure) => Err(failure.into()),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/indexes{path}", self.options.url.trim_end_matches('/'))
    }

    fn host(&self, name: &str, found: &IndexModel) -> Result<IndexHost, OutgoingFailure> {
        let url = host_url(&self.options.url, &found.host);
        Ok(IndexHost {
            name: name.to_owned(),
            url: url.ok_or_else(|| {
                let message = "Pinecone answers something that is no address of an index";
                Error::unavailable(message)
            })?,
            dimensions: found.dimension.unwrap_or_default(),
        })
    }
}

fn known(api: &Api, name: &str) -> Known {
    (Sha256::digest(api.key.as_bytes()).into(), name.to_owned())
}

/// The URL of a data plane, which Pinecone returns without a scheme. It uses TLS, unless the control plane does not and
/// the index is on a loopback address.
fn host_url(control: &str, host: &str) -> Option<String> {
    let bare = host.split_once("://").map_or(host, |(_, bare)| bare);
    let url = Url::parse(&format!("https://{}", bare.trim_end_matches('/'))).ok()?;
    let is_host = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let is_loopback = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let scheme = if control.starts_with("http://") && is_loopback {
        "http"
    } else {
        "https"
    };
    is_host.then(|| format!("{scheme}://{}", bare.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::host_url;

    #[test]
    fn only_a_local_index_is_called_without_tls() {
        let (local, real) = ("http://127.0.0.1:5080", "https://api.pinecone.io");
        for (control, host, expected) in [
            (
                real,
                "docs-a1b2.svc.aped-1.pinecone.io",
                Some("https://docs-a1b2.svc.aped-1.pinecone.io"),
            ),
            (
                real,
                "http://docs.pinecone.io",
                Some("https://docs.pinecone.io"),
            ),
            (real, "127.0.0.1:5081", Some("https://127.0.0.1:5081")),
            (local, "127.0.0.1:5081", Some("http://127.0.0.1:5081")),
            (local, "localhost:5081/", Some("http://localhost:5081")),
            (local, "[::1]:5081", Some("http://[::1]:5081")),
            (local, "10.0.0.7:5081", Some("https://10.0.0.7:5081")),
            (
                local,
                "localhost.example.com",
                Some("https://localhost.example.com"),
            ),
            (local, "localhost@example.com", None),
            (local, "localhost/vectors", None),
            (local, "localhost?x", None),
            (local, "", None),
        ] {
            assert_eq!(host_url(control, host).as_deref(), expected, "{host}");
        }
    }
}
