//! The composition root: the only file that knows every layer.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use reqwest::Client;
use tokio::{net::TcpListener, sync::broadcast::error::RecvError};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    adapter::{
        embedded::{EmbeddedModel, EngineOptions},
        memory::LocalAnnouncements,
        openai::{OpenAiModel, OpenAiOptions},
    },
    config::{ChatModelConfig, Config, ModelsConfig, OpenAiModelConfig},
    domain::{AccountTier, Billing, BudgetEnforcement, Role, Secret},
    engine::{Engine, EngineParts, ModelEntry, Models, Price},
    error::{Error, Result},
    graphql::Api,
    http::{self, Check, Health, HttpParts, HttpState, Sessions},
    port::{ChatModel, Clock, ModelTimeouts, Readiness, SystemClock},
    service::{Access, MintedKey, NewAccount, NewApiKey, ServiceParts, Services},
    store::{DatabaseRunLog, Store, StoreOptions},
};

/// A provider that cannot be reached is given up after this long.
const CONNECT: Duration = Duration::from_secs(10);

/// Everything of one process, joined; nothing runs yet but the loading of models.
pub struct App {
    /// The use cases.
    pub services: Services,
    /// The time.
    pub clock: Arc<dyn Clock>,
    store: Store,
    engine: Engine,
    config: Config,
    tracker: TaskTracker,
}

impl App {
    /// Opens the database, whose tables must be those of this program, and joins the parts over it.
    pub async fn open(config: Config) -> Result<Self> {
        let store = open_store(&config).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let tracker = TaskTracker::new();
        let log = Arc::new(DatabaseRunLog::start(store.clone(), &tracker));
        let engine = Engine::new(EngineParts {
            store: store.clone(),
            log: Arc::<DatabaseRunLog>::clone(&log),
            models: models(&config.models, &http_client()?, &tracker),
            clock: Arc::clone(&clock),
            tracker: tracker.clone(),
            config: config.runs.clone(),
            app_settings: config.agents.configuration.clone(),
        });
        let services = Services::new(ServiceParts {
            access: Access::new(store.clone(), Arc::clone(&clock)),
            store: store.clone(),
            log,
            engine: engine.clone(),
            announcements: Arc::new(LocalAnnouncements::default()),
            clock: Arc::clone(&clock),
            app_settings: config.agents.configuration.clone(),
        });
        Ok(Self {
            services,
            clock,
            store,
            engine,
            config,
            tracker,
        })
    }

    /// Publishes the templates, answers runs, and serves until `shutdown` is cancelled and everything has come to its
    /// end: requests first, then runs, then connections.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) -> Result<()> {
        if !self.store.is_migrated().await? {
            return Err(Error::unavailable(
                "the database's tables are not those of this version: run `troupe migrate up`",
            ));
        }
        self.services
            .publish_shipped(&self.config.templates)
            .await?;
        self.engine.supervise();
        let sessions = Sessions::default();
        let state = HttpState::new(HttpParts {
            api: Api::new(self.services.clone()),
            access: Arc::new(self.services.access.clone()),
            sessions: sessions.clone(),
            config: self.config.http.clone(),
            clock: Arc::clone(&self.clock),
            tasks: self.tracker.clone(),
            checks: self.checks(),
        })?;
        let mut revocations = self.services.access.revocations();
        let ended = shutdown.clone();
        self.tracker.spawn(async move {
            while let Some(heard) = ended.run_until_cancelled(revocations.recv()).await {
                match heard {
                    Ok(key) => sessions.close_key(key),
                    // the keys that were missed are refused at their next operation
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        });
        let Self {
            services,
            engine,
            config,
            store,
            ..
        } = self;
        // the use cases hold the log, whose writer ends with the last of them
        drop(services);
        let grace = Duration::from_secs(config.shutdown.drain_seconds);
        let deadline = Duration::from_secs(config.shutdown.deadline_seconds);
        // taken by value: the log's writer ends with the engine
        let drained = async move { engine.shut_down(grace).await };
        let served = http::serve(
            listener,
            state,
            http::Shutdown {
                asked: shutdown,
                drained,
                deadline,
            },
        )
        .await;
        store.close().await?;
        served
    }

    /// Answers queued runs and takes over lost ones until `shutdown` is cancelled and its own have come to their end.
    pub async fn work(self, shutdown: CancellationToken) -> Result<()> {
        self.engine.supervise();
        tracing::info!("working");
        shutdown.cancelled().await;
        self.engine
            .shut_down(Duration::from_secs(self.config.shutdown.drain_seconds))
            .await;
        self.store.close().await
    }

    /// Makes the operator's account with the configured key, on a database that has no key at all.
    pub async fn bootstrap_operator(&self) -> Result<()> {
        let platform = self.store.platform();
        match &self.config.operator_key {
            Some(key) if !platform.has_keys().await? => {
                let founded = self.found_operator(Some(key.clone())).await;
                // another process that starts at the same time may have been faster
                match founded {
                    Err(error) if !platform.has_keys().await? => Err(error),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// Makes the operator's account; returns the secret of its key, a random one unless it is given.
    pub async fn found_operator(&self, secret: Option<Secret>) -> Result<Secret> {
        let billing = Billing {
            monthly_token_budget: None,
            monthly_cost_budget_usd: None,
            enforcement: BudgetEnforcement::Warn,
        };
        let account = NewAccount {
            name: "Operator".to_owned(),
            tier: AccountTier::Premium,
            billing,
        };
        let key = NewApiKey {
            name: "First operator".to_owned(),
            role: Role::Operator,
            expires_at: None,
        };
        let clock = self.clock.as_ref();
        let (_, minted) = self
            .services
            .found(account, |id| match secret {
                Some(secret) => MintedKey::of(secret, clock, id, key),
                None => MintedKey::random(clock, id, key),
            })
            .await?;
        Ok(minted.secret)
    }

    fn checks(&self) -> Vec<Check> {
        let store = self.store.clone();
        let database = Check::required("database", move || {
            let store = store.clone();
            Box::pin(async move {
                match store.ping().await {
                    Ok(()) => Health::Ready,
                    Err(error) => Health::NotReady(error.message().to_owned()),
                }
            })
        });
        let models = self.engine.models().clone();
        let default = self.config.models.default.clone();
        // an agent's other models may still answer, so a missing one does not turn callers away
        let chat_model = Check::optional("chat_model", move || {
            let readiness = models
                .in_order(std::slice::from_ref(&default))
                .next()
                .map(|(_, entry)| entry.model.readiness());
            Box::pin(async move {
                match readiness {
                    Some(Readiness::Ready) => Health::Ready,
                    Some(Readiness::Starting(why) | Readiness::Missing(why)) => {
                        Health::NotReady(why)
                    }
                    None => Health::NotReady("no default chat model is configured".to_owned()),
                }
            })
        });
        vec![database, chat_model]
    }
}

/// Opens the database alone: what `troupe migrate` needs.
pub async fn open_store(config: &Config) -> Result<Store> {
    let database = &config.database;
    Store::open(&StoreOptions {
        url: database.url.clone(),
        read_url: database.read_url.clone(),
        max_connections: database.max_connections,
    })
    .await
}

/// The client that downloads: a hub answers with redirects.
pub fn download_client() -> Result<Client> {
    let client = Client::builder().connect_timeout(CONNECT).build();
    client.map_err(|error| Error::internal("building the HTTP client").because(error))
}

/// The client of everything that is asked over HTTP: no proxy from the environment, no redirects, and no timeout of its
/// own, since streams are long; callers bound what they wait for.
pub fn http_client() -> Result<Client> {
    let client = Client::builder()
        .connect_timeout(CONNECT)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build();
    client.map_err(|error| Error::internal("building the HTTP client").because(error))
}

fn models(config: &ModelsConfig, client: &Client, tracker: &TaskTracker) -> Models {
    let mut entries: BTreeMap<String, ModelEntry> = BTreeMap::new();
    for (name, model) in &config.chat {
        // a model on the CPU takes memory, so one that nothing names is not loaded
        let named = name == &config.default || config.aliases.values().any(|key| key == name);
        let entry = match model {
            ChatModelConfig::Embedded(_) if !named => continue,
            ChatModelConfig::Embedded(embedded) => {
                let limits = EngineOptions {
                    context: embedded.context_tokens,
                    batch: embedded.conversations,
                    waiting: embedded.waiting,
                    ..EngineOptions::default()
                };
                let model = EmbeddedModel::load(config.file(embedded), limits, tracker);
                ModelEntry {
                    model: Arc::new(model),
                    price: Price::default(),
                }
            }
            ChatModelConfig::OpenAi(openai) => {
                let price = Price {
                    input: openai.price_per_million_input_usd,
                    output: openai.price_per_million_output_usd,
                };
                ModelEntry {
                    model: openai_model(openai, client),
                    price,
                }
            }
        };
        entries.insert(name.clone(), entry);
    }
    for name in config.names() {
        if let Some(entry) = config
            .resolve(name)
            .and_then(|(key, _)| entries.get(key))
            .cloned()
        {
            entries.insert(name.to_owned(), entry);
        }
    }
    Models::new(entries)
}

fn openai_model(config: &OpenAiModelConfig, client: &Client) -> Arc<dyn ChatModel> {
    let seconds = Duration::from_secs;
    Arc::new(OpenAiModel::new(
        client.clone(),
        OpenAiOptions {
            base_url: config.base_url.clone(),
            api_key: config.api_key.clone(),
            model: config.model.clone(),
            context_tokens: config.context_tokens,
            timeouts: ModelTimeouts {
                first_byte: seconds(config.first_byte_seconds),
                idle: seconds(config.idle_seconds),
            },
        },
    ))
}
