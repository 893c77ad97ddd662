//! The log of a process: what support finds by the id of a run, or of a request.

use serde_json::{Value, json};

use crate::support::{Process, Script, TestDatabase, Upstream, until};

/// The provider's key, which the log never has.
const KEY: &str = "sk-flumph-0123456789abcdefghijklmnop";
const SEND: &str = "mutation($input: ChatInput!) { sendMessage(input: $input) { run { id agent { id } conversation { id } } } }";
const RUN: &str = "query($id: ID!) { run(id: $id) { status attempt agent { id } usage { attempts } error { code message detail } } }";
const ACCOUNT: &str = "{ viewer { account { id } } }";

/// The fields that every line of a run has.
const OF_A_RUN: [&str; 5] = ["run", "account", "agent", "request.id", "trace.id"];

/// The lines that have this value in a field.
fn lines_with<'l>(log: &'l [Value], field: &str, value: &Value) -> Vec<&'l Value> {
    let has = |line: &&Value| line.get(field) == Some(value);
    log.iter().filter(has).collect()
}

/// The line of the end of a run.
fn end_of<'l>(log: &'l [Value], run: &Value) -> Option<&'l Value> {
    let lines = lines_with(log, "run", run);
    let ended: Vec<_> = lines
        .into_iter()
        .filter(|line| line["message"] == "run ended")
        .collect();
    assert!(ended.len() <= 1, "{ended:#?}");
    ended.first().copied()
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn a_failed_run_leads_to_all_that_is_known_of_it_and_so_does_its_request() {
    let (database, upstream) = (TestDatabase::create().await, Upstream::start().await);
    let settings = [
        ("TROUPE_OPENAI_API_KEY", KEY),
        // errors alone, and what is tested: the fields come from spans, which no filter may remove
        ("TROUPE_LOG_FILTER", "error,troupe::engine=info"),
    ];
    let process = Process::start(&database, &upstream, &settings).await;
    let owner = &process.owner;
    let account = owner.ok(ACCOUNT, json!({})).await["viewer"]["account"]["id"].clone();

    let words = format!("the flumph quota of {KEY} is exhausted");
    upstream.will(Script::refuses(
        403,
        None,
        json!({"error": {"message": words}}),
    ));
    let input = json!({"message": "a private question", "clientMessageId": "one"});
    let (sent, request) = process
        .owner
        .ok_in_request(SEND, json!({"input": input}))
        .await;
    let (request, sent) = (json!(request), sent["sendMessage"]["run"].clone());
    let run = &sent["id"];
    until("the end is logged", async || {
        end_of(&process.log(), run).is_some()
    })
    .await;

    // from the run to the provider's words, the account and the attempts: one filter of the log
    let log = process.log();
    let end = end_of(&log, run).unwrap();
    let expected = json!({
        "run": run, "account": account, "agent": sent["agent"]["id"], "conversation": sent["conversation"]["id"],
        "request.id": request, "status": "FAILED", "code": "UNAVAILABLE", "attempts": 1, "level": "INFO",
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&end[field], value, "{field}: {end:#}");
    }
    assert!(
        end["detail"]
            .as_str()
            .unwrap()
            .contains("the flumph quota of"),
        "{end:#}"
    );
    for field in ["reason", "trace.id", "target", "timestamp"] {
        assert!(end[field].is_string(), "no {field}: {end:#}");
    }
    for field in [
        "input_tokens",
        "output_tokens",
        "duration_ms",
        "waited_ms",
        "total_ms",
    ] {
        assert!(end[field].is_number(), "no {field}: {end:#}");
    }
    // the model's failure is a line of its own, and has the same names
    let lines = lines_with(&log, "run", run);
    assert!(
        lines
            .iter()
            .any(|line| line["message"] == "the model failed"),
        "{lines:#?}"
    );
    for line in &lines {
        for field in OF_A_RUN {
            assert_eq!(line[field], end[field], "{line:#}");
        }
    }
    let engine = |line: &&Value| line["target"].as_str().unwrap().contains("engine::attempt");
    for line in log.iter().filter(engine) {
        assert!(line["run"].is_string(), "a line without its run: {line:#}");
    }
    // from the request to the same lines
    let of_request = lines_with(&log, "request.id", &request);
    assert_eq!(of_request.len(), lines.len(), "{of_request:#?}");
    // neither secrets nor what people write
    let text = process.log_text();
    for private in [KEY, "a private question", owner.key()] {
        assert!(!text.contains(private), "the log has {private}");
    }

    // and one query of the API
    let found = owner.ok(RUN, json!({"id": run})).await["run"].clone();
    assert_eq!(
        (&found["status"], &found["attempt"]),
        (&json!("FAILED"), &json!(1))
    );
    assert_eq!(found["error"]["code"], end["code"]);
    assert_eq!(found["error"]["detail"], end["detail"]);

    let trace = &end["trace.id"];
    assert_ne!(answered(&process, &upstream).await["trace.id"], *trace);
    process.terminate().await;
}

/// The end of another run, with its model and its tokens.
async fn answered(process: &Process, upstream: &Upstream) -> Value {
    upstream.will(Script::says(&["Good ", "morning."]));
    let input = json!({"message": "Hello?", "clientMessageId": "two"});
    let sent = process.owner.ok(SEND, json!({"input": input})).await["sendMessage"]["run"].clone();
    until("the end is logged", async || {
        end_of(&process.log(), &sent["id"]).is_some()
    })
    .await;
    let log = process.log();
    let second = end_of(&log, &sent["id"]).unwrap();
    assert_eq!(
        (&second["status"], &second["finish_reason"]),
        (&json!("SUCCEEDED"), &json!("STOP"))
    );
    assert!(
        second["model"].is_string() && second["first_token_ms"].is_number(),
        "{second:#}"
    );
    assert!(second["output_tokens"].as_i64().unwrap() > 0);
    assert!(second.get("code").is_none_or(Value::is_null), "{second:#}");
    second.clone()
}
