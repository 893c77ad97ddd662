//! The one writer of a socket: whatever is ready goes out together, with one flush.

use axum::extract::ws::{Message, WebSocket};
use futures::{SinkExt, stream::SplitSink};
use tokio::sync::mpsc;

/// How many messages may wait for a client that reads slowly.
pub(super) const LENGTH: usize = 32;

/// Writes until nobody is left to send, or the client is gone.
pub(super) async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut queue: mpsc::Receiver<Message>,
) -> Result<(), axum::Error> {
    while let Some(message) = queue.recv().await {
        sink.feed(message).await?;
        while let Ok(message) = queue.try_recv() {
            sink.feed(message).await?;
        }
        sink.flush().await?;
    }
    Ok(())
}
