//! Checks against JSON Schemas, off the async threads, with compiled schemas kept.
//!
//! A schema's cost is bounded before it is compiled, and still an account could keep the async threads busy with one call
//! after the other. So all of it runs on blocking threads, few at once: schemas that are new have a lane of their own, so
//! that registering servers does not delay the calls of tools.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::{
    domain::{CompiledSchema, TemplateSpec, ToolDefinition, tool_schemas_problem},
    error::{Error, Problem, Result},
};

/// Checking takes at most this long, the wait for a thread included.
const DEADLINE: Duration = Duration::from_secs(10);
/// Compiled schemas are kept as long as their texts have at most this many bytes together; what is compiled takes about ten
/// times as much.
const KEPT_BYTES: u64 = 4 * 1024 * 1024;
/// The least a kept schema counts as, in bytes.
const LEAST_BYTES: usize = 512;

/// Compiles JSON Schemas, keeps them, and checks values against them. A clone is the same checker.
#[derive(Clone)]
pub struct SchemaChecker {
    compiled: Cache<[u8; 32], Arc<Compiled>>,
    checks: Arc<Semaphore>,
    trials: Arc<Semaphore>,
}

/// A kept schema, and the bytes of its text.
struct Compiled {
    schema: CompiledSchema,
    bytes: usize,
}

impl SchemaChecker {
    /// A checker that keeps half of the processor's threads free.
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

    /// Every problem of `value`, each under `path`. INTERNAL when the schema, which was accepted before, cannot be used;
    /// UNAVAILABLE when there is no time for it.
    pub async fn check(&self, schema: &Value, value: &Value, path: &str) -> Result<Vec<Problem>> {
        let (schema, value, path) = (schema.clone(), value.clone(), path.to_owned());
        let kept = self.compiled.clone();
        let work = move || Ok(compiled(&kept, &schema)?.schema.problems(&value, &path));
        off_thread(&self.checks, work).await?
    }

    /// Why each of these tools cannot be used, in a sentence that names it; none for those that can.
    pub async fn tool_problems(&self, tools: &[ToolDefinition]) -> Result<Vec<Option<String>>> {
        let mut problems = Vec::with_capacity(tools.len());
        for tool in tools {
            if tool.problem.is_some() {
                problems.push(tool.problem.clone());
                continue;
            }
            let tool = tool.clone();
            // one by one: between two tools, other accounts have their turn
            problems.push(off_thread(&self.trials, move || tool_schemas_problem(&tool)).await?);
        }
        Ok(problems)
    }

    /// Everything that keeps a template from being published, under `path`.
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

/// Runs `work` on a blocking thread. It keeps its permit to its end, also when the caller has left.
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
            .map_err(|error| Error::internal("check against a JSON Schema").because(error))
    };
    tokio::time::timeout(DEADLINE, run).await.map_err(|_| {
        Error::unavailable("checking against a JSON Schema took too long; try again later")
    })?
}
