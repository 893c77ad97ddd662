//! The one writer of a socket: whatever is ready goes out together, with one flush.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::extract::ws::{Message, WebSocket};
use futures::{SinkExt, stream::SplitSink};
use tokio::sync::mpsc;

/// How many messages may wait for a client that reads slowly: one of each operation that a socket usually has, so that
/// those who speak at once do not wait for each other.
pub(super) const LENGTH: usize = 100;

/// How many messages the client has taken: whoever reads slowly is not dead.
pub(super) type Taken = Arc<AtomicU64>;

/// Writes until nobody is left to send, or the client is gone.
pub(super) async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut queue: mpsc::Receiver<Message>,
    taken: Taken,
) -> Result<(), axum::Error> {
    while let Some(message) = queue.recv().await {
        sink.feed(message).await?;
        taken.fetch_add(1, Ordering::Relaxed);
        // the scheduler runs whom a message wakes before anyone else: those who are about to speak come first
        tokio::task::yield_now().await;
        while let Ok(message) = queue.try_recv() {
            sink.feed(message).await?;
            taken.fetch_add(1, Ordering::Relaxed);
        }
        sink.flush().await?;
    }
    Ok(())
}
