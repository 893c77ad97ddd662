//! The composition root: the only module that knows every layer.

mod background;
pub mod check;
mod database;
mod demo;
pub mod dev;
pub mod dev_key;
pub mod eval;
pub mod keys;
mod knowledge;
pub mod log;
mod metrics;
mod models;
mod operator;
pub mod outgoing;
mod probes;
mod readiness;
mod record;
mod replaced_models;
mod running;
mod shared;
mod tokens;
mod tools;
mod traces;
pub mod training_export;
mod watch;
pub mod watchdog;

use std::sync::Arc;

use futures::FutureExt;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use self::replaced_models::ReplacedModels;
use self::{
    background::JobInputs,
    knowledge::{KnowledgeInputs, webhook_sender},
    models::ModelParts,
    outgoing::http_client,
    running::{Running, classes},
    shared::Shared,
    watch::{ConfigStatus, ConfigWatch, LiveParts, LiveSettings},
};
pub use self::{database::open_store, operator::OperatorAccount};
use crate::{
    config::Config,
    domain::LatencyClass,
    engine::{Engine, EngineParts},
    error::Result,
    graphql::Api,
    http::{self, HttpParts, HttpState, OpenConnections},
    jobs::Jobs,
    knowledge::EmbeddingRenewal,
    metrics::Metrics,
    port::{Clock, SystemClock},
    routing::{Router, RouterParts},
    schema_checker::SchemaChecker,
    service::{AuditHeads, CacheInvalidation, ServiceParts, Services, SetupService},
    store::Store,
    toolbox::Toolbox,
    webhooks::DeliveryWatch,
};

/// All parts of one process, composed. Only the loading of models has started.
pub struct App {
    /// The use cases.
    pub services: Arc<Services>,
    /// Prepares the tables for the first request.
    pub setup: SetupService,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
    store: Store,
    renewal: EmbeddingRenewal,
    engine: Engine,
    jobs: Jobs,
    shared: Shared,
    /// The settings of the start.
    config: Arc<Config>,
    live: Box<LiveSettings>,
    config_status: ConfigStatus,
    metrics: Metrics,
    tracker: TaskTracker,
}

impl App {
    /// Opens the database, whose tables must be of this version, and composes the parts.
    pub async fn open(config: Config) -> Result<Self> {
        Box::pin(Self::compose(config, ReplacedModels::default())).await
    }

    /// Composes the parts, with other models than the configured ones.
    pub(crate) async fn open_with(config: Config, replaced: ReplacedModels) -> Result<Self> {
        Box::pin(Self::compose(config, replaced)).await
    }

    #[expect(
        clippy::too_many_lines,
        reason = "a list of parts, read from top to bottom"
    )]
    async fn compose(config: Config, replaced: ReplacedModels) -> Result<Self> {
        let store = database::patiently(|| open_store(&config).boxed()).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let tracker = TaskTracker::new();
        let metrics = Metrics::default();
        let live = LiveParts::new(&config);
        let shared = Shared::open(&config, &live.remote_models, &tracker)?;
        let feed = shared.feed(&store, &tracker);
        let client = http_client()?;
        let embedder = replaced.around(models::embedder(&config.models, &client, &tracker)?);
        let inputs = KnowledgeInputs {
            store: &store,
            client: &client,
            clock: &clock,
            embedder: &embedder,
            announcements: &shared.announcements,
            metrics: &metrics.jobs,
        };
        let knowledge = knowledge::knowledge(&config, &inputs)?;
        let schemas = SchemaChecker::new();
        let searched = knowledge.search.clone();
        let toolbox = Toolbox::new(store.clone(), searched, Arc::clone(&clock), schemas.clone());
        let tools = tools::tool_host(&config, Arc::new(toolbox.clone()), &tracker)?;
        let vault = knowledge::vault(&config);
        let verifier = tokens::verifier(&config, &clock, &tracker)?;
        let tokens = tokens::token_access(&config, &store, &clock, &verifier);
        let model_parts = ModelParts {
            client: client.clone(),
            tracker: tracker.clone(),
            circuits: Arc::clone(&shared.circuits),
            metrics: Arc::clone(&metrics.models),
        };
        let models = match replaced.chat {
            Some(models) => models,
            None => models::models(&config.models, &model_parts)?,
        };
        let engine = Engine::new(EngineParts {
            store: store.clone(),
            feed: feed.clone(),
            models,
            knowledge: knowledge.clone(),
            tools: Arc::clone(&tools),
            schemas: schemas.clone(),
            vault: Arc::clone(&vault),
            announcements: Arc::clone(&shared.announcements),
            clock: Arc::clone(&clock),
            tracker: tracker.clone(),
            classes: classes(config.mode),
            queue: Arc::clone(&shared.queue),
            metrics: Arc::clone(&metrics.runs),
            traces: traces::traces(&config, &client, &clock, &metrics, &tracker)?,
            config: live.runs.clone(),
            app_settings: live.app_settings.clone(),
        });
        let webhooks = webhook_sender(&config)?;
        let jobs = background::jobs(
            &config,
            &JobInputs {
                store: &store,
                feed: &feed,
                engine: &engine,
                knowledge: &knowledge,
                vault: &vault,
                webhooks: &webhooks,
                shared: &shared,
                clock: &clock,
                tracker: &tracker,
                metrics: &metrics.jobs,
            },
        );
        let renewal = knowledge.renewal.clone();
        let setup = SetupService::new(store.clone(), toolbox.clone(), Arc::clone(&clock));
        let services = Arc::new(Services::new(ServiceParts {
            access: tokens::access(&store, &clock, &shared, tokens),
            store: store.clone(),
            feed,
            engine: engine.clone(),
            knowledge,
            router: Router::new(RouterParts {
                embedder,
                tracker: tracker.clone(),
            }),
            operations: http::operation_checker(&config.http),
            verifier,
            tools,
            vault,
            webhooks,
            toolbox,
            schemas,
            queue: Arc::clone(&shared.queue),
            announcements: Arc::clone(&shared.announcements),
            limiter: Arc::clone(&shared.limiter),
            limits: live.limits.clone(),
            clock: Arc::clone(&clock),
            app_settings: live.app_settings.clone(),
            metrics: Arc::clone(&metrics.http),
            tracker: tracker.clone(),
            closing: CancellationToken::new(),
        }));
        let live = LiveSettings {
            parts: live,
            models: engine.models().clone(),
            store: store.clone(),
            setup: setup.clone(),
            model_parts,
        };
        Ok(Self {
            services,
            setup,
            clock,
            store,
            renewal,
            engine,
            jobs,
            shared,
            config: live.parts.config.get(),
            live: Box::new(live),
            config_status: ConfigStatus::default(),
            metrics,
            tracker,
        })
    }

    /// Publishes the templates, answers runs and serves requests until `shutdown` is cancelled, then ends requests,
    /// runs and connections, in this order.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) -> Result<()> {
        database::prepare(&self.config, &self.store, &self.setup).await?;
        self.supervise(&shutdown);
        let sessions = OpenConnections::default();
        let (probes, ended) = probes::start(&self, Some(&sessions)).await?;
        let state = HttpState::new(HttpParts {
            api: Api::new(Arc::clone(&self.services)),
            access: Arc::new(self.services.access.clone()),
            services: Arc::clone(&self.services),
            sessions: sessions.clone(),
            cache: Arc::clone(&self.shared.cache),
            config: self.config.http.clone(),
            largest_upload: self.config.knowledge.largest_document(),
            clock: Arc::clone(&self.clock),
            tasks: self.tracker.clone(),
            probes,
            probe_port: probes::port(&self.config),
            metrics: Arc::clone(&self.metrics.http),
        })?;
        let revocations = http::RevocationTask {
            access: self.services.access.clone(),
            connections: sessions,
            clock: Arc::clone(&self.clock),
        };
        let invalidation = CacheInvalidation {
            operations: self.services.operation_sets.clone(),
            origins: self.services.public_origins.clone(),
        };
        let announced = || self.shared.announcements.listen_all();
        self.spawn_until(&shutdown, revocations.run(announced()));
        self.spawn_until(&shutdown, invalidation.run(announced()));
        let serving = self.into_running(ended).serve(listener, state, shutdown);
        // boxed: a large future
        Box::pin(serving).await
    }

    /// Answers queued runs and takes over lost ones until `shutdown` is cancelled and the process's own runs have
    /// ended.
    pub async fn work(self, shutdown: CancellationToken) -> Result<()> {
        database::patiently(|| database::check(&self.config, &self.store).boxed()).await?;
        self.supervise(&shutdown);
        let (probes, ended) = probes::start(&self, None).await?;
        tracing::info!("working");
        self.into_running(ended).work(shutdown, probes).await
    }

    /// The parts that have to end in order. The others are dropped: their tasks end with them.
    fn into_running(self, ended: CancellationToken) -> Running {
        Running {
            ended,
            jobs: self.jobs,
            engine: self.engine,
            tracker: self.tracker,
            store: self.store,
            config: self.config.shutdown.clone(),
        }
    }

    /// Starts the background tasks: runs, including those whose process died, and announcements; in a worker also jobs,
    /// the daily heads of the audit logs, and the embedding after a change of the model.
    fn supervise(&self, shutdown: &CancellationToken) {
        self.engine.supervise();
        self.follow_files(shutdown);
        // background jobs are for workers, like deep runs
        if classes(self.config.mode).contains(&LatencyClass::Deep) {
            self.jobs.work();
            let heads = AuditHeads::new(self.store.clone(), Arc::clone(&self.clock));
            self.spawn_until(shutdown, heads.run());
            let deliveries = DeliveryWatch {
                store: self.store.clone(),
                queue: Arc::clone(&self.shared.queue),
                clock: Arc::clone(&self.clock),
            };
            self.spawn_until(shutdown, deliveries.run());
            let renewal = self.renewal.clone();
            self.tracker.spawn(async move {
                if let Err(error) = renewal.begin().await {
                    tracing::warn!(error = error.message(), cause = error.cause(), "embedding anew what another model has embedded failed; it is tried at the next start");
                }
            });
        }
        let engine = self.engine.clone();
        let announcements = self.shared.announcements.listen_all();
        self.spawn_until(shutdown, async move {
            engine.handle_announcements(announcements).await;
        });
    }

    /// Follows the files of the configuration, if it is that of files.
    fn follow_files(&self, shutdown: &CancellationToken) {
        let read_from = &self.config.read_from;
        if let Some(source) = read_from.source.clone() {
            let watch = ConfigWatch {
                source,
                settings: (*self.live).clone(),
                status: self.config_status.clone(),
                tracker: self.tracker.clone(),
            };
            self.spawn_until(shutdown, watch.run(read_from.files.clone()));
        }
    }

    /// Runs a background task until it ends or the process shuts down.
    fn spawn_until(
        &self,
        shutdown: &CancellationToken,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let ended = shutdown.clone();
        self.tracker
            .spawn(async move { ended.run_until_cancelled(task).await });
    }

    /// The operator's account with its first key.
    pub fn operator(&self) -> OperatorAccount<'_> {
        OperatorAccount {
            setup: &self.setup,
            store: &self.store,
            clock: self.clock.as_ref(),
            configured: self.config.operator_key.as_ref(),
        }
    }
}
