//! The schema: a stand-in with a query, a mutation and a subscription.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_graphql::{Object, Request, Schema, SimpleObject, Subscription as GraphqlSubscription};
use futures::{Stream, StreamExt, stream};

use crate::domain::Actor;

/// The schema itself.
pub type ApiSchema = Schema<Query, Mutation, Subscription>;

/// The id of one request.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// What the stand-in's streams do.
#[derive(Debug, Clone, Default)]
pub struct Alive {
    /// How many there are.
    pub streams: Arc<AtomicUsize>,
    /// How many events they have made.
    pub events: Arc<AtomicUsize>,
}

/// The API.
#[derive(Clone)]
pub struct Api {
    /// Its schema.
    pub schema: ApiSchema,
}

impl Api {
    /// The stand-in.
    pub fn stand_in(alive: Alive) -> Self {
        Self {
            schema: Schema::build(Query, Mutation, Subscription)
                .data(alive)
                .finish(),
        }
    }

    /// Adds what resolvers need to know about one request.
    #[expect(clippy::unused_self, reason = "the real one makes loaders of its own")]
    pub fn prepare(
        &self,
        request: Request,
        actor: Option<Actor>,
        request_id: RequestId,
    ) -> Request {
        let request = request.data(request_id);
        match actor {
            Some(actor) => request.data(actor),
            None => request,
        }
    }
}

/// Something with a list below it.
#[derive(Debug, Clone, SimpleObject)]
pub struct Thing {
    id: async_graphql::ID,
    name: String,
    parts: Vec<Thing>,
}

/// A page of things.
#[derive(Debug, Clone, SimpleObject)]
pub struct ThingConnection {
    nodes: Vec<Thing>,
    edges: Vec<ThingEdge>,
    page_info: PageInfo,
}

/// One of a page.
#[derive(Debug, Clone, SimpleObject)]
pub struct ThingEdge {
    node: Thing,
}

/// Where a page lies.
#[derive(Debug, Clone, SimpleObject)]
pub struct PageInfo {
    has_next_page: bool,
}

/// Queries.
#[derive(Debug)]
pub struct Query;

#[Object]
impl Query {
    /// One thing.
    async fn thing(&self, id: async_graphql::ID) -> Thing {
        Thing {
            id,
            name: "thing".to_owned(),
            parts: Vec::new(),
        }
    }

    /// Many things.
    async fn things(
        &self,
        #[graphql(default)] first: Option<i32>,
        #[graphql(default)] last: Option<i32>,
    ) -> ThingConnection {
        let _ = (first, last);
        ThingConnection {
            nodes: Vec::new(),
            edges: Vec::new(),
            page_info: PageInfo {
                has_next_page: false,
            },
        }
    }

    /// A resolver with a mistake in it.
    async fn mistake(&self) -> i32 {
        let numbers: [i32; 0] = [];
        #[expect(
            clippy::indexing_slicing,
            reason = "the stand-in shows what a panic does"
        )]
        numbers[std::hint::black_box(5)]
    }
}

/// Mutations.
#[derive(Debug)]
pub struct Mutation;

#[Object]
impl Mutation {
    /// One more.
    async fn add(&self, to: i32) -> i32 {
        to.saturating_add(1)
    }
}

/// Subscriptions.
#[derive(Debug)]
pub struct Subscription;

struct Living(Alive);

impl Drop for Living {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::SeqCst);
    }
}

#[GraphqlSubscription]
impl Subscription {
    /// Counts from one; without `to` for ever, with `pause` milliseconds between, each with `padding` bytes.
    async fn count(
        &self,
        context: &async_graphql::Context<'_>,
        to: Option<i32>,
        #[graphql(default)] pause: u64,
        #[graphql(default)] padding: usize,
    ) -> impl Stream<Item = String> {
        let alive = context.data_opt::<Alive>().cloned().unwrap_or_default();
        alive.streams.fetch_add(1, Ordering::SeqCst);
        let living = Living(alive);
        stream::iter(1..=to.unwrap_or(i32::MAX)).then(move |number| {
            living.0.events.fetch_add(1, Ordering::SeqCst);
            async move {
                if pause > 0 {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                format!("{number}{}", " ".repeat(padding))
            }
        })
    }
}
