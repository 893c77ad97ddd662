//! The measured stores: the embedded store in a SQLite file, and pgvector in a fresh database on a PostgreSQL server.

use std::{env, fs, path::PathBuf};

use sea_orm::{ConnectionTrait, Database};
use serde_json::json;
use troupe::{
    domain::{
        Account, AccountTier, Agent, AgentStatus, ApiKey, AuditNote, Billing, BudgetEnforcement,
        Ceiling, Durability, EndUserOperations, Id, LatencyClass, Prompts, Role, RowSecurity,
        Secret, Template, TemplateSpec,
    },
    port::{Clock, Collection, CollectionLocation, SystemClock, VectorStore},
    store::{EmbeddedVectors, PgVectors, Store, StoreOptions},
};
use uuid::Uuid;

use crate::{Kind, Result, data::DIMENSIONS, failure};

/// The memory limit of the embedded store's copies, in bytes.
const BUDGET_BYTES: usize = 512 << 20;

/// A vector store in a temporary database.
pub(crate) struct Backend {
    /// The name in the tables.
    pub(crate) name: &'static str,
    pub(crate) vectors: Box<dyn VectorStore>,
    store: Store,
    folder: Option<PathBuf>,
    server: Option<(String, String)>,
}

impl Backend {
    /// The embedded store, and pgvector if `TROUPE_TEST_DATABASE_URL` is set.
    pub(crate) async fn all(kinds: &[Kind]) -> Result<Vec<Self>> {
        let is_wanted = |kind| kinds.is_empty() || kinds.contains(&kind);
        let mut all = Vec::new();
        if is_wanted(Kind::Embedded) {
            all.push(Self::embedded().await?);
        }
        match variable("TROUPE_TEST_DATABASE_URL") {
            _ if !is_wanted(Kind::Pgvector) => {}
            Some(server) => all.push(Self::on_server(server).await?),
            None => println!(
                "pgvector is left out: `scripts/services.sh start && eval \"$(scripts/services.sh env)\"` names a server.\n"
            ),
        }
        Ok(all)
    }

    async fn embedded() -> Result<Self> {
        let folder = env::temp_dir().join(format!("troupe-{}", name()));
        fs::create_dir_all(&folder)?;
        let url = format!("sqlite://{}?mode=rwc", folder.join("troupe.db").display());
        let store = open(url).await?;
        Ok(Self {
            name: "embedded, SQLite",
            vectors: Box::new(EmbeddedVectors::new(store.clone(), BUDGET_BYTES)),
            store,
            folder: Some(folder),
            server: None,
        })
    }

    async fn on_server(server: String) -> Result<Self> {
        let database = name();
        run(&server, &format!("CREATE DATABASE {database}")).await?;
        let (address, _) = server.rsplit_once('/').ok_or("an odd database address")?;
        let store = open(format!("{address}/{database}")).await?;
        Ok(Self {
            name: "pgvector",
            vectors: Box::new(PgVectors::new(store.clone())),
            store,
            folder: None,
            server: Some((server, database)),
        })
    }

    /// The empty collections of `count` new agents of one new account.
    pub(crate) async fn collections(&self, count: usize) -> Result<Vec<Collection>> {
        let account = account();
        let key = key(&account);
        let mut hash = [0; 32];
        for (place, byte) in hash.iter_mut().zip(key.id.uuid().as_bytes()) {
            *place = *byte;
        }
        let platform = self.store.platform();
        platform
            .create_account(&account, &key, hash, note())
            .await
            .map_err(failure)?;
        let template = template();
        platform.publish(&template, None).await.map_err(failure)?;
        let mut collections = Vec::with_capacity(count);
        for _ in 0..count {
            let agent = agent(&account, &template);
            let tenant = self.store.tenant(account.id);
            tenant
                .insert_agent(&agent, &[], note())
                .await
                .map_err(failure)?;
            let mut collection = Collection {
                account: account.id,
                agent: agent.id,
                generation: 1,
                dimensions: DIMENSIONS,
                place: CollectionLocation::default(),
            };
            collection.place = self.vectors.prepare(&collection).await.map_err(failure)?;
            collections.push(collection);
        }
        Ok(collections)
    }

    /// Deletes the database.
    pub(crate) async fn clear(self) -> Result<()> {
        self.store.close().await.map_err(failure)?;
        if let Some((server, database)) = &self.server {
            run(server, &format!("DROP DATABASE {database} WITH (FORCE)")).await?;
        }
        if let Some(folder) = &self.folder {
            fs::remove_dir_all(folder)?;
        }
        Ok(())
    }
}

async fn open(url: String) -> Result<Store> {
    let options = StoreOptions {
        url: Secret::new(url),
        read_url: None,
        max_connections: 8,
        row_security: RowSecurity::default(),
        durability: Durability::default(),
    };
    let store = Store::open(&options).await.map_err(failure)?;
    store.migrate_up().await.map_err(failure)?;
    Ok(store)
}

/// The audit note of the account's creation.
fn note() -> AuditNote {
    let clock = SystemClock;
    AuditNote {
        id: Id::new(&clock),
        at: clock.now(),
        actor: "benchmark".to_owned(),
        action: "benchmark".to_owned(),
        subject: None,
        agent: None,
        conversation: None,
        detail: json!({}),
    }
}

fn account() -> Account {
    Account {
        id: Id::new(&SystemClock),
        name: "Bench".to_owned(),
        tier: AccountTier::Standard,
        billing: Billing {
            monthly_token_budget: None,
            monthly_cost_budget_usd: None,
            enforcement: BudgetEnforcement::Warn,
        },
        ceiling: Ceiling::default(),
        configuration: json!({}),
        routes_by_model: false,
        end_user_operations: EndUserOperations::Any,
        suspended_at: None,
        training_consent_at: None,
        created_at: SystemClock.now(),
    }
}

fn key(account: &Account) -> ApiKey {
    ApiKey {
        id: Id::new(&SystemClock),
        account: account.id,
        name: "first".to_owned(),
        prefix: "troupe_bench".to_owned(),
        role: Role::Owner,
        created_at: SystemClock.now(),
        last_used_at: None,
        expires_at: None,
        revoked_at: None,
    }
}

fn template() -> Template {
    Template {
        id: Id::new(&SystemClock),
        spec: TemplateSpec {
            name: name(),
            version: "1.0.0".to_owned(),
            workflow: "SalesAgentWorkflow".to_owned(),
            description: "is asked".to_owned(),
            latency_class: LatencyClass::Interactive,
            config_schema: json!({"type": "object"}),
            context_schema: json!({"type": "object"}),
            configuration: serde_json::Map::new(),
            pricing_tiers: Vec::new(),
            skills: Vec::new(),
            prompts: Prompts {
                system: "You answer.".to_owned(),
            },
        },
        created_at: SystemClock.now(),
        deprecated_at: None,
    }
}

fn agent(account: &Account, template: &Template) -> Agent {
    let now = SystemClock.now();
    Agent {
        id: Id::new(&SystemClock),
        account: account.id,
        template: template.id,
        slug: name(),
        name: "Ann".to_owned(),
        tier: "startup".to_owned(),
        configuration: json!({}),
        status: AgentStatus::Active,
        fallback: None,
        created_at: now,
        updated_at: now,
        canary: None,
        deleted_at: None,
    }
}

fn name() -> String {
    format!("bench_{}", Uuid::now_v7().simple())
}

async fn run(server: &str, statement: &str) -> Result<()> {
    let connection = Database::connect(server).await?;
    connection.execute_unprepared(statement).await?;
    Ok(connection.close().await?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads where its database is"
)]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
