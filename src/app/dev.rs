//! `troupe dev`: creates the tables and a demo account with four agents, and prints the next steps.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use tokio::{fs, io::AsyncWriteExt, net::TcpListener};

use crate::{
    app::dev_key::with_dev_key,
    app::{App, demo, open_store},
    config::Config,
    domain::{AccountId, AccountTier, Actor, Billing, BudgetEnforcement, Ceiling, Role},
    error::{Error, Result},
    port::Clock,
    service::{Credentials, MintedKey, NewAccount, NewApiKey, Services},
    store::private_folder,
};

/// The content of `dev.json`: the address and keys of this installation. Readable by its owner only.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Demo {
    /// The URL of the server.
    pub url: String,
    /// The id of the demo account.
    pub account_id: String,
    /// An owner's key of the demo account.
    pub api_key: String,
    /// An operator's key.
    pub operator_key: String,
}

/// Creates the data folder and the tables, and composes the process.
pub async fn open(config: Config) -> Result<App> {
    private_folder(&config.data_dir)?;
    let config = with_dev_key(config)?;
    let store = open_store(&config).await?;
    store.migrate_up().await?;
    store.close().await?;
    App::open(config).await
}

/// Creates the demo account if it does not exist, and writes `dev.json`.
pub async fn prepare(app: &App, config: &Config, listener: &TcpListener) -> Result<Demo> {
    let addr = listener
        .local_addr()
        .map_err(|error| Error::internal("reading the listener's address").with_source(error))?;
    let services = &app.services;
    app.operator().report_key().await?;
    app.setup.publish_shipped(&config.templates).await?;
    app.setup.register_built_in().await?;
    let file = config.data_dir.join("dev.json");
    let known = known(services, &file).await;
    let mut demo = match known {
        Some(demo) => demo,
        None => found(app, config).await?,
    };
    demo.url = format!("http://{addr}");
    write(&file, &demo).await?;
    if let Some(owner) = actor(services, &demo.api_key).await {
        prepare_routing(app, owner);
    }
    Ok(demo)
}

/// Lets the router read the agents' skills in the background, so that the first message need not wait for it.
fn prepare_routing(app: &App, owner: Actor) {
    let services = Arc::clone(&app.services);
    app.tracker.spawn(async move {
        // the router logs its failures, and messages are routed without it
        let _ = services.routes.preview(&owner, "Hello", None).await;
    });
}

/// The content of an existing `dev.json`, if its keys are still valid.
async fn known(services: &Services, file: &Path) -> Option<Demo> {
    let demo: Demo = serde_json::from_slice(&fs::read(file).await.ok()?).ok()?;
    let operator = actor(services, &demo.operator_key).await?;
    let owner = actor(services, &demo.api_key).await?;
    (operator.is_operator() && owner.account().to_string() == demo.account_id).then_some(demo)
}

async fn actor(services: &Services, key: &str) -> Option<Actor> {
    let credentials = Credentials {
        authorization: Some(format!("Bearer {key}")),
        ..Credentials::default()
    };
    services
        .access
        .authenticate(&credentials)
        .await
        .ok()
        .flatten()
}

async fn found(app: &App, config: &Config) -> Result<Demo> {
    let operator = app.operator().found(config.operator_key.clone()).await?;
    let (account, owner) = app
        .setup
        .create_account(unbounded("Demo"), |id| {
            owner_key(app.clock.as_ref(), id, "troupe dev")
        })
        .await?;
    demo::create_content(&app.services, &Actor::of_key(&owner.key)).await?;
    Ok(Demo {
        url: String::new(),
        account_id: account.id.to_string(),
        api_key: owner.secret.reveal().to_owned(),
        operator_key: operator.reveal().to_owned(),
    })
}

/// A random owner's key of a new account.
pub(super) fn owner_key(clock: &dyn Clock, account: AccountId, name: &str) -> MintedKey {
    MintedKey::random(
        clock,
        account,
        NewApiKey {
            name: name.to_owned(),
            role: Role::Owner,
            expires_at: None,
        },
    )
}

/// An account without budgets.
pub(super) fn unbounded(name: &str) -> NewAccount {
    let billing = Billing {
        monthly_token_budget: None,
        monthly_cost_budget_usd: None,
        enforcement: BudgetEnforcement::Warn,
    };
    NewAccount {
        name: name.to_owned(),
        tier: AccountTier::Standard,
        billing,
        ceiling: Ceiling::default(),
    }
}

/// Writes the file atomically, and never readable by other users.
async fn write(file: &Path, demo: &Demo) -> Result<()> {
    let failed = |error| Error::unavailable(format!("writing {} failed: {error}", file.display()));
    let text = serde_json::to_vec_pretty(demo)
        .map_err(|error| Error::internal("writing dev.json").with_source(error))?;
    let draft = PathBuf::from(format!("{}.new", file.display()));
    // a leftover draft may be readable by other users
    let _ = fs::remove_file(&draft).await;
    let mut out = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .await
        .map_err(failed)?;
    out.write_all(&text).await.map_err(failed)?;
    out.sync_all().await.map_err(failed)?;
    fs::rename(&draft, file).await.map_err(failed)
}

impl Demo {
    /// The text that shows the next steps.
    pub fn welcome(&self) -> String {
        let Self { url, api_key, .. } = self;
        let socket = url.replacen("http", "ws", 1);
        format!(
            r#"
Troupe is at {url}

  Console      {url}/#key={api_key}
  API key      {api_key}
  GraphiQL     {url}/graphiql#key={api_key}

List the agents with curl:

  curl -s {url}/graphql -H 'Authorization: Bearer {api_key}' -H 'Content-Type: application/json' \
    -d '{{"query":"{{ agents {{ nodes {{ id name status }} }} }}"}}'

Stream an answer with curl, as server-sent events:

  curl -sN {url}/graphql -H 'Authorization: Bearer {api_key}' -H 'Content-Type: application/json' -H 'Accept: text/event-stream' \
    -d '{{"query":"subscription {{ chat(input: {{ message: \"What can you do for me?\", clientMessageId: \"first\" }}) {{ __typename ... on TokenDelta {{ text }} }} }}"}}'

Stream an answer over a WebSocket:

  npx --yes wscat -c {socket}/graphql -s graphql-transport-ws -w 60 \
    -x '{{"type":"connection_init","payload":{{"authorization":"Bearer {api_key}"}}}}' \
    -x '{{"type":"subscribe","id":"1","payload":{{"query":"subscription {{ chat(input: {{ message: \"What can you do for me?\", clientMessageId: \"second\" }}) {{ __typename ... on TokenDelta {{ text }} }} }}"}}}}'
"#
        )
    }
}
