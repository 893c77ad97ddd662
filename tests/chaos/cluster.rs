//! A whole installation: two web processes, two workers, a database and a Redis of its own, and the proxies between
//! them.

use std::{
    env, fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::{
    api::Api,
    node::{Health, Node, Start},
    plan::Plan,
    port::ReservedPort,
    proxy::{Proxy, Way},
    redis::Redis,
    server,
    upstream::Upstream,
};

/// The role of the processes, which the database's policies bind, and its password.
const ROLE: &str = "troupe_chaos";
/// The processes of an installation with a database.
const PROCESSES: u64 = 4;
/// The size of a process's pool, unless the plan bounds the connections.
const POOL: u64 = 10;
const OPERATOR: &str = "chaos_operator_key_of_more_than_32_characters";
/// The number of keys: a key has a maximum number of sockets, so clients share several keys.
const KEYS: usize = 8;

pub(crate) struct Cluster {
    /// The web processes, then the workers.
    pub(crate) nodes: Vec<Arc<Node>>,
    /// The number of web processes.
    pub(crate) webs: usize,
    /// The scripted model provider.
    pub(crate) upstream: Upstream,
    pub(crate) redis: Option<Redis>,
    /// An agent that answers immediately.
    pub(crate) agent: String,
    pub(crate) api: Api,
    keys: Vec<String>,
    turn: AtomicUsize,
    database: Option<(String, String)>,
    folder: PathBuf,
}

/// The options of an installation.
pub(crate) struct Setup<'plan> {
    pub(crate) plan: &'plan Plan,
    /// The usual time of the model per token.
    pub(crate) pace: Duration,
    /// The settings of every process.
    pub(crate) settings: Vec<(&'static str, &'static str)>,
    /// Whether the installation has workers.
    pub(crate) workers: bool,
}

impl Setup<'_> {
    /// Starts the installation with an account, keys and an agent.
    pub(crate) async fn start(self, tasks: &TaskTracker) -> Arc<Cluster> {
        let folder = env::temp_dir().join(format!("troupe-chaos-{}", Uuid::now_v7().simple()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("app.yaml"), "").unwrap();
        let upstream = Upstream::start(self.pace, tasks).await;
        let database = match &self.plan.postgres {
            Some(server) => Some((
                server.clone(),
                migrated(server, self.plan.connections).await,
            )),
            None => None,
        };
        let redis = match &database {
            Some(_) => Redis::start(self.plan, &folder).await,
            None => None,
        };
        let mut places = vec![("web", 0), ("web", 1)];
        if self.workers {
            places.extend([("worker", 0), ("worker", 1)]);
        }
        if database.is_none() {
            places = vec![("dev", 0)];
        }
        let webs = places.iter().filter(|(role, _)| *role != "worker").count();
        let mut nodes = Vec::new();
        for (role, number) in places {
            let site = Site {
                folder: &folder,
                upstream: &upstream,
                redis: redis.as_ref(),
                tasks,
            };
            nodes.push(Arc::new(
                self.node(role, number, database.as_ref(), &site).await,
            ));
        }
        join_all(nodes.iter().map(|node| node.start())).await;
        let mut cluster = Cluster {
            nodes,
            webs,
            upstream,
            redis,
            agent: String::new(),
            api: Api::new(),
            keys: Vec::new(),
            turn: AtomicUsize::new(0),
            database,
            folder,
        };
        cluster.settle().await;
        Arc::new(cluster)
    }

    async fn node(
        &self,
        role: &str,
        number: usize,
        database: Option<&(String, String)>,
        site: &Site<'_>,
    ) -> Node {
        let mut environment: Vec<(String, String)> = self
            .settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut set = |name: &str, value: String| environment.push((name.to_owned(), value));
        set("TROUPE_OPENAI_BASE_URL", site.upstream.url.clone());
        set("TROUPE_OPERATOR_KEY", OPERATOR.to_owned());
        // beside its pool, a process has one connection that watches the database
        let pool = self
            .plan
            .connections
            .map_or(POOL, |all| all / PROCESSES - 1);
        set("TROUPE_DATABASE_MAX_CONNECTIONS", pool.to_string());
        // One account has all the chats, and each of twenty duplicates counts.
        for limit in ["MESSAGES_PER_MINUTE", "MESSAGE_BURST"] {
            set(&format!("TROUPE_LIMITS_{limit}"), "1000000".to_owned());
        }
        let (mut postgres, mut redis) = (None, None);
        match database {
            None => set(
                "TROUPE_DATABASE_URL",
                format!(
                    "sqlite://{}?mode=rwc",
                    site.folder.join("troupe.db").display()
                ),
            ),
            Some((server, name)) => {
                let (way, url) =
                    way_to(&as_role(&server::url_of(server, name)), 5432, site.tasks).await;
                set("TROUPE_DATABASE_URL", url);
                set("TROUPE_DATABASE_ROW_SECURITY", "require".to_owned());
                postgres = Some(way);
            }
        }
        if let Some(server) = site.redis {
            let (way, url) = way_to(&server.url, 6379, site.tasks).await;
            set("TROUPE_REDIS_URL", url);
            redis = Some(way);
        }
        let port = (role != "worker").then(ReservedPort::new);
        let address = port
            .as_ref()
            .map_or_else(String::new, |port| port.address().to_string());
        let arguments: &[&str] = match role {
            "worker" => &["worker"],
            "dev" => &["dev", "--data-dir", "data", "--addr", &address],
            _ => &["serve", "--addr", &address],
        };
        let start = Start {
            name: format!("{role}-{number}"),
            arguments: arguments
                .iter()
                .map(|&argument| argument.to_owned())
                .collect(),
            environment,
            folder: site.folder.clone(),
        };
        Node::new(start, port).over(postgres, redis)
    }
}

/// The properties that all processes of an installation share.
struct Site<'a> {
    folder: &'a PathBuf,
    upstream: &'a Upstream,
    redis: Option<&'a Redis>,
    tasks: &'a TaskTracker,
}

impl Cluster {
    /// Creates an account with keys and an agent.
    async fn settle(&mut self) {
        let web = &self.nodes[0];
        let operator = if self.database.is_some() {
            OPERATOR.to_owned()
        } else {
            let demo = fs::read(self.folder.join("data/dev.json")).unwrap();
            let demo: Value = serde_json::from_slice(&demo).unwrap();
            demo["operatorKey"].as_str().unwrap().to_owned()
        };
        let made = self
            .api
            .ok(
                web,
                &operator,
                "mutation { createAccount(input: {name: \"Chaos\", tier: PREMIUM}) { ownerKey } }",
                json!({}),
            )
            .await;
        let owner = made["createAccount"]["ownerKey"].as_str().unwrap();
        for number in 0..KEYS {
            let query = "mutation($name: String!) { createApiKey(input: {name: $name, role: MEMBER}) { secret } }";
            let made = self
                .api
                .ok(
                    web,
                    owner,
                    query,
                    json!({"name": format!("client {number}")}),
                )
                .await;
            self.keys
                .push(made["createApiKey"]["secret"].as_str().unwrap().to_owned());
        }
        let made = self.api.ok(web, owner, "mutation { createAgent(input: {template: \"support_agent\", tier: \"standard\", name: \"Support\"}) { agent { id } } }", json!({})).await;
        let agent = &made["createAgent"]["agent"]["id"];
        agent.as_str().unwrap().clone_into(&mut self.agent);
        self.keys.push(owner.to_owned());
    }

    pub(crate) fn owner(&self) -> &str {
        &self.keys[KEYS]
    }

    /// The next client key in turn.
    pub(crate) fn key(&self) -> String {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.keys[turn % KEYS].clone()
    }

    /// The web processes.
    pub(crate) fn web(&self) -> &[Arc<Node>] {
        &self.nodes[..self.webs]
    }

    /// A web process that accepts requests, preferably this one.
    pub(crate) fn open(&self, preferred: usize) -> Option<usize> {
        let is_up = |number: &usize| self.nodes[*number].health() == Health::Up;
        (0..self.webs)
            .map(|step| (preferred + step) % self.webs)
            .find(is_up)
    }

    /// Sets the state of every process's proxy to PostgreSQL.
    pub(crate) fn postgres_becomes(&self, way: Way) {
        for node in &self.nodes {
            node.suffers();
            if let Some(proxy) = &node.postgres {
                proxy.becomes(way);
            }
        }
    }

    /// Sets the state of every process's proxy to Redis.
    pub(crate) fn redis_becomes(&self, way: Way) {
        for node in &self.nodes {
            node.suffers();
            if let Some(proxy) = &node.redis {
                proxy.becomes(way);
            }
        }
    }

    /// Stops and removes the installation; keeps the logs after a failure.
    pub(crate) async fn end(&self, keep_logs: bool) {
        join_all(self.nodes.iter().map(|node| node.kill())).await;
        if let Some((server, name)) = &self.database {
            server::remove(server, name).await;
        }
        if let Some(redis) = &self.redis {
            redis.end().await;
        }
        if keep_logs {
            return eprintln!("the logs of the processes are in {}", self.folder.display());
        }
        fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// A proxy to the server of a URL, and the URL through the proxy.
async fn way_to(target: &str, usual_port: u16, tasks: &TaskTracker) -> (Proxy, String) {
    let mut url = url::Url::parse(target).unwrap();
    let host = url.host_str().unwrap().to_owned();
    let proxy = Proxy::to(
        &format!("{host}:{}", url.port().unwrap_or(usual_port)),
        tasks,
    )
    .await;
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(proxy.port())).unwrap();
    (proxy, url.into())
}

/// A new, migrated database; returns its name.
/// A migrated database whose policies bind the role of the processes; the role may have this number of connections.
async fn migrated(server: &str, connections: Option<u64>) -> String {
    let limit = connections.map_or_else(|| "-1".to_owned(), |limit| limit.to_string());
    let role = format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}') THEN \
         CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'; GRANT {ROLE} TO CURRENT_USER; END IF; \
         ALTER ROLE {ROLE} CONNECTION LIMIT {limit}; END $$"
    );
    let owner = Database::connect(server).await.unwrap();
    owner.execute_unprepared(&role).await.unwrap();
    owner.close().await.unwrap();
    let template = server::template(server, "chaos", async |url| {
        let options = troupe::store::StoreOptions {
            url: troupe::domain::Secret::new(url),
            read_url: None,
            max_connections: 2,
            row_security: troupe::domain::RowSecurity::default(),
            durability: troupe::domain::Durability::default(),
        };
        let store = troupe::store::Store::open(&options).await.unwrap();
        store.migrate_up().await.unwrap();
        store.secure_rows(ROLE).await.unwrap();
        store.close().await.unwrap();
    });
    server::create(server, Some(&template.await)).await
}

/// The URL for the role of the processes.
fn as_role(url: &str) -> String {
    let mut url = url::Url::parse(url).unwrap();
    url.set_username(ROLE).unwrap();
    url.set_password(Some(ROLE)).unwrap();
    url.to_string()
}
