//! One process of the program, with one agent whose knowledge is the documents.

use std::{
    collections::{BTreeMap, HashMap},
    env, fs,
    path::PathBuf,
    sync::Arc,
};

use futures::TryStreamExt;
use serde_json::{Map, Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use troupe::{
    app::{self, dev},
    config::{Config, Mode, Source as Settings},
    domain::{
        AccountTier, Actor, Agent, Billing, BudgetEnforcement, Ceiling, DocumentId, DocumentStatus,
        Passage, Role, ScoredPassage,
    },
    error::Error,
    port::{Clock, SystemClock},
    service::{
        AgentChange, DocumentInput, FollowedDocuments, MintedKey, NewAccount, NewAgent, NewApiKey,
        Services, SetupService,
    },
    store::Store,
};
use uuid::Uuid;

use crate::{Result, failure, questions::Source};

/// An upper bound on the documents' passages.
const MOST_PASSAGES: u64 = 200_000;

/// The weights of the two kinds of search.
#[derive(Clone, Copy)]
pub(crate) struct Weights {
    /// The weight of the search by vectors.
    pub(crate) vector: f64,
    /// The weight of the search by words.
    pub(crate) text: f64,
}

/// A process with a temporary data folder.
pub(crate) struct Library {
    services: Arc<Services>,
    store: Store,
    actor: Actor,
    agent: Agent,
    /// The paths of the documents.
    paths: HashMap<DocumentId, String>,
    folder: PathBuf,
    shutdown: CancellationToken,
    work: JoinHandle<troupe::error::Result<()>>,
}

impl Library {
    /// Starts a process with an empty agent over the database with this URL, or a SQLite file of its own; `settings` are
    /// environment variables.
    pub(crate) async fn open(
        database: Option<&str>,
        settings: &[(&'static str, String)],
    ) -> Result<Self> {
        let folder = env::temp_dir().join(format!("troupe-{}", Uuid::now_v7().simple()));
        fs::create_dir_all(&folder)?;
        let mut environment: BTreeMap<String, String> = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        if let Some(url) = database {
            environment.insert("TROUPE_DATABASE_URL".to_owned(), url.to_owned());
        }
        let config = Config::load(&Settings {
            environment,
            folder: folder.clone(),
            data_dir: Some(folder.clone()),
            program: Some(env!("CARGO_BIN_EXE_troupe").into()),
            ..Settings::new(Mode::Dev)
        })?;
        let templates = config.templates.clone();
        let app = Box::pin(dev::open(config.clone())).await.map_err(failure)?;
        let store = app::open_store(&config).await.map_err(failure)?;
        let services = Arc::clone(&app.services);
        app.setup
            .publish_shipped(&templates)
            .await
            .map_err(failure)?;
        let (actor, agent) = inhabit(&services, &app.setup).await.map_err(failure)?;
        let shutdown = CancellationToken::new();
        let working = app.work(shutdown.clone());
        let work = tokio::runtime::Handle::current().spawn(working);
        Ok(Self {
            services,
            store,
            actor,
            agent,
            paths: HashMap::new(),
            folder,
            shutdown,
            work,
        })
    }

    /// Ingests a document, and waits until it is searchable.
    pub(crate) async fn ingest(&mut self, source: &Source) -> Result<()> {
        let input = DocumentInput {
            agent: self.agent.id,
            title: source.path.clone(),
            text: Some(source.text.clone()),
            url: None,
            source: Some(source.path.clone()),
            content_base64: None,
            file: None,
            media_type: Some(source.media_type.to_owned()),
        };
        let taken = self.services.documents.ingest(&self.actor, input).await;
        let id = taken.map_err(failure)?.id;
        self.paths.insert(id, source.path.clone());
        let followed = FollowedDocuments::One(id);
        let followed = self
            .services
            .documents
            .progress(&self.actor, followed)
            .await;
        let seen: Vec<_> = followed
            .map_err(failure)?
            .try_collect()
            .await
            .map_err(failure)?;
        match seen.last() {
            Some(document) if document.status == DocumentStatus::Ready => Ok(()),
            last => {
                let why = last.and_then(|document| document.error.clone());
                let why = why.unwrap_or_else(|| "it was not read".to_owned());
                Err(format!("{}: {why}", source.path).into())
            }
        }
    }

    /// The searchable passages of the agent.
    pub(crate) async fn passages(&self) -> Result<Vec<Passage>> {
        let rows = self.store.tenant(self.actor.account());
        let passages = rows.served_passages_after(self.agent.id, None, MOST_PASSAGES);
        passages.await.map_err(failure)
    }

    /// The path of a document.
    pub(crate) fn path_of(&self, document: DocumentId) -> &str {
        self.paths.get(&document).map_or("", String::as_str)
    }

    /// Sets the weights of the search; `None` for the defaults of an agent. The minimum score is 0.
    pub(crate) async fn search_by(&self, weights: Option<Weights>) -> Result<()> {
        let mut settings = Map::from_iter([("knowledgeMinimumScore".to_owned(), json!(0))]);
        if let Some(weights) = weights {
            settings.insert("knowledgeVectorWeight".to_owned(), json!(weights.vector));
            settings.insert("knowledgeTextWeight".to_owned(), json!(weights.text));
        }
        let change = AgentChange {
            configuration: Some(Value::Object(settings)),
            ..AgentChange::default()
        };
        let changed = self
            .services
            .agents
            .update(&self.actor, self.agent.id, change)
            .await;
        changed.map_err(failure)?;
        Ok(())
    }

    /// The passages found, the best first.
    pub(crate) async fn search(&self, question: &str, most: u32) -> Result<Vec<ScoredPassage>> {
        let found = self.services.documents.search(
            &self.actor,
            self.agent.id,
            question,
            i32::try_from(most)?,
        );
        found.await.map_err(failure)
    }

    /// Stops the process and deletes its files.
    pub(crate) async fn close(self) -> Result<()> {
        // the shutdown waits for every handle to its parts
        drop(self.services);
        self.store.close().await.map_err(failure)?;
        self.shutdown.cancel();
        self.work.await?.map_err(failure)?;
        Ok(fs::remove_dir_all(&self.folder)?)
    }
}

/// Creates an account with one agent.
async fn inhabit(
    services: &Services,
    setup: &SetupService,
) -> std::result::Result<(Actor, Agent), Error> {
    let account = NewAccount {
        name: "Bench".to_owned(),
        tier: AccountTier::Premium,
        billing: Billing {
            monthly_token_budget: None,
            monthly_cost_budget_usd: None,
            enforcement: BudgetEnforcement::Warn,
        },
        ceiling: Ceiling::default(),
    };
    let first = NewApiKey {
        name: "first".to_owned(),
        role: Role::Owner,
        expires_at: None,
    };
    let clock: &dyn Clock = &SystemClock;
    let founded = setup.create_account(account, |id| MintedKey::random(clock, id, first));
    let (_, owner) = founded.await?;
    let actor = Actor::of_key(&owner.key);
    let new = NewAgent {
        template: "support_agent".to_owned(),
        template_version: None,
        tier: "standard".to_owned(),
        name: "Support".to_owned(),
        slug: None,
        configuration: None,
        fallback: None,
        activate: true,
    };
    let agent = services.agents.create(&actor, new).await?;
    Ok((actor, agent))
}
