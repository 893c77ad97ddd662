//! Validates values against JSON Schemas, off the async threads, with a cache of compiled schemas.
//!
//! A schema's cost is bounded before it is compiled, but an account could still keep the async threads busy with many
//! calls. So all of it runs on blocking threads with a low concurrency limit. New schemas have their own limit, so that
//! registering servers does not delay tool calls.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::{
    domain::{CompiledSchema, TemplateSpec, ToolDefinition, tool_schemas_problem},
    error::{Error, Problem, Result},
};

/// The time limit of a check, including the wait for a thread.
const DEADLINE: Duration = Duration::from_secs(10);
/// The cache's maximum size, in bytes of the schemas' texts. A compiled schema takes about ten times as much memory.
const KEPT_BYTES: u64 = 4 * 1024 * 1024;
/// The minimum size that a cached schema is counted with, in bytes.
const LEAST_BYTES: usize = 512;

/// Compiles and caches JSON Schemas, and validates values against them. Clones share the cache.
#[derive(Clone)]
pub struct SchemaChecker {
    compiled: Cache<[u8; 32], Arc<Compiled>>,
    checks: Arc<Semaphore>,
    trials: Arc<Semaphore>,
}

/// A cached schema, and the number of bytes of its text.
struct Compiled {
    schema: CompiledSchema,
    bytes: usize,
}

impl SchemaChecker {
    /// A checker that leaves half of the processor's threads free.
    pub fn new() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let compiled = Cache::builder()
            .max_capacity(KEPT_BYTES)
            .weigher(|_, kept: &Arc<Compiled>| {
                u32::try_from(kept.bytes.max(LEAST_BYTES)).unwrap_or(u32::MAX)
            })
            .build();
        Self {
            compiled,
            checks: Arc::new(Semaphore::new((threads / 2).max(1))),
            trials: Arc::new(Semaphore::new(1)),
        }
    }

    /// Every problem of `value`, with paths that start with `path`. INTERNAL when the schema, which was accepted
    /// before, cannot be used; UNAVAILABLE after the time limit.
    pub async fn check(&self, schema: &Value, value: &Value, path: &str) -> Result<Vec<Problem>> {
        let (schema, value, path) = (schema.clone(), value.clone(), path.to_owned());
        let kept = self.compiled.clone();
        let work = move || Ok(compiled(&kept, &schema)?.schema.problems(&value, &path));
        off_thread(&self.checks, work).await?
    }

    /// The reason why each tool cannot be used, in a sentence that names it; `None` for a usable tool.
    pub async fn tool_problems(&self, tools: &[ToolDefinition]) -> Result<Vec<Option<String>>> {
        let mut problems = Vec::with_capacity(tools.len());
        for tool in tools {
            if tool.problem.is_some() {
                problems.push(tool.problem.clone());
                continue;
            }
            let tool = tool.clone();
            // one by one: other accounts get their turn between two tools
            problems.push(off_thread(&self.trials, move || tool_schemas_problem(&tool)).await?);
        }
        Ok(problems)
    }

    /// Every problem that prevents the template from being published, with paths that start with `path`.
    pub async fn template_problems(&self, spec: &TemplateSpec, path: &str) -> Result<Vec<Problem>> {
        let (spec, path) = (spec.clone(), path.to_owned());
        off_thread(&self.trials, move || spec.problems(&path)).await
    }
}

impl Default for SchemaChecker {
    fn default() -> Self {
        Self::new()
    }
}

fn compiled(kept: &Cache<[u8; 32], Arc<Compiled>>, schema: &Value) -> Result<Arc<Compiled>> {
    let text = schema.to_string();
    let hash: [u8; 32] = Sha256::digest(&text).into();
    if let Some(known) = kept.get(&hash) {
        return Ok(known);
    }
    let fresh = Arc::new(Compiled {
        schema: CompiledSchema::new(schema)?,
        bytes: text.len(),
    });
    kept.insert(hash, Arc::clone(&fresh));
    Ok(fresh)
}

/// Runs `work` on a blocking thread. The work holds its permit until it ends, also when the caller has left.
async fn off_thread<T: Send + 'static>(
    lane: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let lane = Arc::clone(lane);
    let run = async {
        let permit = lane.acquire_owned().await;
        let run = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        run.await
            .map_err(|error| Error::internal("check against a JSON Schema").with_source(error))
    };
    tokio::time::timeout(DEADLINE, run).await.map_err(|_| {
        Error::unavailable("checking against a JSON Schema took too long; try again later")
    })?
}
