//! Identity providers: their tokens act as end users, and nothing else does.

mod accounts;
mod keys;
mod provider;
mod revocation;
mod tokens;

use serde_json::{Value, json};

use self::provider::{SigningKey, TestProvider};
use crate::{
    support::{Client, TestApp},
    tools::LOCAL,
};

const REGISTER: &str =
    "mutation($input: RegisterIdentityProviderInput!) { registerIdentityProvider(input: $input) {
    identityProvider { id name issuer audience jwksUrl algorithms claims createdAt } } }";
const REMOVE: &str =
    "mutation($id: ID!) { removeIdentityProvider(input: {id: $id}) { deletedId } }";
const SEND: &str = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id conversation { id endUser } agent { id } } } }";
const VIEWER: &str =
    "{ viewer { role session { id } endUser { id externalId displayName lastSeenAt } } }";
const CONVERSATIONS: &str = "{ conversations { nodes { id } } }";

/// An app whose home account has registered a provider with one key for ES256.
struct Stage {
    app: TestApp,
    provider: TestProvider,
    key: SigningKey,
    /// The id of the registered provider.
    id: String,
}

impl Stage {
    async fn set() -> Self {
        Self::with(&[], &json!({})).await
    }

    /// With settings, and with other fields of the registration.
    async fn with(settings: &[(&str, &str)], input: &Value) -> Self {
        let settings = [&[LOCAL], settings].concat();
        let app = TestApp::with(&settings).await;
        let key = SigningKey::p256("first");
        let provider = TestProvider::start(&[&key]).await;
        let id = register(&app.home.admin, &provider.input(input)).await;
        Self {
            app,
            provider,
            key,
            id,
        }
    }

    /// The usual token of an end user; `more` replaces its claims.
    fn token(&self, end_user: &str, more: &Value) -> String {
        self.key.sign(&self.provider.claims(end_user, more))
    }

    /// A client with the usual token of an end user.
    fn browser(&self, end_user: &str) -> Client {
        self.client(&self.token(end_user, &json!({})))
    }

    fn client(&self, token: &str) -> Client {
        self.app.anonymous.with_key(token)
    }

    /// The message of the refusal of a token.
    async fn refusal(&self, token: &str) -> String {
        let reply = self.client(token).ask(VIEWER, json!({})).await;
        assert_eq!(reply.code(), "UNAUTHENTICATED", "{reply:?}");
        let message = reply.message().to_owned();
        assert!(!message.contains(token), "{message}");
        message
    }

    async fn accepts(&self, token: &str) -> bool {
        let reply = self.client(token).ask(VIEWER, json!({})).await;
        reply.0.get("errors").is_none()
    }
}

/// Registers an identity provider; returns its id.
async fn register(admin: &Client, input: &Value) -> String {
    let made = admin.ok(REGISTER, json!({"input": input})).await;
    let made = &made["registerIdentityProvider"]["identityProvider"];
    made["id"].as_str().unwrap().to_owned()
}
