//! The answer to a connection that there is no place for: 503, written unread, by a task that holds next to nothing.

use std::{sync::Arc, time::Duration};

use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{lingering::LingeringStream, refusal};

/// How long a peer that there is no place for may take to begin its request: an answer that comes before it is not understood by every client.
const REQUEST: Duration = Duration::from_secs(3);
/// How long a peer may take to take the answer; what lingers has a bound of its own.
const ANSWER: Duration = Duration::from_secs(3);

/// Answers 503 once a request begins, or its time is over, and closes the connection.
pub(super) async fn refuse(stream: TcpStream) {
    begins_request(&stream).await;
    answer(stream).await;
}

/// Whether a request begins in its time. A look at the first byte: `readable` may be true of a new stream without any.
pub(super) async fn begins_request(stream: &TcpStream) -> bool {
    let begun = tokio::time::timeout(REQUEST, stream.peek(&mut [0])).await;
    matches!(begun, Ok(Ok(1..)))
}

/// Answers 503 and closes the connection.
pub(super) async fn answer(stream: TcpStream) {
    let answer = async {
        let mut stream = LingeringStream::new(stream, Arc::default());
        stream.write_all(response().as_bytes()).await?;
        stream.shutdown().await
    };
    // a peer that is gone needs no answer
    let _ = tokio::time::timeout(ANSWER, answer).await;
}

fn response() -> String {
    let body = format!(
        "{{\"errors\":[{{\"message\":\"{}\",\"extensions\":{{\"code\":\"UNAVAILABLE\",\"retryAfterSeconds\":{}}}}}]}}",
        refusal::NO_PLACE,
        refusal::NO_PLACE_RETRY.as_secs()
    );
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n\
         retry-after: {}\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}",
        body.len(),
        refusal::NO_PLACE_RETRY.as_secs()
    )
}
