//! Generated schemas that try to be expensive: each must stay cheap, whether it is accepted or refused.

mod generator;

use std::time::Duration;

use rand::{SeedableRng, rngs::SmallRng};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

use self::generator::Hostile;

use crate::domain::schema::{CompiledSchema, schema_problems, tool_schema_problem};

/// The number of generated schemas.
const SCHEMAS: u64 = 500;
/// The maximum processor time for compiling a schema or checking a value; more for unoptimised code.
const MOST_CPU: Duration = Duration::from_millis(if cfg!(debug_assertions) { 400 } else { 100 });
/// The stack size of a blocking thread.
const STACK: usize = 2 * 1024 * 1024;

/// Runs `work` on its own thread and measures its processor time.
fn cpu<T: Send>(work: impl FnOnce() -> T + Send) -> (T, Duration) {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(
            time.tv_sec.unsigned_abs(),
            u32::try_from(time.tv_nsec).unwrap(),
        )
    };
    std::thread::scope(|scope| {
        let measured = move || {
            let began = now();
            let made = work();
            (made, now().saturating_sub(began))
        };
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread
            .spawn_scoped(scope, measured)
            .unwrap()
            .join()
            .unwrap()
    })
}

#[test]
fn no_schema_exceeds_its_cost_limits() {
    let (mut used, mut refused, mut slow) = (0, 0, Vec::new());
    for seed in 0..SCHEMAS {
        let mut hostile = Hostile {
            random: SmallRng::seed_from_u64(seed),
        };
        let schema = hostile.schema();
        let value = json!({"a": hostile.value(6), "b": hostile.value(4)});
        let (problem, compiling) = cpu(|| tool_schema_problem(&schema));
        let (_, publishing) = cpu(|| schema_problems(&schema, "configSchema"));
        let mut checking = Duration::ZERO;
        if problem.is_none() {
            let compiled = CompiledSchema::new(&schema).unwrap();
            (_, checking) = cpu(|| compiled.problems(&value, "arguments"));
            used += 1;
        } else {
            refused += 1;
        }
        if [compiling, publishing, checking]
            .iter()
            .any(|took| *took > MOST_CPU)
        {
            let start: String = schema.to_string().chars().take(300).collect();
            slow.push(format!(
                "{seed}: compiling {compiling:?}, publishing {publishing:?}, checking {checking:?}, {problem:?}: {start}"
            ));
        }
    }
    assert!(
        slow.is_empty(),
        "{} of {SCHEMAS}:\n{}",
        slow.len(),
        slow.join("\n")
    );
    // if all schemas were refused, or all accepted, the generator would test nothing
    assert!(
        used > SCHEMAS / 10 && refused > SCHEMAS / 10,
        "{used} used, {refused} refused"
    );
}
