//! `troupe dev` inside the test's process.

use std::{collections::BTreeMap, env, path::PathBuf};

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use troupe::{
    app::dev,
    config::{Config, Mode, Source},
};
use uuid::Uuid;

use crate::support::{Client, models};

/// A running `troupe dev`, which ends with its test.
pub(super) struct DemoServer {
    /// A client with the key of `dev.json`.
    pub(super) owner: Client,
    /// The ids of the agents by their slugs.
    agents: BTreeMap<String, String>,
    folder: PathBuf,
    shutdown: CancellationToken,
    served: tokio::task::JoinHandle<()>,
}

impl DemoServer {
    /// Starts a new installation.
    pub(super) async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = env::temp_dir().join(format!("troupe-demo-{}", Uuid::now_v7().simple()));
        let environment = [("TROUPE_MODELS_DIR", models())];
        let source = Source {
            environment: environment
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
            folder: folder.clone(),
            data_dir: Some(folder.clone()),
            program: Some(env!("CARGO_BIN_EXE_troupe").into()),
            ..Source::new(Mode::Dev)
        };
        let config = Config::load(&source).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shown = |error| format!("{error:?}");
        let app = Box::pin(dev::open(config.clone()))
            .await
            .map_err(shown)
            .unwrap();
        let demo = dev::prepare(&app, &config, &listener).await;
        let demo = demo.map_err(shown).unwrap();
        let shutdown = CancellationToken::new();
        let serving = Box::pin(app.serve(listener, shutdown.clone()));
        let served = tokio::runtime::Handle::current().spawn(async move {
            serving.await.map_err(|error| format!("{error:?}")).unwrap();
        });
        let owner = Client::new(&demo.url, Some(&demo.api_key));
        let agents = owner
            .ok("{ agents { nodes { id slug } } }", json!({}))
            .await;
        let agents = agents["agents"]["nodes"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            agents: agents
                .map(|agent| (text(&agent["slug"]), text(&agent["id"])))
                .collect(),
            owner,
            folder,
            shutdown,
            served,
        }
    }

    /// The id of the agent with this slug.
    pub(super) fn agent(&self, slug: &str) -> &str {
        &self.agents[slug]
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        self.shutdown.cancel();
        self.served.abort();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
