//! The keys of identity providers over time: when they are fetched, and how long they are used.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ring::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::JwtVerifier;
use crate::{
    domain::{AccountId, ClaimMap, IdentityProvider, IdentityProviderId, SignatureAlgorithm},
    error::{Error, Kind, Result},
    port::{Clock, Fetched, SystemClock, TokenVerifier, WebFetcher},
};

/// A clock that moves only when a test moves it.
struct SetClock(Mutex<DateTime<Utc>>);

impl Clock for SetClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// A provider that answers every request with the same keys, or with none while it is down.
struct Publisher {
    keys: Mutex<Option<String>>,
    requests: AtomicUsize,
    /// A request waits for a permit.
    gate: Semaphore,
}

#[async_trait]
impl WebFetcher for Publisher {
    fn check(&self, _: &str, _: &str) -> Result<()> {
        Ok(())
    }

    async fn fetch(&self, _: &str, _: usize) -> Result<Fetched> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.gate.acquire().await.unwrap().forget();
        let keys = self.keys.lock().unwrap().clone();
        let keys = keys.ok_or_else(|| Error::unavailable("down"))?;
        Ok(Fetched {
            content: keys.into_bytes(),
            media_type: None,
            name: String::new(),
        })
    }
}

struct Stage {
    verifier: JwtVerifier,
    publisher: Arc<Publisher>,
    clock: Arc<SetClock>,
    provider: IdentityProvider,
    key: Ed25519KeyPair,
}

impl Stage {
    fn set() -> Self {
        let publisher = Arc::new(Publisher {
            keys: Mutex::default(),
            requests: AtomicUsize::new(0),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        });
        let clock = Arc::new(SetClock(Mutex::new(SystemClock.now())));
        let fetcher: Arc<dyn WebFetcher> = Arc::<Publisher>::clone(&publisher);
        let time: Arc<dyn Clock> = Arc::<SetClock>::clone(&clock);
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let stage = Self {
            verifier: JwtVerifier::new(fetcher, time, TaskTracker::new()),
            provider: IdentityProvider {
                id: IdentityProviderId::new(&SystemClock),
                account: AccountId::new(&SystemClock),
                name: "Single sign-on".to_owned(),
                issuer: "https://idp.example".to_owned(),
                audience: "troupe".to_owned(),
                jwks_url: "https://idp.example/jwks".to_owned(),
                algorithms: vec![SignatureAlgorithm::EdDsa],
                claims: ClaimMap::default(),
                created_at: clock.now(),
            },
            publisher,
            clock,
            key: Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap(),
        };
        stage.publish(&["first"]);
        stage
    }

    /// Publishes the key under these ids.
    fn publish(&self, kids: &[&str]) {
        let x = BASE64_URL_SAFE_NO_PAD.encode(self.key.public_key());
        let keys = kids
            .iter()
            .map(|kid| json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x}));
        let keys = json!({"keys": keys.collect::<Vec<_>>()});
        *self.publisher.keys.lock().unwrap() = Some(keys.to_string());
    }

    fn goes_down(&self) {
        *self.publisher.keys.lock().unwrap() = None;
    }

    fn wait(&self, time: TimeDelta) {
        *self.clock.0.lock().unwrap() += time;
    }

    fn requests(&self) -> usize {
        self.publisher.requests.load(Ordering::Relaxed)
    }

    async fn verify(&self, kid: &str) -> Result<()> {
        let header = json!({"alg": "EdDSA", "kid": kid}).to_string();
        let parts = [header, "{}".to_owned()].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
        let text = parts.join(".");
        let signature = BASE64_URL_SAFE_NO_PAD.encode(self.key.sign(text.as_bytes()));
        self.verifier
            .verify(&self.provider, &format!("{text}.{signature}"))
            .await
    }

    /// The kind of the error; none without one.
    async fn refusal(&self, kid: &str) -> Option<Kind> {
        self.verify(kid)
            .await
            .err()
            .map(|error| error.kind().clone())
    }
}

#[tokio::test]
async fn keys_are_fetched_every_ten_minutes() {
    let stage = Stage::set();
    for _ in 0..3 {
        assert_eq!(stage.refusal("first").await, None);
    }
    stage.wait(TimeDelta::seconds(599));
    assert_eq!(stage.refusal("first").await, None);
    assert_eq!(stage.requests(), 1);
    // a key that the provider does not publish any more is refused from then on
    stage.publish(&["second"]);
    stage.wait(TimeDelta::seconds(2));
    assert_eq!(stage.refusal("first").await, Some(Kind::Unauthenticated));
    assert_eq!(stage.requests(), 2);
}

#[tokio::test]
async fn keys_stay_usable_for_an_hour_while_the_provider_is_down() {
    let stage = Stage::set();
    assert_eq!(stage.refusal("first").await, None);
    stage.goes_down();
    stage.wait(TimeDelta::minutes(11));
    for _ in 0..3 {
        assert_eq!(stage.refusal("first").await, None);
    }
    assert_eq!(stage.requests(), 2);
    stage.wait(TimeDelta::seconds(31));
    assert_eq!(stage.refusal("first").await, None);
    assert_eq!(stage.requests(), 3);
    stage.wait(TimeDelta::minutes(49));
    assert_eq!(stage.refusal("first").await, Some(Kind::Unavailable));
    stage.publish(&["first"]);
    assert_eq!(stage.refusal("first").await, Some(Kind::Unavailable));
    assert_eq!(stage.requests(), 4);
    stage.wait(TimeDelta::seconds(31));
    assert_eq!(stage.refusal("first").await, None);
}

#[tokio::test]
async fn unknown_ids_cause_one_request_in_a_cool_down() {
    let stage = Stage::set();
    assert_eq!(stage.refusal("first").await, None);
    for number in 0..20 {
        let kid = format!("made-up-{number}");
        assert_eq!(stage.refusal(&kid).await, Some(Kind::Unauthenticated));
    }
    assert_eq!(stage.requests(), 2);
    stage.publish(&["first", "second"]);
    assert_eq!(stage.refusal("second").await, Some(Kind::Unauthenticated));
    stage.wait(TimeDelta::seconds(31));
    assert_eq!(stage.refusal("second").await, None);
    assert_eq!(stage.requests(), 3);
}

#[tokio::test]
async fn concurrent_callers_share_a_request_that_outlives_them() {
    let stage = Stage::set();
    let permits = stage.publisher.gate.available_permits();
    stage.publisher.gate.forget_permits(permits);
    {
        let first = stage.verify("first");
        let second = stage.verify("first");
        let both = futures::future::join(first, second);
        let given_up = std::pin::pin!(both);
        // polled until the request waits, and dropped then
        let waits = async {
            while stage.requests() == 0 {
                tokio::task::yield_now().await;
            }
        };
        futures::future::select(given_up, std::pin::pin!(waits)).await;
    }
    stage.publisher.gate.add_permits(1);
    assert_eq!(stage.refusal("first").await, None);
    assert_eq!(stage.requests(), 1);
}
