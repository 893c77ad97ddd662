//! The records of many runs, and the sums over them, written by the database itself.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use crate::{Result, server::Server};

/// Fills the tables with runs that ended within `days` before `now`, evenly distributed over time and agents: 3% failed, half
/// called tools, one in ten is rated.
pub(crate) async fn fill(server: &Server, runs: u32, now: DateTime<Utc>, days: i64) -> Result<()> {
    let agents: Vec<String> = server
        .agents
        .iter()
        .map(|agent| format!("'{}'::uuid", agent.uuid))
        .collect();
    let filled = |statement: &str| {
        statement
            .replace("ACCOUNT", &server.account.to_string())
            .replace("COUNT_OF_AGENTS", &agents.len().to_string())
            .replace("AGENTS", &format!("(ARRAY[{}])", agents.join(", ")))
            .replace("RUNS", &runs.to_string())
            .replace("NOW", &now.to_rfc3339())
            .replace("DAYS", &days.to_string())
    };
    let database = server.connect().await?;
    for statement in [RECORDS, USAGE] {
        database.execute_unprepared(&filled(statement)).await?;
    }
    for span in ["hour", "day"] {
        let statement = filled(SUMS)
            .replace("SPAN", &span.to_uppercase())
            .replace("unit", span);
        database.execute_unprepared(&statement).await?;
    }
    for table in ["run_records", "usage_records", "run_sums"] {
        let statement = format!("VACUUM ANALYZE {table}");
        database.execute_unprepared(&statement).await?;
    }
    Ok(database.close().await?)
}

const RECORDS: &str = "
INSERT INTO run_records (id, account_id, run_id, agent_id, status, error_code, first_token_ms, duration_ms, tool_calls,
    tool_failures, routed_agent_id, route_reason, route_refused, score, at)
SELECT gen_random_uuid(), 'ACCOUNT', gen_random_uuid(), agent, CASE WHEN fails THEN 'FAILED' ELSE 'SUCCEEDED' END,
    CASE WHEN fails THEN (ARRAY['TIMEOUT', 'UNAVAILABLE', 'PROVIDER_REFUSED'])[1 + n % 3] END,
    (300 * exp(2 * (random() + random() + random() - 1.5)))::bigint,
    (3000 * exp(2 * (random() + random() + random() - 1.5)))::bigint,
    n % 2, CASE WHEN n % 50 = 1 THEN 1 ELSE 0 END, agent,
    (ARRAY['REQUESTED', 'CONVERSATION', 'INTENT', 'FALLBACK'])[1 + n % 4], n % 4 = 3,
    CASE WHEN n % 10 = 0 THEN CASE WHEN n % 30 = 0 THEN -1 ELSE 1 END END,
    'NOW'::timestamptz - random() * interval 'DAYS days' + interval '1 microsecond'
FROM (SELECT n, n % 33 = 0 AS fails, AGENTS[1 + n % COUNT_OF_AGENTS] AS agent FROM generate_series(1, RUNS) AS n) AS runs";

const USAGE: &str = "
INSERT INTO usage_records (id, account_id, run_id, agent_id, model, input_tokens, output_tokens, cost_usd, attempts, summed, at)
SELECT gen_random_uuid(), account_id, run_id, agent_id, 'model', 1000, 200, 0.001, 1, true, at FROM run_records";

/// The buckets are those of `domain/analytics/buckets.rs`. The planner cannot estimate what it joins here, and would choose
/// nested loops.
const SUMS: &str = "
SET enable_nestloop = off;
WITH records AS (
    SELECT *, date_trunc('unit', at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS starts,
        floor(ln(greatest(first_token_ms, 1)) / ln(1.1)) + 1 AS first_bucket,
        floor(ln(greatest(duration_ms, 1)) / ln(1.1)) + 1 AS duration_bucket
    FROM run_records),
first AS (SELECT starts, agent_id, json_object_agg(first_bucket, n) AS counts
    FROM (SELECT starts, agent_id, first_bucket, count(*) AS n FROM records GROUP BY 1, 2, 3) AS c GROUP BY 1, 2),
length AS (SELECT starts, agent_id, json_object_agg(duration_bucket, n) AS counts
    FROM (SELECT starts, agent_id, duration_bucket, count(*) AS n FROM records GROUP BY 1, 2, 3) AS c GROUP BY 1, 2),
reasons AS (SELECT starts, agent_id, json_object_agg(route_reason, n) AS counts
    FROM (SELECT starts, agent_id, route_reason, count(*) AS n FROM records GROUP BY 1, 2, 3) AS c GROUP BY 1, 2),
codes AS (SELECT starts, agent_id, json_object_agg(error_code, n) AS counts
    FROM (SELECT starts, agent_id, error_code, count(*) AS n FROM records WHERE error_code IS NOT NULL GROUP BY 1, 2, 3) AS c
    GROUP BY 1, 2),
numbers AS (SELECT starts, agent_id, count(*) AS runs, count(error_code) AS failed, sum(tool_calls) AS calls,
    sum(tool_failures) AS failures, count(*) FILTER (WHERE score > 0) AS up, count(*) FILTER (WHERE score < 0) AS down,
    count(*) FILTER (WHERE route_refused) AS refused FROM records GROUP BY 1, 2)
INSERT INTO run_sums (account_id, span, starts_at, agent_id, template_id, runs, failed, tool_calls, tool_failures, rated_up,
    rated_down, route_refused, attempts, input_tokens, output_tokens, cost_usd, failures, routes, first_token, duration)
SELECT 'ACCOUNT', 'SPAN', starts, agent_id, '00000000-0000-0000-0000-000000000000', runs, failed, calls, failures, up, down,
    refused, runs, runs * 1000, runs * 200, runs * 0.001, coalesce(codes.counts, '{}'), reasons.counts, first.counts,
    length.counts
FROM numbers JOIN first USING (starts, agent_id) JOIN length USING (starts, agent_id) JOIN reasons USING (starts, agent_id)
    LEFT JOIN codes USING (starts, agent_id)";
