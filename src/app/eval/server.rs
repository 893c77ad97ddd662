//! A server in this process, with databases that only evaluations use.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::StreamExt;
use reqwest::Client;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    account::{AgentNames, EvalAccount},
    cached_embedder::CachedEmbedder,
    case_file::{CaseFile, EvalAgent},
    client::GraphqlClient,
    isolation::isolated,
    scripted::{PROVIDER, ScriptBook, models},
};
use crate::{
    app::{
        App, ReplacedModels,
        dev::{owner_key, unbounded},
        dev_key::with_dev_key,
        open_store,
        record::RowIds,
    },
    config::Config,
    domain::{AccountId, Actor, Agent, DocumentId, DocumentStatus, Secret},
    engine::Models,
    error::{Error, Result},
    port::{Clock, Readiness},
    service::{
        DocumentInput, FollowedDocuments, NewAgent, NewGrant, Services, SetupService, TokenChange,
    },
    store::private_folder,
    toolbox::Toolbox,
};

/// The name of the keys of accounts for evaluations.
const NAME: &str = "troupe eval";

/// The time in which a model has to be loaded.
const LONGEST_LOADING: Duration = Duration::from_mins(2);
/// The interval at which a model that is being loaded is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A running server.
pub(super) struct EvalServer {
    services: Arc<Services>,
    setup: SetupService,
    clock: Arc<dyn Clock>,
    http: Client,
    url: String,
    /// The scripts, if its models are scripted.
    pub(super) book: Option<Arc<ScriptBook>>,
    stop: CancellationToken,
    served: JoinHandle<Result<()>>,
}

impl EvalServer {
    /// Starts a server over a database in `folder`, with scripted or with the configured models.
    pub(super) async fn start(
        config: &Config,
        folder: &Path,
        http: &Client,
        book: Option<Arc<ScriptBook>>,
    ) -> Result<Self> {
        private_folder(folder)?;
        let config = with_dev_key(isolated(config, folder.to_owned()))?;
        let store = open_store(&config).await?;
        store.migrate_up().await?;
        store.close().await?;
        let replaced = ReplacedModels {
            chat: book.as_ref().map(|book| models(&config.models, book)),
            embedder: Some(CachedEmbedder::around),
        };
        let app = App::open_with(config.clone(), replaced).await?;
        await_model(app.engine.models(), &config.models.default).await?;
        app.setup.publish_shipped(&config.templates).await?;
        app.setup.register_built_in().await?;
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listening = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = listening
            .map_err(|error| Error::unavailable(format!("opening a local port failed: {error}")))?;
        let stop = CancellationToken::new();
        Ok(Self {
            services: Arc::clone(&app.services),
            setup: app.setup.clone(),
            clock: Arc::clone(&app.clock),
            http: http.clone(),
            url: format!("http://{address}"),
            book,
            served: TaskTracker::new().spawn(app.serve(listener, stop.clone())),
            stop,
        })
    }

    /// Stops the server, and waits for its end.
    pub(super) async fn stop(self) -> Result<()> {
        self.stop.cancel();
        // the tasks of the engine end with the last handles of the services
        drop((self.services, self.setup));
        self.served.await.map_err(|error| {
            Error::internal("stop the server of the evaluation").with_source(error)
        })?
    }

    /// Creates an account with the agents, documents and rows of a file.
    pub(super) async fn open_account(&self, file: &CaseFile) -> Result<EvalAccount> {
        let created = self.setup.create_account(unbounded(NAME), |id| {
            owner_key(self.clock.as_ref(), id, NAME)
        });
        let (account, key) = created.await?;
        let owner = Actor::of_key(&key.key);
        if self.book.is_some() {
            self.identify(&owner, account.id).await?;
        }
        let mut names = AgentNames::default();
        let mut documents = Vec::new();
        for agent in &file.agents {
            let created = self.create_agent(&owner, agent).await?;
            names.insert(&agent.slug, &created.id.to_string());
            documents.extend(self.ingest(&owner, agent, &created).await?);
        }
        for document in documents {
            self.await_document(&owner, document).await?;
        }
        if file.agents.len() > 1 {
            self.await_routing(&owner).await?;
        }
        Ok(EvalAccount {
            client: GraphqlClient::new(&self.http, &self.url, key.secret),
            id: account.id.to_string(),
            names,
            rows: RowIds::make(&self.services, &owner, &file.records).await?,
            book: self.book.clone(),
        })
    }

    /// Gives the account a key that tells scripted models who asks.
    async fn identify(&self, owner: &Actor, account: AccountId) -> Result<()> {
        let key = Secret::new(account.to_string());
        self.services
            .provider_keys
            .set(owner, PROVIDER, key)
            .await?;
        Ok(())
    }

    async fn create_agent(&self, owner: &Actor, agent: &EvalAgent) -> Result<Agent> {
        let new = NewAgent {
            template: agent.template.clone(),
            template_version: agent.version.clone(),
            tier: agent.tier.clone(),
            name: agent.name.clone().unwrap_or_else(|| agent.slug.clone()),
            slug: Some(agent.slug.clone()),
            configuration: Some(agent.configuration.clone().into()),
            fallback: None,
            activate: true,
        };
        let created = self.services.agents.create(owner, new).await?;
        for grant in &agent.grants {
            let grant = NewGrant {
                agent: created.id,
                server: Toolbox::id(&grant.server),
                tools: grant.tools.clone(),
                policy: grant.policy.into(),
                token: TokenChange::Keep,
            };
            self.services.tool_grants.grant(owner, grant).await?;
        }
        Ok(created)
    }

    /// Waits until messages are compared with the agents' skills: a message that comes earlier is routed without them.
    async fn await_routing(&self, owner: &Actor) -> Result<()> {
        let route = self.services.routes.preview(owner, "Hello", None).await?;
        if route.threshold.is_some() {
            return Ok(());
        }
        let why = &route.explanation;
        Err(Error::unavailable(format!(
            "the router does not compare skills: {why}"
        )))
    }

    /// Starts reading an agent's documents.
    async fn ingest(
        &self,
        owner: &Actor,
        agent: &EvalAgent,
        created: &Agent,
    ) -> Result<Vec<DocumentId>> {
        let mut ids = Vec::new();
        for document in &agent.documents {
            let input = DocumentInput {
                agent: created.id,
                title: document.title.clone(),
                text: Some(document.text.clone()),
                url: None,
                source: Some(document.title.clone()),
                content_base64: None,
                file: None,
                media_type: None,
            };
            ids.push(self.services.documents.ingest(owner, input).await?.id);
        }
        Ok(ids)
    }

    /// Waits until a document is searchable.
    async fn await_document(&self, owner: &Actor, id: DocumentId) -> Result<()> {
        let mut progress = self
            .services
            .documents
            .progress(owner, FollowedDocuments::One(id))
            .await?;
        while let Some(document) = progress.next().await {
            let document = document?;
            if document.status == DocumentStatus::Failed {
                let title = &document.title;
                return Err(Error::unavailable(format!(
                    "reading the document \"{title}\" failed: {}",
                    document.error.unwrap_or_default()
                )));
            }
        }
        Ok(())
    }
}

/// Waits until a chat model is loaded.
async fn await_model(models: &Models, name: &str) -> Result<()> {
    let began = Instant::now();
    let readiness = || {
        let found = models.readiness();
        let mut found = found.into_iter().filter(|(model, _)| model == name);
        found.next().map(|(_, readiness)| readiness)
    };
    loop {
        match readiness() {
            None | Some(Readiness::Ready) => return Ok(()),
            Some(Readiness::Starting(_)) if began.elapsed() < LONGEST_LOADING => {
                tokio::time::sleep(LOOK).await;
            }
            Some(Readiness::Starting(why) | Readiness::Missing(why)) => {
                return Err(Error::unavailable(format!(
                    "the model \"{name}\" cannot answer: {why}"
                )));
            }
        }
    }
}
