//! The composition root: the only module that knows every layer.

mod demo;
pub mod dev;
pub mod dev_key;
pub mod eval;
mod knowledge;
mod metrics;
mod models;
mod operator;
pub mod outgoing;
mod readiness;
mod record;
mod replaced_models;
mod running;
mod shared;
mod tokens;
mod tools;
pub mod watchdog;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::operator::OperatorAccount;
pub(crate) use self::replaced_models::ReplacedModels;
use self::{knowledge::KnowledgeInputs, outgoing::http_client, running::Running, shared::Shared};
use crate::{
    config::{Config, Mode},
    domain::LatencyClass,
    engine::{Engine, EngineParts, Feed, RunCanceller},
    erasure::{AccountDeletionJobs, EndUserErasureJobs, ErasureParts},
    error::{Error, Result},
    graphql::Api,
    http::{self, HttpParts, HttpState, OpenConnections},
    jobs::{JobParts, Jobs},
    knowledge::EmbeddingRenewal,
    persona::{PersonaJobs, PersonaParts},
    port::{Clock, SystemClock},
    routing::{Router, RouterParts},
    schema_checker::SchemaChecker,
    service::{AuditHeads, CacheInvalidation, ServiceParts, Services, SetupService},
    store::{Store, StoreOptions, TableRunLog},
    toolbox::Toolbox,
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
    config: Config,
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
        let store = open_store(&config).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let tracker = TaskTracker::new();
        let shared = Shared::open(&config, &tracker)?;
        let feed = feed(&store, &shared, &tracker);
        let client = http_client()?;
        let embedder = replaced.around(models::embedder(&config.models, &client, &tracker)?);
        let inputs = KnowledgeInputs {
            store: &store,
            client: &client,
            clock: &clock,
            embedder: &embedder,
            announcements: &shared.announcements,
        };
        let knowledge = knowledge::knowledge(&config, &inputs)?;
        let schemas = SchemaChecker::new();
        let toolbox = Toolbox::new(store.clone(), Arc::clone(&clock), schemas.clone());
        let tools = tools::tool_host(&config, Arc::new(toolbox.clone()), &tracker)?;
        let vault = knowledge::vault(&config);
        let verifier = tokens::verifier(&config, &clock, &tracker)?;
        let tokens = tokens::token_access(&config, &store, &clock, &verifier);
        let models = match replaced.chat {
            Some(models) => models,
            None => models::models(&config.models, &client, &tracker, &shared.circuits)?,
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
            config: config.runs.clone(),
            app_settings: config.agents.configuration.clone(),
        });
        let personas = PersonaJobs::new(PersonaParts {
            store: store.clone(),
            engine: engine.clone(),
            announcements: Arc::clone(&shared.announcements),
            clock: Arc::clone(&clock),
        });
        let erasures = ErasureParts {
            store: store.clone(),
            feed: feed.clone(),
            canceller: RunCanceller::new(engine.clone()),
            announcements: Arc::clone(&shared.announcements),
            clock: Arc::clone(&clock),
        };
        let jobs = Jobs::new(JobParts {
            store: store.clone(),
            queue: Arc::clone(&shared.queue),
            clock: Arc::clone(&clock),
            tracker: tracker.clone(),
            handlers: vec![
                Arc::new(knowledge.jobs.clone()),
                Arc::new(personas),
                Arc::new(EndUserErasureJobs(erasures.clone())),
                Arc::new(AccountDeletionJobs(erasures)),
            ],
            limits: knowledge::job_limits(&config.jobs),
        });
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
            toolbox,
            schemas,
            queue: Arc::clone(&shared.queue),
            announcements: Arc::clone(&shared.announcements),
            limiter: Arc::clone(&shared.limiter),
            limits: shared::limits(&config.limits),
            clock: Arc::clone(&clock),
            app_settings: config.agents.configuration.clone(),
        }));
        Ok(Self {
            services,
            setup,
            clock,
            store,
            renewal,
            engine,
            jobs,
            shared,
            config,
            tracker,
        })
    }

    /// Publishes the templates, answers runs and serves requests until `shutdown` is cancelled, then ends requests,
    /// runs and connections, in this order.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) -> Result<()> {
        self.check_tables().await?;
        self.setup.publish_shipped(&self.config.templates).await?;
        self.setup.register_built_in().await?;
        self.supervise(&shutdown);
        let sessions = OpenConnections::default();
        let state = HttpState::new(HttpParts {
            api: Api::new(Arc::clone(&self.services)),
            access: Arc::new(self.services.access.clone()),
            services: Arc::clone(&self.services),
            sessions: sessions.clone(),
            cache: Arc::clone(&self.shared.cache),
            config: self.config.http.clone(),
            clock: Arc::clone(&self.clock),
            tasks: self.tracker.clone(),
            checks: self.checks(),
            metrics: vec![metrics::circuits(
                &self.config.models,
                &self.shared.circuits,
            )],
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
        self.into_running().serve(listener, state, shutdown).await
    }

    /// Answers queued runs and takes over lost ones until `shutdown` is cancelled and the process's own runs have
    /// ended.
    pub async fn work(self, shutdown: CancellationToken) -> Result<()> {
        self.check_tables().await?;
        self.supervise(&shutdown);
        tracing::info!("working");
        self.into_running().work(shutdown).await
    }

    /// The parts that have to end in order. The others are dropped: their tasks end with them.
    fn into_running(self) -> Running {
        Running {
            jobs: self.jobs,
            engine: self.engine,
            tracker: self.tracker,
            store: self.store,
            config: self.config.shutdown,
        }
    }

    /// Starts the background tasks: runs, including those whose process died, and announcements; in a worker also jobs,
    /// the daily heads of the audit logs, and the embedding after a change of the model.
    fn supervise(&self, shutdown: &CancellationToken) {
        self.engine.supervise();
        // background jobs are for workers, like deep runs
        if classes(self.config.mode).contains(&LatencyClass::Deep) {
            self.jobs.work();
            let heads = AuditHeads::new(self.store.clone(), Arc::clone(&self.clock));
            self.spawn_until(shutdown, heads.run());
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

    fn checks(&self) -> Vec<http::HealthCheck> {
        let Self {
            store,
            clock,
            engine,
            config,
            shared,
            ..
        } = self;
        readiness::checks(store, clock, engine, config, shared)
    }

    async fn check_tables(&self) -> Result<()> {
        if self.store.is_migrated().await? {
            return Ok(());
        }
        Err(Error::unavailable(
            "the database's tables are not those of this version: run `troupe migrate up`",
        ))
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

/// The event log: the durable log in the tables, and the stream log if processes share one.
fn feed(store: &Store, shared: &Shared, tracker: &TaskTracker) -> Feed {
    let kept = Arc::new(TableRunLog(store.clone()));
    Feed::start(kept, shared.log.clone(), tracker)
}

/// The latency classes that this role answers: deep runs are for workers, which also take over lost runs of web
/// processes.
fn classes(mode: Mode) -> Vec<LatencyClass> {
    match mode {
        Mode::Serve => vec![LatencyClass::Interactive],
        Mode::Dev | Mode::Worker | Mode::Migrate | Mode::Check | Mode::Fetch => {
            vec![LatencyClass::Interactive, LatencyClass::Deep]
        }
    }
}

/// Opens only the database, for `troupe migrate`.
pub async fn open_store(config: &Config) -> Result<Store> {
    let database = &config.database;
    let store = Store::open(&StoreOptions {
        url: database.url.clone(),
        read_url: database.read_url.clone(),
        max_connections: database.max_connections,
    })
    .await?;
    Ok(store
        .with_audit_keys(knowledge::audit_keys(config))
        .with_quotas(config.quotas.clone()))
}
