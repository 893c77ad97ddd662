//! One request and one response: refusals with their statuses and messages.

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use sea_orm::ConnectionTrait;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::support::{Reply, Server, numbered};
use crate::support::until;

#[tokio::test]
async fn get_executes_queries_only() {
    let server = Server::start().await;
    let get = async |query: &str| Reply::of(server.get_query(query).send().await.unwrap()).await;
    assert_eq!(
        get("{ __typename }").await.json(),
        json!({ "data": { "__typename": "Query" } })
    );
    let refused = get("mutation { __typename }").await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("allow")),
        (405, "POST")
    );
    let stream = server.get_query("subscription { agentChanged { id } }");
    let stream = stream.header(AUTHORIZATION, &server.key).send().await;
    assert_eq!(stream.unwrap().status(), 406);
    let hidden = get("query A { __typename } mutation B { __typename }").await;
    assert_eq!(hidden.code(), "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_simple_request_of_a_browser_executes_nothing() {
    let server = Server::start().await;
    let body = json!({ "query": "{ __typename }" });
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "application/jsonp",
    ] {
        let mut request = server.post(&body).build().unwrap();
        request
            .headers_mut()
            .insert(CONTENT_TYPE, kind.parse().unwrap());
        let reply = Reply::of(server.send(request).await).await;
        assert_eq!(reply.status, 415, "{kind}: {}", reply.text);
    }
    // a form with files is for callers with a key, which a page of another site cannot send without asking first
    let mut form = server.post(&body).build().unwrap();
    let kind = "multipart/form-data; boundary=x";
    form.headers_mut()
        .insert(CONTENT_TYPE, kind.parse().unwrap());
    let reply = Reply::of(server.send(form).await).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code()),
        (401, "UNAUTHENTICATED".into())
    );
    // What a browser sends for an image or a link on a page of another site.
    let image = server
        .get_query("{ __typename }")
        .header("sec-fetch-site", "cross-site");
    assert_eq!(image.send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn batches_and_parameters_of_the_wrong_type_are_refused() {
    let server = Server::start().await;
    for (body, said) in [
        (json!([{ "query": "{ __typename }" }]), "batches"),
        (json!("{ __typename }"), "is a string"),
        (json!({ "query": 1 }), "query: is a number"),
        (json!({}), "query: is missing"),
        (
            json!({ "query": "{ __typename }", "variables": [] }),
            "variables: is a list",
        ),
        (
            json!({ "query": "{ __typename }", "extensions": "x" }),
            "extensions: is a string",
        ),
        (
            json!({ "query": "{ __typename }", "operationName": {} }),
            "operationName: is an object",
        ),
    ] {
        let reply = Reply::of(server.post(&body).send().await.unwrap()).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (400, "BAD_USER_INPUT"),
            "{body}"
        );
        assert!(reply.message().contains(said), "{}", reply.text);
    }
}

#[tokio::test]
async fn an_empty_operation_name_counts_as_none() {
    let server = Server::start().await;
    let body = |query: &str| json!({ "query": query, "operationName": "" });
    for query in ["{ __typename }", "query Named { __typename }"] {
        let reply = Reply::of(server.post(&body(query)).send().await.unwrap()).await;
        assert_eq!(reply.json(), json!({ "data": { "__typename": "Query" } }));
    }
    let pairs = [("query", "{ __typename }"), ("operationName", "")];
    let url = reqwest::Url::parse_with_params(&server.url("/graphql"), pairs).unwrap();
    let get = server.get(&format!("/graphql?{}", url.query().unwrap()));
    assert_eq!(get.send().await.unwrap().status(), 200);
    let mut socket = server.ready_socket().await;
    socket
        .send(json!({ "id": "1", "type": "subscribe", "payload": body("{ __typename }") }))
        .await;
    assert_eq!(socket.next().await["type"], "next");
    let several = body("query A { __typename } query B { __typename }");
    let reply = Reply::of(server.post(&several).send().await.unwrap()).await;
    assert_eq!(reply.code(), "BAD_USER_INPUT");
}

#[tokio::test]
async fn the_status_reports_execution_to_clients_that_accept_graphql_responses() {
    let server = Server::start().await;
    for (query, status, code) in [
        ("{ __typename }", 200, ""),
        ("{ nothing }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("{", 400, "GRAPHQL_PARSE_FAILED"),
        (
            "query($id: ID!) { node(id: $id) { id } }",
            400,
            "BAD_USER_INPUT",
        ),
    ] {
        let reply = server.query(query).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (status, code)
        );
        let plain = server.stream("application/json", query).await;
        assert_eq!(plain.status(), 200, "{query}");
    }
    assert_eq!(
        server.stream("text/html", "{ __typename }").await.status(),
        406
    );
}

#[tokio::test]
async fn a_parse_error_has_a_location_and_echoes_nothing() {
    let server = Server::start().await;
    let marker = "m".repeat(5_000);
    let reply = server.query(&format!("{{ a }}\n\"{marker}\"")).await;
    assert_eq!(reply.code(), "GRAPHQL_PARSE_FAILED");
    assert_eq!(reply.message(), "syntax error at line 2, column 1");
    let reply = server.query(&format!("{{ {marker} }}")).await;
    assert_eq!(reply.code(), "GRAPHQL_VALIDATION_FAILED");
    assert!(reply.text.len() < 4096, "{} bytes", reply.text.len());
    let many = numbered(300, "f", " ");
    let reply = server.query(&format!("{{ viewer {{ {many} }} }}")).await;
    assert!(reply.text.len() < 4096, "{} bytes", reply.text.len());
}

#[tokio::test]
async fn the_server_ignores_a_clients_request_id() {
    let server = Server::start().await;
    let request = server
        .post(&json!({ "query": "{ __typename }" }))
        .header("x-request-id", "mine");
    let reply = Reply::of(request.send().await.unwrap()).await;
    assert!(reply.header("x-request-id").starts_with("request_"));
}

#[tokio::test]
async fn the_schema_and_its_names_are_for_callers_with_a_key() {
    let server = Server::start().await;
    let ask = async |query: &str, key: Option<&str>| {
        let request = server.post(&json!({ "query": query }));
        let request = key
            .into_iter()
            .fold(request, |request, key| request.header(AUTHORIZATION, key));
        Reply::of(request.send().await.unwrap()).await
    };
    let schema = "{ __schema { queryType { name } } }";
    assert_eq!(ask(schema, None).await.code(), "UNAUTHENTICATED");
    let hidden = "{ ... { ...F } } fragment F on Query { __type(name: \"Query\") { name } }";
    assert_eq!(ask(hidden, None).await.code(), "UNAUTHENTICATED");
    assert_eq!(ask(schema, Some(&server.key)).await.status, 200);
    let typo = "{ viewr { role } }";
    assert!(!ask(typo, None).await.text.contains("Did you mean"));
    assert!(
        ask(typo, Some(&server.key))
            .await
            .text
            .contains("Did you mean")
    );
    let open = Server::with("{ public_introspection: true }").await;
    assert_eq!(open.query(schema).await.status, 200);
    assert!(open.query(typo).await.text.contains("Did you mean"));
}

#[tokio::test]
async fn a_bad_key_is_401_and_no_key_is_anonymous() {
    let server = Server::start().await;
    for bad in ["Bearer wrong", "Basic dTpw", "Bearer", "caf\u{e9}"] {
        let request = server
            .post(&json!({ "query": "{ __typename }" }))
            .header(AUTHORIZATION, bad);
        let reply = Reply::of(request.send().await.unwrap()).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (401, "UNAUTHENTICATED"),
            "{bad}"
        );
        assert!(reply.header("www-authenticate").starts_with("Bearer"));
    }
    assert_eq!(server.query("{ __typename }").await.status, 200);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_413() {
    let server = Server::with("{ body_bytes: 1000 }").await;
    let body = json!({ "query": "{ __typename }", "extensions": { "x": "x".repeat(1000) } });
    let reply = Reply::of(server.post(&body).send().await.unwrap()).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code().as_str()),
        (413, "TOO_COMPLEX")
    );
    let larger = Server::with("{ body_bytes: 2000 }").await;
    assert_eq!(larger.post(&body).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_persisted_query_is_found_only_by_the_hash_of_its_text() {
    let server = Server::start().await;
    let query = "{ __typename }";
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(query));
    let ask = async |query: Option<&str>, hash: &str| {
        let mut body =
            json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } });
        if let Some(query) = query {
            body["query"] = json!(query);
        }
        Reply::of(server.post(&body).send().await.unwrap()).await
    };
    let unknown = ask(None, &hash).await;
    assert_eq!(unknown.code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(unknown.message(), "PersistedQueryNotFound");
    assert_eq!(
        ask(Some("{ other: __typename }"), &hash).await.code(),
        "BAD_USER_INPUT"
    );
    assert_eq!(ask(None, &hash).await.code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(ask(Some(query), &hash).await.status, 200);
    assert_eq!(
        ask(None, &hash).await.json(),
        json!({ "data": { "__typename": "Query" } })
    );
    assert_eq!(ask(None, &hash.to_uppercase()).await.status, 200);
    assert_eq!(ask(None, "zz").await.code(), "BAD_USER_INPUT");
}

#[tokio::test]
async fn probes_report_what_is_missing() {
    let server = Server::start().await;
    assert_eq!(server.get("/healthz").send().await.unwrap().status(), 200);
    let ready = Reply::of(server.get("/readyz").send().await.unwrap()).await;
    assert_eq!(ready.status, 200);
    let ready = ready.json();
    assert_eq!(
        (&ready["ready"], &ready["draining"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        ready["checks"]["database"],
        json!({ "ready": true, "required": true })
    );
}

#[tokio::test]
async fn a_read_only_database_is_not_ready() {
    let server = Server::start().await;
    let database = server.app.connect().await;
    // Only the table that the probe writes is missing.
    let drop = "DROP TABLE health_probes";
    database.execute_unprepared(drop).await.unwrap();
    until("it is not ready", async || {
        let ready = Reply::of(server.get("/readyz").send().await.unwrap()).await;
        let check = &ready.json()["checks"]["database"];
        let reason = json!("the database cannot be written");
        ready.status == 503 && check["ready"] == false && check["reason"] == reason
    })
    .await;
    assert_eq!(server.get("/healthz").send().await.unwrap().status(), 200);
    assert_eq!(server.query("{ __typename }").await.status, 200);
}

#[tokio::test]
async fn the_schema_is_served_to_those_who_may_introspect() {
    let server = Server::start().await;
    let hidden = Reply::of(server.get("/schema.graphql").send().await.unwrap()).await;
    assert_eq!(hidden.code(), "UNAUTHENTICATED");
    let wrong = server
        .get("/schema.graphql")
        .header(AUTHORIZATION, "Bearer wrong");
    assert_eq!(wrong.send().await.unwrap().status(), 401);
    let shown = server
        .get("/schema.graphql")
        .header(AUTHORIZATION, &server.key);
    let shown = Reply::of(shown.send().await.unwrap()).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(shown.text, troupe::graphql::sdl());
    let open = Server::with("{ public_introspection: true }").await;
    let shown = Reply::of(open.get("/schema.graphql").send().await.unwrap()).await;
    assert_eq!(shown.text, troupe::graphql::sdl());
}

#[tokio::test]
async fn the_first_page_is_the_console_or_leads_to_the_others() {
    let server = Server::start().await;
    let home = Reply::of(server.get("/").send().await.unwrap()).await;
    assert_eq!(home.header("content-type"), "text/html; charset=utf-8");
    let policy = home.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let deep = server.get("/console/agents/sales/settings");
    let deep = Reply::of(deep.send().await.unwrap()).await;
    if deep.status == 404 {
        // a binary without the built pages
        assert!(deep.text.contains("npm run build"), "{}", deep.text);
        let links = home.text.split("href=\"").skip(1);
        let links: Vec<_> = links.map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(links, ["/graphiql", "/schema.graphql", "/readyz"]);
        return;
    }
    assert_eq!(deep.text, home.text);
    assert_eq!(deep.header("content-security-policy"), policy);
    let known = server
        .get("/console")
        .header("if-none-match", home.header("etag"));
    assert_eq!(known.send().await.unwrap().status(), 304);
}

#[tokio::test]
async fn the_page_loads_nothing_from_other_origins() {
    let server = Server::start().await;
    let page = Reply::of(
        server
            .get("/graphiql")
            .header(ACCEPT, "text/html")
            .send()
            .await
            .unwrap(),
    )
    .await;
    if page.status == 404 {
        assert!(page.text.contains("npm run build"), "{}", page.text);
        return;
    }
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'self'")
    );
    let known = server
        .get("/graphiql")
        .header("if-none-match", page.header("etag"));
    assert_eq!(known.send().await.unwrap().status(), 304);
    assert_eq!(
        server
            .get("/assets/../Cargo.toml")
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
}
