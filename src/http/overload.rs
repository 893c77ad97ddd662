//! Answers a connection without a slot: 503, without reading the request, by a task that needs almost no memory.

use std::{sync::Arc, time::Duration};

use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{lingering::LingeringStream, refusal};

/// The timeout for the start of a request. Some clients do not understand a response that comes before their request.
const REQUEST: Duration = Duration::from_secs(3);
/// The timeout for the peer to receive the response; lingering has its own limit.
const ANSWER: Duration = Duration::from_secs(3);

/// Answers 503 when a request begins or its timeout is over, and closes the connection.
pub(super) async fn refuse(stream: TcpStream) {
    begins_request(&stream).await;
    answer(stream).await;
}

/// Whether a request begins before the timeout. Peeks at the first byte: `readable` may report a new stream without
/// data.
pub(super) async fn begins_request(stream: &TcpStream) -> bool {
    let begun = tokio::time::timeout(REQUEST, stream.peek(&mut [0])).await;
    matches!(begun, Ok(Ok(1..)))
}

pub(super) async fn answer(stream: TcpStream) {
    let answer = async {
        let mut stream = LingeringStream::new(stream, Arc::default());
        stream.write_all(response().as_bytes()).await?;
        stream.shutdown().await
    };
    // a peer that has disconnected needs no response
    let _ = tokio::time::timeout(ANSWER, answer).await;
}

fn response() -> String {
    let body = format!(
        "{{\"errors\":[{{\"message\":\"{}\",\"extensions\":{{\"code\":\"UNAVAILABLE\",\"retryAfterSeconds\":{}}}}}]}}",
        refusal::NO_SLOT,
        refusal::NO_PLACE_RETRY.as_secs()
    );
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n\
         retry-after: {}\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}",
        body.len(),
        refusal::NO_PLACE_RETRY.as_secs()
    )
}
