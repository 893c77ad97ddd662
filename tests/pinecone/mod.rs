//! A fake Pinecone in the test's process: the control plane and an index's data plane on loopback ports, with the
//! limits, refusals and eventual consistency of API version 2026-04, and with faults that a test queues.

mod control;
mod data;
mod fault;
mod index;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet};

pub(crate) use self::fault::Fault;
use self::{fault::Queued, index::Index};

/// The only supported version of the API.
const VERSION: &str = "2026-04";
/// The key that is valid from the start.
pub(crate) const KEY: &str = "pcsk_operator_8hJ2";

/// A Pinecone of one test.
pub(crate) struct Pinecone {
    /// The URL of the control plane.
    pub(crate) url: String,
    shared: Arc<Shared>,
}

/// The state that all ports share.
struct Shared {
    world: Mutex<World>,
    /// The servers; they end with the test.
    servers: Mutex<JoinSet<()>>,
}

#[derive(Default)]
struct World {
    /// The valid keys with their projects.
    keys: BTreeMap<String, String>,
    /// By project and name.
    indexes: BTreeMap<(String, String), Index>,
    faults: VecDeque<Queued>,
    met: Vec<(String, Fault)>,
    asked: Vec<Asked>,
    /// A write is visible after this number of reads of its namespace.
    lag: usize,
    /// An index is ready, or deleted, after this number of describe calls.
    describes: usize,
}

/// A received request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    /// Method and path, as `POST /vectors/upsert`.
    pub(crate) what: String,
    pub(crate) key: String,
    /// The index, on the data plane.
    pub(crate) index: Option<String>,
    /// The namespace that it addresses.
    pub(crate) namespace: Option<String>,
    /// The number of bytes of its body.
    pub(crate) bytes: usize,
}

/// A request that is being answered.
struct Call {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    project: String,
    body: Value,
    bytes: usize,
}

/// A reply: a status and JSON.
struct Answer(u16, Value);

/// The target of a port: the control plane, or an index of a project.
type Port = Option<(String, String)>;

impl Pinecone {
    /// A Pinecone with one project and its key [`KEY`], immediately consistent, whose indexes are ready immediately.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            world: Mutex::default(),
            servers: Mutex::default(),
        });
        shared.serve(listener, None);
        let pinecone = Self { url, shared };
        pinecone.accept(KEY, "operator");
        pinecone
    }

    /// Makes a key valid for a project, which may be new.
    pub(crate) fn accept(&self, key: &str, project: &str) {
        let (key, project) = (key.to_owned(), project.to_owned());
        self.shared.world().keys.insert(key, project);
    }

    /// From now on, a write is visible after this number of reads of its namespace, and an index is ready, or deleted,
    /// after this number of describe calls.
    pub(crate) fn lag(&self, reads: usize, describes: usize) {
        let mut world = self.shared.world();
        (world.lag, world.describes) = (reads, describes);
    }

    /// Queues a fault for a request that contains this text, such as `POST /vectors/upsert` or a part of it, after
    /// `after` matching requests.
    pub(crate) fn will(&self, on: &str, after: usize, fault: Fault) {
        let on = on.to_owned();
        let queued = Queued { on, after, fault };
        self.shared.world().faults.push_back(queued);
    }

    /// The faults that were met, with the texts they were queued for.
    pub(crate) fn met(&self) -> Vec<(String, Fault)> {
        self.shared.world().met.clone()
    }

    /// The requests so far that contain this text.
    pub(crate) fn asked(&self, like: &str) -> Vec<Asked> {
        let world = self.shared.world();
        let like = world.asked.iter().filter(|asked| asked.what.contains(like));
        like.cloned().collect()
    }

    /// The names of a project's indexes.
    pub(crate) fn indexes(&self, project: &str) -> Vec<String> {
        let world = self.shared.world();
        let of_project = world.indexes.values().filter(|index| index.exists());
        of_project
            .filter(|index| index.project == project)
            .map(|index| index.name.clone())
            .collect()
    }

    /// Protects an index of the first project against its deletion.
    pub(crate) fn protect(&self, name: &str) {
        let name = ("operator".to_owned(), name.to_owned());
        self.shared
            .world()
            .indexes
            .get_mut(&name)
            .unwrap()
            .protected = true;
    }
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Serves a port until the test ends or its target is deleted.
    fn serve(self: &Arc<Self>, listener: TcpListener, port: Port) {
        let router = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::disable())
            .with_state((Arc::clone(self), port));
        let server = async move { axum::serve(listener, router).await.unwrap() };
        self.servers.lock().unwrap().spawn(server);
    }
}

impl World {
    /// The fault of this request.
    fn fault(&mut self, what: &str) -> Option<Fault> {
        let mut queued = self.faults.iter_mut();
        let at = queued.position(|queued| what.contains(&queued.on))?;
        let next = self.faults.get_mut(at)?;
        if next.after > 0 {
            next.after -= 1;
            return None;
        }
        let Queued { on, fault, .. } = self.faults.remove(at)?;
        self.met.push((on, fault));
        Some(fault)
    }
}

async fn answer(
    State((shared, port)): State<(Arc<Shared>, Port)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let key = header("api-key").unwrap_or_default().to_owned();
    let what = format!("{method} {}", uri.path());
    let query: Vec<_> = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .into_owned()
        .collect();
    let call = Call {
        method,
        path: uri.path().to_owned(),
        query,
        project: String::new(),
        bytes: body.len(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let (fault, project) = {
        let mut world = shared.world();
        world.asked.push(Asked {
            what: what.clone(),
            key: key.clone(),
            index: port.as_ref().map(|(_, name)| name.clone()),
            namespace: call.namespace_path().or_else(|| call.text("namespace")),
            bytes: call.bytes,
        });
        (world.fault(&what), world.keys.get(&key).cloned())
    };
    if let Some(fault) = &fault
        && !fault.comes_after()
    {
        return fault.answer().await;
    }
    let known = project.filter(|project| port.as_ref().is_none_or(|(of, _)| of == project));
    let Some(project) = known else {
        return match port {
            None => control::error(401, "UNAUTHENTICATED", "Invalid API key.").into_response(),
            Some(_) => (StatusCode::UNAUTHORIZED, "Unauthorized").into_response(),
        };
    };
    if header("x-pinecone-api-version") != Some(VERSION) {
        return control::error(400, "INVALID_ARGUMENT", "unknown API version").into_response();
    }
    if uri.to_string().len() > 8_192 {
        return (StatusCode::URI_TOO_LONG, "URI Too Long").into_response();
    }
    let call = Call { project, ..call };
    let answer = match &port {
        None => control::answer(&shared, &call),
        Some(index) => data::answer(&mut shared.world(), index, &call),
    };
    match fault {
        Some(fault) => fault.answer().await,
        None => answer.into_response(),
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (StatusCode::from_u16(self.0).unwrap(), Json(self.1)).into_response()
    }
}

impl Call {
    /// A text of the body or of the query.
    fn text(&self, name: &str) -> Option<String> {
        let in_query = self.query.iter().find(|(key, _)| key == name);
        in_query
            .map(|(_, value)| value.clone())
            .or_else(|| self.body[name].as_str().map(str::to_owned))
    }

    /// A number of the body or of the query.
    fn number(&self, name: &str) -> Option<usize> {
        let number = self.body[name].as_u64();
        number
            .and_then(|number| usize::try_from(number).ok())
            .or_else(|| self.text(name)?.parse().ok())
    }

    /// The namespace in the path.
    fn namespace_path(&self) -> Option<String> {
        self.path.strip_prefix("/namespaces/").map(str::to_owned)
    }
}
