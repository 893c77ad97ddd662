//! The probes of workers, and of a server with a port of its own for them.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{ReservedPort, TestApp, until};

/// The status and the text of a path.
async fn get(url: &str, path: &str) -> (StatusCode, String) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let reply = http.get(format!("{url}{path}")).send().await.unwrap();
    (reply.status(), reply.text().await.unwrap())
}

async fn readiness(url: &str) -> Value {
    serde_json::from_str(&get(url, "/readyz").await.1).unwrap()
}

#[tokio::test]
async fn a_worker_answers_probes_on_its_own_port_and_a_server_shows_that_it_is_alive() {
    let app = TestApp::start().await;
    let without = readiness(&app.url).await;
    assert_eq!(without["ready"], true, "{without}");
    let workers = &without["checks"]["workers"];
    assert_eq!(
        (&workers["ready"], &workers["required"]),
        (&json!(false), &json!(false))
    );
    let reason = workers["reason"].as_str().unwrap();
    assert!(reason.contains("troupe worker"), "{reason}");

    let port = ReservedPort::new();
    let addr = port.address().to_string();
    let worker = app.worker(&[("TROUPE_PROBES_ADDR", &addr)]).await;
    until("the server sees the worker", async || {
        readiness(&app.url).await["checks"]["workers"]["ready"] == true
    })
    .await;
    let url = format!("http://{addr}");
    until("the worker answers", async || {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        http.get(format!("{url}/healthz")).send().await.is_ok()
    })
    .await;
    assert_eq!(
        get(&url, "/healthz").await,
        (StatusCode::OK, "ok\n".to_owned())
    );
    assert_eq!(get(&url, "/readyz").await.0, StatusCode::OK);
    let ready = readiness(&url).await;
    for check in ["database", "workers", "configuration"] {
        assert_eq!(ready["checks"][check]["ready"], true, "{check}: {ready}");
    }
    assert!(
        get(&url, "/metrics")
            .await
            .1
            .contains("troupe_jobs_running 0")
    );
    for path in ["/graphql", "/", "/mcp/crm"] {
        assert_eq!(get(&url, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    worker.stop().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(http.get(format!("{url}/healthz")).send().await.is_err());
}

#[tokio::test]
async fn a_port_for_probes_takes_the_metrics_from_the_public_one() {
    let port = ReservedPort::new();
    let addr = port.address().to_string();
    let app = TestApp::with(&[("TROUPE_PROBES_ADDR", &addr)]).await;
    let own = format!("http://{addr}");
    assert_eq!(get(&app.url, "/metrics").await.0, StatusCode::NOT_FOUND);
    assert!(get(&own, "/metrics").await.1.contains("troupe_build_info{"));
    // platforms probe the port that they route to
    for url in [&app.url, &own] {
        assert_eq!(get(url, "/healthz").await.0, StatusCode::OK);
        assert_eq!(get(url, "/readyz").await.0, StatusCode::OK);
    }
    assert_eq!(get(&own, "/graphql").await.0, StatusCode::NOT_FOUND);
}
