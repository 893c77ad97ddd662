//! An identity provider on a port of its own: it publishes keys, signs tokens with them, and counts the requests.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, http::StatusCode, routing::get};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use ring::{
    hmac,
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
        RsaKeyPair,
    },
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use troupe::port::{Clock, SystemClock};

/// The private key of the tests with RSA, in PKCS #8: to make one takes seconds without optimisation.
const RSA_KEY: &str = include_str!("rsa_key.base64");

/// A key pair with its id.
pub(super) struct SigningKey {
    kid: String,
    pair: Pair,
}

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl SigningKey {
    /// A key for ES256.
    pub(super) fn p256(kid: &str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &random).unwrap();
        Self::new(kid, Pair::P256(pair))
    }

    /// A key for `EdDSA`.
    pub(super) fn ed25519(kid: &str) -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap();
        Self::new(kid, Pair::Ed25519(pair))
    }

    /// The key for RS256.
    pub(super) fn rsa(kid: &str) -> Self {
        let text: String = RSA_KEY.split_whitespace().collect();
        let made = BASE64_STANDARD.decode(text).unwrap();
        let pair = RsaKeyPair::from_pkcs8(&made).unwrap();
        Self::new(kid, Pair::Rsa(Box::new(pair)))
    }

    fn new(kid: &str, pair: Pair) -> Self {
        let kid = kid.to_owned();
        Self { kid, pair }
    }

    /// The public key in a JWKS.
    pub(super) fn public(&self) -> Value {
        let kid = &self.kid;
        match &self.pair {
            Pair::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "x": encoded(x), "y": encoded(y)})
            }
            Pair::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "alg": "EdDSA", "x": encoded(pair.public_key())})
            }
            Pair::Rsa(pair) => {
                let rsa::PublicKeyComponents { n, e }: rsa::PublicKeyComponents<Vec<u8>> =
                    pair.public_key().into();
                json!({"kty": "RSA", "kid": kid, "alg": "RS256", "n": encoded(n), "e": encoded(e)})
            }
        }
    }

    /// The name of its algorithm.
    pub(super) fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::P256(_) => "ES256",
            Pair::Ed25519(_) => "EdDSA",
            Pair::Rsa(_) => "RS256",
        }
    }

    /// A token with these claims and the usual header.
    pub(super) fn sign(&self, claims: &Value) -> String {
        let header = json!({"typ": "JWT", "alg": self.algorithm(), "kid": self.kid});
        self.sign_with(&header, claims)
    }

    /// A token with any header, signed as the key signs.
    pub(super) fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let text = unsigned(header, claims);
        let signature = match &self.pair {
            Pair::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
                signature.as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(text.as_bytes()).as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let random = SystemRandom::new();
                pair.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature)
                    .unwrap();
                signature
            }
        };
        format!("{text}.{}", encoded(signature))
    }
}

/// A token that is signed with a shared secret.
pub(super) fn sign_with_secret(secret: &[u8], header: &Value, claims: &Value) -> String {
    let text = unsigned(header, claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    format!("{text}.{}", encoded(hmac::sign(&key, text.as_bytes())))
}

/// The header and the claims of a token, without a signature.
pub(super) fn unsigned(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        encoded(header.to_string()),
        encoded(claims.to_string())
    )
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The time in some seconds, as tokens name it.
pub(super) fn in_seconds(seconds: i64) -> i64 {
    SystemClock.now().timestamp() + seconds
}

/// A server of keys that stops when it is dropped.
pub(super) struct TestProvider {
    pub(super) url: String,
    shared: Arc<Published>,
    task: JoinHandle<()>,
}

struct Published {
    /// The status and the body of the answer.
    answer: Mutex<(StatusCode, String)>,
    requests: AtomicUsize,
}

impl Drop for TestProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TestProvider {
    /// Publishes these keys.
    pub(super) async fn start(keys: &[&SigningKey]) -> Self {
        let shared = Arc::new(Published {
            answer: Mutex::new((StatusCode::OK, String::new())),
            requests: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let configuration = json!({"issuer": url, "jwks_uri": format!("{url}/jwks")}).to_string();
        let state = Arc::clone(&shared);
        let keys_of = move || {
            state.requests.fetch_add(1, Ordering::Relaxed);
            let answer = state.answer.lock().unwrap().clone();
            async move { answer }
        };
        let router = Router::new().route("/jwks", get(keys_of)).route(
            "/.well-known/openid-configuration",
            get(|| async move { configuration }),
        );
        let task = tokio::runtime::Handle::current()
            .spawn(async move { axum::serve(listener, router).await.unwrap() });
        let provider = Self { url, shared, task };
        provider.publish(keys);
        provider
    }

    /// Publishes other keys.
    pub(super) fn publish(&self, keys: &[&SigningKey]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.public()).collect();
        self.answers(StatusCode::OK, &json!({"keys": keys}).to_string());
    }

    /// Gives this answer instead of keys.
    pub(super) fn answers(&self, status: StatusCode, body: &str) {
        *self.shared.answer.lock().unwrap() = (status, body.to_owned());
    }

    /// The number of requests for keys.
    pub(super) fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// The URL of the keys.
    pub(super) fn jwks_url(&self) -> String {
        format!("{}/jwks", self.url)
    }

    /// The input of a registration of this provider; `more` replaces its fields.
    pub(super) fn input(&self, more: &Value) -> Value {
        let input = json!({
            "name": "Single sign-on", "issuer": self.url, "audience": "troupe", "jwksUrl": self.jwks_url(),
        });
        merged(input, more)
    }

    /// The usual claims of a token for an end user; `more` replaces some, null removes them.
    pub(super) fn claims(&self, end_user: &str, more: &Value) -> Value {
        let claims = json!({
            "iss": self.url, "aud": "troupe", "sub": end_user, "name": format!("The {end_user}"),
            "iat": in_seconds(0), "exp": in_seconds(3_600),
        });
        merged(claims, more)
    }
}

fn merged(mut object: Value, more: &Value) -> Value {
    let fields = object.as_object_mut().unwrap();
    for (name, value) in more.as_object().into_iter().flatten() {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    object
}
