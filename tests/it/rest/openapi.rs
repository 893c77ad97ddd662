//! The description and the routes are the same.

use std::collections::BTreeSet;

use reqwest::{Method, header::ORIGIN};
use serde_json::Value;

use super::Rest;
use crate::support::TestApp;

/// Every `$ref` of a description.
fn references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(to) if name == "$ref" => {
                        found.insert(to);
                    }
                    _ => references(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_description_is_complete_in_itself() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.owner).await;
    let openapi = rest.openapi();
    assert_eq!(openapi["openapi"], "3.1.1");
    let mut referred = BTreeSet::new();
    references(openapi, &mut referred);
    for to in &referred {
        assert!(openapi.pointer(&to[1..]).is_some(), "{to}");
    }
    for name in openapi["components"]["schemas"].as_object().unwrap().keys() {
        assert!(
            referred.contains(format!("#/components/schemas/{name}").as_str()),
            "{name}"
        );
    }
    let mut ids = BTreeSet::new();
    for (path, item) in openapi["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap()),
                "{what}"
            );
            let parameters = operation["parameters"].as_array().unwrap();
            let in_path = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path");
            let in_path: Vec<_> = in_path.map(|one| one["name"].as_str().unwrap()).collect();
            let named = path.split('/').filter_map(|part| part.strip_prefix('{'));
            let named: Vec<_> = named.map(|part| part.trim_end_matches('}')).collect();
            assert_eq!(in_path, named, "{what}");
            for parameter in parameters {
                let texts = [&parameter["description"], &parameter["schema"]];
                assert!(
                    texts.iter().all(|text| !text.is_null()),
                    "{what}: {parameter}"
                );
            }
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                responses.keys().any(|status| status.starts_with('2')),
                "{what}"
            );
            assert!(operation["x-graphql"]["document"].is_string(), "{what}");
        }
    }
}

#[tokio::test]
async fn every_described_operation_is_a_route_and_every_other_method_is_not() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.owner).await;
    let nobody = rest.anonymous();
    let methods = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    for (template, item) in rest.openapi()["paths"].as_object().unwrap() {
        let path = template
            .replace("{account}", "me")
            .replace("{agent}", &app.home.agent);
        let described = |method: &Method| item.get(method.as_str().to_lowercase()).is_some();
        for method in &methods {
            // without a key, a route refuses before it does anything
            let answer = nobody.call(method.clone(), &path, None).await;
            if described(method) {
                answer.is_problem(401, "UNAUTHENTICATED");
                continue;
            }
            answer.is_problem(405, "BAD_USER_INPUT");
            let allowed = answer.headers["allow"].to_str().unwrap().split(',');
            let allowed: BTreeSet<_> = allowed.filter(|name| *name != "HEAD").collect();
            let expected = methods.iter().filter(|method| described(method));
            let expected: BTreeSet<_> = expected.map(Method::as_str).collect();
            assert_eq!(allowed, expected, "{template}");
        }
    }
    for path in [
        "/accounts",
        "/accounts/me",
        "/accounts/me/runs",
        "/agents/x",
        "/agents/x/y/z",
    ] {
        assert_eq!(nobody.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_description_is_for_those_who_may_read_the_schema() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.reader).await;
    let ada = crate::end_users::browser(&app, "ada").await;
    for hidden_from in [rest.anonymous(), rest.by(&ada)] {
        let refused = hidden_from
            .request(Method::GET, "/openapi.json")
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), 401);
        assert_eq!(
            refused.headers()["content-type"],
            "application/problem+json"
        );
    }
}

#[tokio::test]
async fn pages_of_other_origins_are_refused_and_asked_for_their_methods() {
    let app = TestApp::start().await;
    let rest = Rest::of(&app, &app.home.admin).await;
    let request = rest
        .request(Method::GET, "/agents")
        .header(ORIGIN, "https://evil.example");
    let refused = rest.send(request, &Method::GET, "/agents").await;
    refused.is_problem(403, "FORBIDDEN");
    let path = format!("/accounts/me/agents/{}", app.home.agent);
    let preflight = rest.anonymous().request(Method::OPTIONS, &path);
    let preflight = preflight.header(ORIGIN, "https://shop.example");
    let preflight = preflight.header("access-control-request-method", "PUT");
    let allowed = preflight.send().await.unwrap();
    assert_eq!(allowed.status(), 204);
    let methods = allowed.headers()["access-control-allow-methods"]
        .to_str()
        .unwrap();
    assert!(
        methods.contains("PUT") && methods.contains("DELETE"),
        "{methods}"
    );
}
