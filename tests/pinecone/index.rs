//! An index: its life cycle, its namespaces, and the visibility of writes.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

/// A serverless index.
pub(super) struct Index {
    pub(super) project: String,
    pub(super) name: String,
    pub(super) dimension: usize,
    pub(super) metric: String,
    pub(super) host: String,
    pub(super) spec: Value,
    pub(super) protected: bool,
    pub(super) namespaces: BTreeMap<String, Namespace>,
    life: Life,
}

enum Life {
    /// Becomes ready after this number of describe calls.
    Initializing(usize),
    Ready,
    /// Is deleted after this number of describe calls.
    Terminating(usize),
}

/// A namespace: the visible vectors, and the writes that are not visible yet.
#[derive(Default)]
pub(super) struct Namespace {
    /// Whether it exists after its last write.
    exists: bool,
    seen: BTreeMap<String, Vector>,
    log: VecDeque<(usize, Write)>,
}

/// A vector as the client sent it.
#[derive(Clone)]
pub(super) struct Vector {
    pub(super) values: Vec<f32>,
    pub(super) metadata: Value,
}

pub(super) enum Write {
    Upsert(Vec<(String, Vector)>),
    Delete(Vec<String>),
    DeleteLike(Value),
    Clear,
}

impl Index {
    pub(super) fn new(
        (project, name): (String, String),
        dimension: usize,
        metric: String,
        (host, spec): (String, Value),
    ) -> Self {
        Self {
            project,
            name,
            dimension,
            metric,
            host,
            spec,
            protected: false,
            namespaces: BTreeMap::new(),
            life: Life::Ready,
        }
    }

    pub(super) fn ready_after(mut self, describes: usize) -> Self {
        if describes > 0 {
            self.life = Life::Initializing(describes);
        }
        self
    }

    pub(super) fn delete(&mut self, describes: usize) {
        self.life = Life::Terminating(describes);
    }

    pub(super) fn was_described(&mut self) {
        self.life = match self.life {
            Life::Initializing(0 | 1) | Life::Ready => Life::Ready,
            Life::Initializing(left) => Life::Initializing(left - 1),
            Life::Terminating(left) => Life::Terminating(left.saturating_sub(1)),
        };
    }

    pub(super) fn exists(&self) -> bool {
        !matches!(self.life, Life::Terminating(0))
    }

    pub(super) fn is_ready(&self) -> bool {
        matches!(self.life, Life::Ready)
    }

    pub(super) fn state(&self) -> &'static str {
        match self.life {
            Life::Initializing(_) => "Initializing",
            Life::Ready => "Ready",
            Life::Terminating(_) => "Terminating",
        }
    }

    /// The visible namespaces with their vectors; counts as a read of each.
    pub(super) fn read_all(&mut self) -> Vec<(&String, &BTreeMap<String, Vector>)> {
        for namespace in self.namespaces.values_mut() {
            namespace.read();
        }
        self.namespaces.retain(|_, namespace| namespace.is_there());
        let namespaces = self.namespaces.iter();
        namespaces
            .map(|(name, namespace)| (name, &namespace.seen))
            .collect()
    }
}

impl Namespace {
    pub(super) fn exists(&self) -> bool {
        self.exists
    }

    /// Accepts a write, which becomes visible after `lag` reads.
    pub(super) fn write(&mut self, write: Write, lag: usize) {
        self.exists = !matches!(write, Write::Clear);
        self.log.push_back((lag, write));
        if lag == 0 {
            self.read();
        }
    }

    /// The visible vectors; counts as a read.
    pub(super) fn read(&mut self) -> &BTreeMap<String, Vector> {
        while self.log.front().is_some_and(|(left, _)| *left == 0) {
            let Some((_, write)) = self.log.pop_front() else {
                break;
            };
            self.see(write);
        }
        for (left, _) in &mut self.log {
            *left = left.saturating_sub(1);
        }
        &self.seen
    }

    fn is_there(&self) -> bool {
        self.exists || !self.seen.is_empty() || !self.log.is_empty()
    }

    fn see(&mut self, write: Write) {
        match write {
            Write::Upsert(vectors) => self.seen.extend(vectors),
            Write::Delete(ids) => self.seen.retain(|id, _| !ids.contains(id)),
            Write::DeleteLike(filter) => {
                self.seen.retain(|_, vector| !vector.is_like(&filter));
            }
            Write::Clear => self.seen.clear(),
        }
    }
}

impl Vector {
    /// Whether the metadata matches the filter: `$eq`, `$in`, and all fields together.
    pub(super) fn is_like(&self, filter: &Value) -> bool {
        let Some(fields) = filter.as_object() else {
            return true;
        };
        fields.iter().all(|(field, wanted)| {
            let value = &self.metadata[field];
            match wanted["$in"].as_array() {
                Some(values) => values.contains(value),
                None => wanted.get("$eq").unwrap_or(wanted) == value,
            }
        })
    }

    pub(super) fn cosine(&self, other: &[f32]) -> f32 {
        let dot =
            |one: &[f32], other: &[f32]| -> f32 { one.iter().zip(other).map(|(a, b)| a * b).sum() };
        let length = |values: &[f32]| dot(values, values).sqrt();
        dot(&self.values, other) / length(&self.values) / length(other)
    }
}
