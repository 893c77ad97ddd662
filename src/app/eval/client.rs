//! A client of the GraphQL API: POST for queries and mutations, server-sent events for subscriptions.

use std::io::Cursor;

use futures::{Stream, StreamExt, TryStreamExt};
use reqwest::{
    Client, RequestBuilder, Response,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sse_stream::SseStream;

use crate::{
    domain::Secret,
    error::{Error, Result},
};

/// The media type of server-sent events.
const EVENTS: &str = "text/event-stream";

/// A client with a key.
#[derive(Clone)]
pub(super) struct GraphqlClient {
    http: Client,
    /// The address of the endpoint.
    endpoint: String,
    key: Secret,
}

/// The answer to an operation.
#[derive(Deserialize)]
struct GraphqlAnswer<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<GraphqlError>,
}

#[derive(Deserialize)]
struct GraphqlError {
    message: String,
    #[serde(default)]
    extensions: ErrorExtensions,
}

#[derive(Default, Deserialize)]
struct ErrorExtensions {
    #[serde(default)]
    code: String,
}

impl GraphqlClient {
    /// A client of the server at this URL.
    pub(super) fn new(http: &Client, url: &str, key: Secret) -> Self {
        let base = url.trim_end_matches('/').trim_end_matches("/graphql");
        Self {
            http: http.clone(),
            endpoint: format!("{base}/graphql"),
            key,
        }
    }

    /// The `data` of a query or mutation.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        document: &str,
        variables: Value,
    ) -> Result<T> {
        let response = self.send(self.request(document, &variables)).await?;
        let answer: GraphqlAnswer<T> =
            response.json().await.map_err(|error| self.failed(&error))?;
        answer.into_data()
    }

    /// The `data` of each event of a subscription.
    pub(super) async fn subscribe<T: DeserializeOwned>(
        &self,
        document: &str,
        variables: Value,
    ) -> Result<impl Stream<Item = Result<T>> + use<T>> {
        let request = self.request(document, &variables);
        let response = self.send(request.header(ACCEPT, EVENTS)).await?;
        if !has_type(&response, EVENTS) {
            let answer: GraphqlAnswer<Value> =
                response.json().await.map_err(|error| self.failed(&error))?;
            answer.into_data()?;
            return Err(Error::unavailable(
                "the server answered a subscription without events",
            ));
        }
        let endpoint = self.endpoint.clone();
        let bytes = response.bytes_stream().map_ok(Cursor::new);
        let events = SseStream::from_bytes_stream(bytes);
        Ok(events.filter_map(move |event| {
            let event = event.map_err(|error| broken(&endpoint, &error));
            let data = event.map(|event| event.data.filter(|data| !data.is_empty()));
            let answer = data.transpose().map(|data| {
                let answer = serde_json::from_str(&data?);
                let answer: GraphqlAnswer<T> = answer.map_err(|error| broken(&endpoint, &error))?;
                answer.into_data()
            });
            std::future::ready(answer)
        }))
    }

    fn request(&self, document: &str, variables: &Value) -> RequestBuilder {
        self.http
            .post(&self.endpoint)
            .bearer_auth(self.key.reveal())
            .json(&json!({"query": document, "variables": variables}))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|error| self.failed(&error))?;
        if has_type(&response, "json") || has_type(&response, EVENTS) {
            return Ok(response);
        }
        let status = response.status();
        Err(Error::unavailable(format!(
            "{} answered with {status} and no GraphQL result; is this the URL of a Troupe server?",
            self.endpoint
        )))
    }

    fn failed(&self, error: &reqwest::Error) -> Error {
        broken(&self.endpoint, error)
    }
}

impl<T> GraphqlAnswer<T> {
    /// The data of an answer without errors.
    fn into_data(self) -> Result<T> {
        if let Some(error) = self.errors.first() {
            let GraphqlError {
                message,
                extensions,
            } = error;
            let code = &extensions.code;
            return Err(Error::unavailable(format!(
                "the server refused the request: {message} ({code})"
            )));
        }
        let none = || Error::unavailable("the server answered without data");
        self.data.ok_or_else(none)
    }
}

/// Whether the media type of a response contains this text.
fn has_type(response: &Response, text: &str) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.contains(text))
}

/// The failure of a request, with the last cause that the library names.
fn broken(endpoint: &str, error: &dyn std::error::Error) -> Error {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    Error::unavailable(format!("asking {endpoint} failed: {cause}"))
}
