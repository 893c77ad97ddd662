//! The composition root: the only module that knows every layer.

use std::{sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    checks::checks,
    config::{Config, Mode},
    domain::LatencyClass,
    engine::{Engine, EngineParts, Feed},
    error::{Error, Result},
    graphql::Api,
    http::{self, HttpParts, HttpState, Sessions},
    jobs::{JobParts, Jobs},
    knowledge::Knowledge,
    knowledge_parts, models,
    operator::OperatorAccount,
    outgoing::http_client,
    port::{Clock, SystemClock},
    schema_checker::SchemaChecker,
    service::{Access, AuditCheck, AuditHeads, ServiceParts, Services},
    shared::{self, Shared},
    store::{Store, StoreOptions, TableRunLog},
    tool_parts::tool_host,
    toolbox::Toolbox,
};

/// All parts of one process, composed. Only the loading of models has started.
pub struct App {
    /// The use cases.
    pub services: Arc<Services>,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
    store: Store,
    knowledge: Knowledge,
    engine: Engine,
    jobs: Jobs,
    shared: Shared,
    config: Config,
    tracker: TaskTracker,
}

impl App {
    /// Opens the database, whose tables must be of this version, and composes the parts.
    #[expect(
        clippy::too_many_lines,
        reason = "a list of parts, read from top to bottom"
    )]
    pub async fn open(config: Config) -> Result<Self> {
        let store = open_store(&config).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let tracker = TaskTracker::new();
        let shared = Shared::open(&config, &tracker)?;
        let feed = feed(&store, &shared, &tracker);
        let client = http_client()?;
        let knowledge = knowledge_parts::knowledge(&config, &store, &client, &clock, &tracker)?;
        let jobs = Jobs::new(JobParts {
            store: store.clone(),
            queue: Arc::clone(&shared.queue),
            clock: Arc::clone(&clock),
            tracker: tracker.clone(),
            handlers: vec![Arc::new(knowledge.clone())],
            limits: knowledge_parts::job_limits(&config.jobs),
        });
        let schemas = SchemaChecker::new();
        let toolbox = Toolbox::new(store.clone(), Arc::clone(&clock), schemas.clone());
        let tools = tool_host(&config, Arc::new(toolbox.clone()), &tracker)?;
        let vault = knowledge_parts::vault(&config);
        let engine = Engine::new(EngineParts {
            store: store.clone(),
            feed: feed.clone(),
            models: models::models(&config.models, &client, &tracker),
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
        let services = Arc::new(Services::new(ServiceParts {
            access: access(&store, &clock, &shared),
            store: store.clone(),
            feed,
            engine: engine.clone(),
            knowledge: knowledge.clone(),
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
            clock,
            store,
            knowledge,
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
        self.services
            .setup
            .publish_shipped(&self.config.templates)
            .await?;
        self.services.setup.register_built_in().await?;
        self.supervise(&shutdown);
        let sessions = Sessions::default();
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
        })?;
        let revocations = http::heed_revocations(
            self.shared.announcements.listen_all(),
            self.services.access.clone(),
            sessions,
        );
        let ended = shutdown.clone();
        self.tracker
            .spawn(async move { ended.run_until_cancelled(revocations).await });
        let Self {
            services,
            engine,
            jobs,
            config,
            store,
            shared,
            ..
        } = self;
        // these hold parts whose tasks end when the last handle is dropped
        drop((services, shared));
        let grace = Duration::from_secs(config.shutdown.drain_seconds);
        let deadline = Duration::from_secs(config.shutdown.deadline_seconds);
        // moved into the task: the log's writer ends with the engine
        let drained = async move {
            // a job passes to another process at once, and a run may use the grace period
            jobs.shut_down().await;
            engine.shut_down(grace).await;
        };
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

    /// Answers queued runs and takes over lost ones until `shutdown` is cancelled and the process's own runs have
    /// ended.
    pub async fn work(self, shutdown: CancellationToken) -> Result<()> {
        self.check_tables().await?;
        self.supervise(&shutdown);
        tracing::info!("working");
        shutdown.cancelled().await;
        let Self {
            services,
            engine,
            jobs,
            config,
            store,
            shared,
            tracker,
            ..
        } = self;
        drop((services, shared));
        let deadline = Duration::from_secs(config.shutdown.deadline_seconds);
        let ended = tokio::time::timeout(deadline, async {
            jobs.shut_down().await;
            drop(jobs);
            engine
                .shut_down(Duration::from_secs(config.shutdown.drain_seconds))
                .await;
            // the log's writers end with the engine
            drop(engine);
            tracker.close();
            tracker.wait().await;
        });
        if ended.await.is_err() {
            tracing::warn!("not everything came to its end in time");
        }
        store.close().await
    }

    /// Starts the background tasks: runs, including those that other processes have lost, cancellations, and jobs.
    fn supervise(&self, shutdown: &CancellationToken) {
        self.engine.supervise();
        // background jobs are for workers, like deep runs
        if classes(self.config.mode).contains(&LatencyClass::Deep) {
            self.jobs.work();
            let heads = AuditHeads::new(self.store.clone(), Arc::clone(&self.clock));
            let ended = shutdown.clone();
            self.tracker.spawn(async move {
                ended.run_until_cancelled(heads.run()).await;
            });
            let knowledge = self.knowledge.clone();
            self.tracker.spawn(async move {
                if let Err(error) = knowledge.embed_anew().await {
                    tracing::warn!(error = error.message(), cause = error.cause(), "embedding anew what another model has embedded failed; it is tried at the next start");
                }
            });
        }
        let (engine, ended) = (self.engine.clone(), shutdown.clone());
        let announcements = self.shared.announcements.listen_all();
        self.tracker.spawn(async move {
            ended
                .run_until_cancelled(engine.handle_announcements(announcements))
                .await;
        });
    }

    fn checks(&self) -> Vec<http::Check> {
        let Self {
            store,
            clock,
            engine,
            config,
            shared,
            ..
        } = self;
        checks(store, clock, engine, config, shared)
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
            services: &self.services,
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

/// The service that authenticates callers.
fn access(store: &Store, clock: &Arc<dyn Clock>, shared: &Shared) -> Access {
    Access::new(
        store.clone(),
        Arc::clone(clock),
        Arc::clone(&shared.announcements),
    )
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

/// Migrates the tables to this version and returns the steps. When this gives audit logs their keys, the logs of a
/// SQLite database are sealed at once: no older process can be writing to them.
pub async fn migrate_up(store: &Store, tell: &(dyn Fn(&str) + Sync)) -> Result<Vec<String>> {
    let steps = store.migrate_up().await?;
    let keys_audit = steps.iter().any(|step| step.ends_with("key_audit"));
    if keys_audit && store.is_embedded() && store.audit_keys().current().is_some() {
        let check = AuditCheck {
            store,
            clock: &SystemClock,
            tell,
        };
        check.seal(None).await?;
    }
    Ok(steps)
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
        .with_audit_keys(knowledge_parts::audit_keys(config))
        .with_quotas(config.quotas.clone()))
}
