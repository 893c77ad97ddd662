//! A client of REST endpoints that compares every response with the description.

use std::sync::Arc;

use futures::StreamExt;
use jsonschema::Draft;
use reqwest::{
    Method, Response,
    header::{ACCEPT, HeaderMap},
};
use serde_json::{Value, json};

use crate::support::{Client, PATIENCE, TestApp};

/// A client with the key of one caller, or without one.
#[derive(Clone)]
pub(super) struct Rest {
    url: String,
    key: Option<String>,
    http: reqwest::Client,
    openapi: Arc<Value>,
}

/// A response.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

/// A server-sent event.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) data: Value,
}

impl Answer {
    /// The code of a problem.
    pub(super) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The paths of the problems.
    pub(super) fn paths(&self) -> Vec<&str> {
        let problems = self.body["problems"].as_array().into_iter().flatten();
        problems
            .map(|problem| problem["path"].as_str().unwrap())
            .collect()
    }

    /// The body of a response with this status.
    #[track_caller]
    pub(super) fn is(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        &self.body
    }

    /// Checks the status and the code of a problem.
    #[track_caller]
    pub(super) fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.code()),
            (status, code),
            "{:#}",
            self.body
        );
    }
}

impl Rest {
    /// The client of a caller of the app.
    pub(super) async fn of(app: &TestApp, caller: &Client) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.get(format!("{}/openapi.json", app.url));
        let openapi = request.bearer_auth(app.home.reader.key()).send().await;
        let openapi = openapi.unwrap().json().await.unwrap();
        Self {
            url: app.url.clone(),
            key: Some(caller.key().to_owned()),
            http,
            openapi: Arc::new(openapi),
        }
    }

    /// The same client of another caller.
    pub(super) fn by(&self, caller: &Client) -> Self {
        Self {
            key: Some(caller.key().to_owned()),
            ..self.clone()
        }
    }

    /// The same client without a key.
    pub(super) fn anonymous(&self) -> Self {
        Self {
            key: None,
            ..self.clone()
        }
    }

    pub(super) fn openapi(&self) -> &Value {
        &self.openapi
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    pub(super) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self.request(method.clone(), path);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = self.send(request, &method, path).await;
        if let (200..=299, Some(body)) = (answer.status, body) {
            self.check_request(&method, path, body);
        }
        answer
    }

    /// A request with the key.
    pub(super) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// Sends a request to an endpoint, and checks the response.
    pub(super) async fn send(
        &self,
        request: reqwest::RequestBuilder,
        method: &Method,
        path: &str,
    ) -> Answer {
        let answer = read(request.send().await.unwrap()).await;
        self.check_response(method, path, &answer);
        answer
    }

    /// Begins to stream the answer to a message.
    pub(super) async fn chat(&self, path: &str, input: &Value, after: Option<&str>) -> Stream {
        let request = self.request(Method::POST, path).json(input);
        let mut request = request.header(ACCEPT, "text/event-stream");
        if let Some(after) = after {
            request = request.header("Last-Event-ID", after);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        assert_eq!(
            response.headers()["content-type"],
            "text/event-stream; charset=utf-8"
        );
        Stream {
            rest: self.clone(),
            path: path.to_owned(),
            body: response.bytes_stream().boxed(),
            text: String::new(),
        }
    }

    /// The template of a path, and its operation in the description.
    fn operation(&self, method: &Method, path: &str) -> Option<&Value> {
        let path = path.split('?').next().unwrap();
        let paths = self.openapi["paths"].as_object().unwrap();
        let matches = |template: &str| {
            let (given, wanted) = (path.split('/'), template.split('/'));
            given.clone().count() == wanted.clone().count()
                && given
                    .zip(wanted)
                    .all(|(given, wanted)| given == wanted || wanted.starts_with('{'))
        };
        // a literal path before one with a parameter in its place
        let mut found: Vec<_> = paths
            .iter()
            .filter(|(template, _)| matches(template))
            .collect();
        found.sort_by_key(|(template, _)| template.matches('{').count());
        let (_, item) = found.first()?;
        item.get(method.as_str().to_ascii_lowercase())
    }

    fn check_response(&self, method: &Method, path: &str, answer: &Answer) {
        let Some(operation) = self.operation(method, path) else {
            // what is not in the description is not there, or refused
            assert!(
                [404, 405].contains(&answer.status),
                "{method} {path}: {answer:?}"
            );
            return;
        };
        let status = answer.status.to_string();
        let range = format!("{}XX", &status[..1]);
        let responses = &operation["responses"];
        let described = responses.get(&status).or_else(|| responses.get(&range));
        let mut described = described.unwrap_or_else(|| panic!("{method} {path}: {status}"));
        if let Some(reference) = described["$ref"].as_str() {
            described = self.openapi.pointer(&reference[1..]).unwrap();
        }
        let Some(content) = described.get("content") else {
            assert_eq!(answer.body, Value::Null, "{method} {path}");
            return;
        };
        let media_type = answer.headers["content-type"].to_str().unwrap();
        let media_type = media_type.split(';').next().unwrap();
        let schema = &content[media_type]["schema"];
        assert!(schema.is_object(), "{method} {path}: {status} {media_type}");
        self.check(schema, &answer.body, &format!("{method} {path}: {status}"));
        if answer.status >= 400 {
            assert_eq!(answer.body["status"], answer.status, "{method} {path}");
        }
    }

    fn check_request(&self, method: &Method, path: &str, body: &Value) {
        let operation = self.operation(method, path).unwrap();
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        self.check(schema, body, &format!("the body of {method} {path}"));
    }

    /// Checks a value against a schema of the description.
    pub(super) fn check(&self, schema: &Value, value: &Value, what: &str) {
        let schema = json!({"allOf": [schema], "components": self.openapi["components"]});
        let options = jsonschema::options().with_draft(Draft::Draft202012);
        let validator = options.build(&schema).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{what}: {faults:#?}\n{value:#}");
    }
}

async fn read(response: Response) -> Answer {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"))
    };
    Answer {
        status,
        headers,
        body,
    }
}

/// The events of a stream.
pub(super) struct Stream {
    rest: Rest,
    path: String,
    body: futures::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    text: String,
}

impl Stream {
    /// The next event; none after `complete`, or when the connection ends.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if event.starts_with(':') {
                    continue;
                }
                return self.event(&event);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.body.next()).await;
            self.text += std::str::from_utf8(&chunk.unwrap()?.unwrap()).unwrap();
        }
    }

    /// All events up to `complete`.
    pub(super) async fn rest(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }

    fn event(&self, text: &str) -> Option<Event> {
        let field = |name: &str| {
            let mut lines = text.lines();
            lines
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim_start)
        };
        let name = field("event:").unwrap().to_owned();
        if name == "complete" {
            assert_eq!(field("data:"), Some(""));
            return None;
        }
        let data: Value = serde_json::from_str(field("data:").unwrap()).unwrap();
        let operation = self.rest.operation(&Method::POST, &self.path).unwrap();
        let content = &operation["responses"]["200"]["content"];
        let schema = if name == "problem" {
            json!({"$ref": "#/components/schemas/Problem"})
        } else {
            assert_eq!(data["type"], name);
            content["text/event-stream"]["x-event-schema"].clone()
        };
        self.rest.check(&schema, &data, &name);
        Some(Event {
            name,
            id: field("id:").map(str::to_owned),
            data,
        })
    }
}
