//! Several endpoints of one model: the one with the fewest outstanding requests is asked first, and one that failed
//! recently is asked last.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::Client;
use tokio::time::Instant;

use super::endpoint::{Endpoint, EndpointOptions};

/// How long an endpoint that failed is asked after all others.
const AFTER_A_FAILURE: Duration = Duration::from_secs(30);

/// The endpoints of one model.
pub(super) struct EndpointPool {
    endpoints: Vec<Arc<PooledEndpoint>>,
    /// Where the choice between equal endpoints begins; it rotates.
    first: AtomicUsize,
}

/// An endpoint with what this process knows of it.
pub(super) struct PooledEndpoint {
    pub(super) endpoint: Endpoint,
    outstanding: AtomicUsize,
    failed_at: Mutex<Option<Instant>>,
}

/// A request to an endpoint, outstanding until this is dropped.
pub(super) struct OutstandingRequest(Arc<PooledEndpoint>);

impl EndpointPool {
    pub(super) fn new(client: &Client, endpoints: Vec<EndpointOptions>) -> Self {
        let pooled = |options| {
            Arc::new(PooledEndpoint {
                endpoint: Endpoint::new(client.clone(), options),
                outstanding: AtomicUsize::new(0),
                failed_at: Mutex::default(),
            })
        };
        Self {
            endpoints: endpoints.into_iter().map(pooled).collect(),
            first: AtomicUsize::new(0),
        }
    }

    /// A request to the best endpoint that was not tried yet; `None` when all were.
    pub(super) fn choose(&self, tried: &[OutstandingRequest]) -> Option<OutstandingRequest> {
        let first = self.first.fetch_add(1, Ordering::Relaxed);
        let count = self.endpoints.len();
        let rotated = (0..count).filter_map(|offset| {
            self.endpoints
                .get((first.wrapping_add(offset)).checked_rem(count)?)
        });
        let is_tried = |endpoint: &Arc<PooledEndpoint>| {
            let mut tried = tried.iter();
            tried.any(|request| Arc::ptr_eq(&request.0, endpoint))
        };
        rotated
            .filter(|endpoint| !is_tried(endpoint))
            .min_by_key(|endpoint| {
                let outstanding = endpoint.outstanding.load(Ordering::Relaxed);
                (endpoint.has_failed(), outstanding)
            })
            .map(|endpoint| {
                endpoint.outstanding.fetch_add(1, Ordering::Relaxed);
                OutstandingRequest(Arc::clone(endpoint))
            })
    }
}

impl PooledEndpoint {
    fn has_failed(&self) -> bool {
        let failed_at = *self
            .failed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        failed_at.is_some_and(|at| at.elapsed() < AFTER_A_FAILURE)
    }
}

impl OutstandingRequest {
    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// Records that the endpoint failed.
    pub(super) fn failed(&self) {
        let failed_at = self.0.failed_at.lock();
        *failed_at.unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

impl Drop for OutstandingRequest {
    fn drop(&mut self) {
        self.0.outstanding.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use reqwest::Client;

    use super::{EndpointPool, OutstandingRequest};
    use crate::adapter::model_provider::EndpointOptions;

    fn pool(names: &[&str]) -> EndpointPool {
        let options = names.iter().map(|name| EndpointOptions {
            base_url: (*name).to_owned(),
            api_key: None,
            api_key_header: None,
            headers: Vec::new(),
        });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().build().unwrap();
        EndpointPool::new(&client, options.collect())
    }

    fn chosen(request: Option<&OutstandingRequest>) -> Option<&str> {
        request.map(|request| request.endpoint().base_url())
    }

    #[tokio::test(start_paused = true)]
    async fn the_endpoint_with_the_fewest_outstanding_requests_is_chosen() {
        let pool = pool(&["a", "b", "c"]);
        let three: Vec<_> = (0..3).map(|_| pool.choose(&[])).collect();
        let mut names: Vec<_> = three.iter().map(|one| chosen(one.as_ref())).collect();
        names.sort_unstable();
        assert_eq!(names, [Some("a"), Some("b"), Some("c")]);
        let mut three = three.into_iter().flatten();
        let freed = three.next().unwrap();
        let name = freed.endpoint().base_url().to_owned();
        drop(freed);
        let next = pool.choose(&[]);
        assert_eq!(chosen(next.as_ref()), Some(name.as_str()));
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_failed_is_chosen_last_for_a_while() {
        let pool = pool(&["a", "b"]);
        let failed = pool.choose(&[]).unwrap();
        let name = failed.endpoint().base_url().to_owned();
        failed.failed();
        drop(failed);
        let many: Vec<_> = (0..4).map(|_| pool.choose(&[]).unwrap()).collect();
        assert!(many.iter().all(|one| one.endpoint().base_url() != name));
        let other = pool.choose(&many).unwrap();
        assert_eq!(other.endpoint().base_url(), name);
        drop(other);
        drop(many);
        tokio::time::advance(super::AFTER_A_FAILURE).await;
        let two = [pool.choose(&[]), pool.choose(&[])];
        assert!(two.iter().any(|one| chosen(one.as_ref()) == Some(&name)));
    }
}
