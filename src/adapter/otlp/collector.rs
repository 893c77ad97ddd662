//! Requests to a collector.

use std::time::Duration;

use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::InstrumentationScope,
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message;
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};

use super::{OtlpOptions, attributes::Attributes};
use crate::{
    error::{Error, Result},
    outgoing::{BodyLimits, OutgoingFailure, RetryPolicy, read_body, retry_after},
};

/// The timeout of one request, as OTLP's exporters have it.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The retries of a request, at most half a minute in all: further spans wait in the queue meanwhile.
const RETRY: RetryPolicy = RetryPolicy {
    retries: 3,
    first_pause: Duration::from_millis(500),
    longest_pause: Duration::from_secs(10),
    total: Some(Duration::from_secs(20)),
};
/// The limits of a response, which is a few bytes.
const RESPONSE: BodyLimits = BodyLimits {
    bytes: 64 * 1024,
    idle: Duration::from_secs(5),
};
/// The statuses after which a request is repeated: <https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes>.
const TEMPORARY: [StatusCode; 4] = [
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

/// A collector of OpenTelemetry.
pub(super) struct Collector {
    client: Client,
    url: String,
    headers: HeaderMap,
    resource: Resource,
    scope: InstrumentationScope,
}

impl Collector {
    /// The collector that the options name. INTERNAL for a header that cannot be sent.
    pub(super) fn new(client: &Client, options: OtlpOptions) -> Result<Self> {
        let mut headers = HeaderMap::new();
        for (name, value) in &options.headers {
            let (name, value) = header(name, value.reveal())?;
            headers.append(name, value);
        }
        // after the given ones: it is what the body is
        let protobuf = HeaderValue::from_static("application/x-protobuf");
        headers.insert(CONTENT_TYPE, protobuf);
        let version = env!("CARGO_PKG_VERSION");
        let mut resource = Attributes::default();
        resource.text("service.name", options.service_name);
        resource.text("service.version", version);
        resource.text("service.instance.id", options.instance);
        let mut scope = Attributes::default();
        scope.text("troupe.conventions", options.conventions.name());
        Ok(Self {
            client: client.clone(),
            url: format!("{}/v1/traces", options.endpoint),
            headers,
            resource: Resource {
                attributes: resource.into_messages(),
                ..Resource::default()
            },
            scope: InstrumentationScope {
                name: "troupe".to_owned(),
                version: version.to_owned(),
                attributes: scope.into_messages(),
                ..InstrumentationScope::default()
            },
        })
    }

    /// Exports spans, and returns the number of those that the collector has refused.
    pub(super) async fn export(&self, spans: Vec<Span>) -> Result<u64, OutgoingFailure> {
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: Some(self.resource.clone()),
                scope_spans: vec![ScopeSpans {
                    scope: Some(self.scope.clone()),
                    spans,
                    schema_url: String::new(),
                }],
                schema_url: String::new(),
            }],
        };
        let body = bytes::Bytes::from(request.encode_to_vec());
        RETRY.run(|| self.post(body.clone())).await
    }

    async fn post(&self, body: bytes::Bytes) -> Result<u64, OutgoingFailure> {
        let request = self.client.post(&self.url).headers(self.headers.clone());
        let response = request.timeout(TIMEOUT).body(body).send().await;
        let response = response.map_err(|error| {
            let error = error.without_url();
            OutgoingFailure::temporary(Error::unavailable("the collector does not answer"))
                .with_source(error)
        })?;
        if !response.status().is_success() {
            return Err(refused(&response));
        }
        // a collector that answers nothing readable has taken the spans all the same
        let answer = read_body(response, RESPONSE).await.unwrap_or_default();
        let answer = ExportTraceServiceResponse::decode(answer.as_slice()).unwrap_or_default();
        let refused = answer.partial_success.unwrap_or_default().rejected_spans;
        Ok(u64::try_from(refused).unwrap_or_default())
    }
}

/// The failure of a request that the collector did not accept. Its words are not read: they may repeat a header.
fn refused(response: &Response) -> OutgoingFailure {
    let status = response.status();
    let error = Error::unavailable(format!("the collector answers {}", status.as_u16()));
    let failure = if TEMPORARY.contains(&status) {
        OutgoingFailure::temporary(error)
    } else {
        OutgoingFailure::permanent(error)
    };
    failure
        .with_status(status)
        .with_retry_after(retry_after(response.headers()))
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue)> {
    let wrong = || Error::internal("reading a header for the collector");
    let name = HeaderName::try_from(name).map_err(|error| wrong().with_source(error))?;
    let mut value = HeaderValue::try_from(value).map_err(|error| wrong().with_source(error))?;
    value.set_sensitive(true);
    Ok((name, value))
}
