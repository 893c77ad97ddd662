//! The messages to a socket's client: a short queue from all senders to one writer, which writes all pending messages
//! with one flush.
//!
//! The queue is our own because most sockets are silent most of the time: it allocates no memory for messages that do
//! not exist, and takes all pending messages in one step.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use axum::extract::ws::{Message, WebSocket};
use futures::{SinkExt, stream::SplitSink};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

/// The maximum number of messages that wait for a slow client: one for each operation that a socket usually has, so
/// that concurrent senders do not wait for each other.
const LENGTH: usize = 100;
/// The maximum number of times that the writer yields to senders before it flushes, so that a flush also happens under
/// a continuous load.
const ROUNDS: usize = 32;

/// The number of messages that the client has accepted: a client that reads slowly is still alive.
pub(super) type MessagesWritten = Arc<AtomicU64>;

/// The writer has ended: the client has disconnected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closed;

/// The sending end of the queue. Clones share it.
pub(super) struct Outbox(Arc<QueueState>);

/// The receiving end of the queue.
pub(super) struct Queue(Arc<QueueState>);

struct QueueState {
    said: Mutex<Queued>,
    /// The free slots; closed when the writer has ended.
    permits: Semaphore,
    /// Notified of the first message after an empty queue, and when the last sender is dropped.
    news: Notify,
    closed: Notify,
    handles: AtomicUsize,
}

/// The pending messages, and the number of slots that they occupy.
#[derive(Default)]
struct Queued {
    messages: Vec<Message>,
    slots: usize,
}

/// Slots for messages that are queued together.
pub(super) struct ReservedSlots<'o> {
    permit: SemaphorePermit<'o>,
    slots: usize,
    state: &'o QueueState,
}

impl ReservedSlots<'_> {
    /// Queues the messages.
    pub(super) fn put(self, messages: impl IntoIterator<Item = Message>) {
        self.permit.forget();
        self.state.put(messages, self.slots);
    }
}

/// An empty queue.
pub(super) fn open() -> (Outbox, Queue) {
    let shared = Arc::new(QueueState {
        said: Mutex::default(),
        permits: Semaphore::new(LENGTH),
        news: Notify::new(),
        closed: Notify::new(),
        handles: AtomicUsize::new(1),
    });
    (Outbox(Arc::clone(&shared)), Queue(shared))
}

impl Outbox {
    /// Queues a message; waits for a slot.
    pub(super) async fn send(&self, message: Message) -> Result<(), Closed> {
        self.reserve(1).await?.put([message]);
        Ok(())
    }

    /// Waits for slots for `count` messages; for more messages than there are slots, waits until all slots are free.
    pub(super) async fn reserve(&self, count: usize) -> Result<ReservedSlots<'_>, Closed> {
        let slots = count.min(LENGTH);
        let count = u32::try_from(slots).map_err(|_| Closed)?;
        let permit = self.0.permits.acquire_many(count).await;
        Ok(ReservedSlots {
            permit: permit.map_err(|_| Closed)?,
            slots,
            state: &self.0,
        })
    }

    /// Queues a message if there is a free slot, else drops it.
    pub(super) fn try_send(&self, message: Message) {
        if let Ok(permit) = self.0.permits.try_acquire() {
            permit.forget();
            self.0.put([message], 1);
        }
    }

    /// Waits until the writer has ended.
    pub(super) async fn closed(&self) {
        let closed = self.0.closed.notified();
        if !self.0.permits.is_closed() {
            closed.await;
        }
    }
}

impl Clone for Outbox {
    fn clone(&self) -> Self {
        self.0.handles.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        if self.0.handles.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.news.notify_one();
        }
    }
}

impl QueueState {
    fn put(&self, messages: impl IntoIterator<Item = Message>, slots: usize) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = said.messages.is_empty();
        said.messages.extend(messages);
        said.slots += slots;
        drop(said);
        if was_empty {
            self.news.notify_one();
        }
    }
}

impl Queue {
    /// All pending messages, as soon as there is one; none when there are no senders any more.
    async fn next(&mut self) -> Option<Queued> {
        loop {
            // in this order: a sender may have queued a message just before it was dropped
            let is_last = self.0.handles.load(Ordering::Acquire) == 0;
            let said = self.take();
            if !said.messages.is_empty() {
                return Some(said);
            }
            if is_last {
                return None;
            }
            self.0.news.notified().await;
        }
    }

    /// All pending messages; their slots stay occupied until they are given back.
    fn take(&mut self) -> Queued {
        let mut said = self.0.said.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *said)
    }

    fn give_back(&mut self, permits: usize) {
        self.0.permits.add_permits(permits);
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.0.permits.close();
        self.0.closed.notify_waiters();
    }
}

/// The socket's only writer.
struct Writer {
    sink: SplitSink<WebSocket, Message>,
    queue: Queue,
    taken: MessagesWritten,
}

/// Writes until all senders are dropped, or the client has disconnected.
pub(super) async fn write(
    sink: SplitSink<WebSocket, Message>,
    queue: Queue,
    taken: MessagesWritten,
) -> Result<(), axum::Error> {
    let mut writer = Writer { sink, queue, taken };
    while let Some(said) = writer.queue.next().await {
        writer.feed(said).await?;
        for _ in 0..ROUNDS {
            // the scheduler runs a task that was just woken before all others, and looks at its queue of waiting tasks
            // only every few tasks: by yielding until no new message comes, the writer lets all tasks that are about to
            // send go first
            tokio::task::yield_now().await;
            let more = writer.queue.take();
            if more.messages.is_empty() {
                break;
            }
            writer.feed(more).await?;
        }
        writer.sink.flush().await?;
    }
    Ok(())
}

impl Writer {
    async fn feed(&mut self, said: Queued) -> Result<(), axum::Error> {
        for message in said.messages {
            self.sink.feed(message).await?;
            self.taken.fetch_add(1, Ordering::Relaxed);
        }
        self.queue.give_back(said.slots);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::ws::Message;
    use futures::FutureExt;

    use super::{Closed, LENGTH, Queued, open};

    fn texts(said: Queued) -> Vec<String> {
        said.messages
            .into_iter()
            .map(|message| message.into_text().unwrap().to_string())
            .collect()
    }

    #[tokio::test]
    async fn queued_messages_are_returned_together_in_order_before_the_end() {
        let (outbox, mut queue) = open();
        assert!(queue.next().now_or_never().is_none());
        let other = outbox.clone();
        outbox.send(Message::text("a")).await.unwrap();
        other.send(Message::text("b")).await.unwrap();
        assert_eq!(texts(queue.next().await.unwrap()), ["a", "b"]);
        other.try_send(Message::text("c"));
        drop((outbox, other));
        assert_eq!(texts(queue.next().await.unwrap()), ["c"]);
        assert!(queue.next().await.is_none());
    }

    #[tokio::test]
    async fn waiting_ends_with_a_message_or_when_the_last_handle_is_dropped() {
        let (outbox, mut queue) = open();
        let (said, ()) = tokio::join!(queue.next(), async {
            tokio::task::yield_now().await;
            outbox.send(Message::text("a")).await.unwrap();
        });
        assert_eq!(texts(said.unwrap()), ["a"]);
        let (said, ()) = tokio::join!(queue.next(), async {
            tokio::task::yield_now().await;
            drop(outbox);
        });
        assert!(said.is_none());
    }

    #[tokio::test]
    async fn slots_are_reusable_after_they_are_given_back() {
        let (outbox, mut queue) = open();
        for _ in 0..LENGTH {
            outbox.send(Message::text("")).await.unwrap();
        }
        outbox.try_send(Message::text("one too many"));
        assert!(outbox.send(Message::text("")).now_or_never().is_none());
        assert_eq!(queue.next().await.unwrap().messages.len(), LENGTH);
        assert!(outbox.send(Message::text("")).now_or_never().is_none());
        queue.give_back(1);
        assert_eq!(outbox.send(Message::text("")).await, Ok(()));
        assert!(outbox.send(Message::text("")).now_or_never().is_none());
    }

    #[tokio::test]
    async fn messages_that_are_queued_together_occupy_their_slots_until_all_are_written() {
        let (outbox, mut queue) = open();
        outbox.send(Message::text("before")).await.unwrap();
        let all = outbox.reserve(10 * LENGTH);
        tokio::pin!(all);
        assert!((&mut all).now_or_never().is_none());
        let before = queue.next().await.unwrap();
        queue.give_back(before.slots);
        let many = std::iter::repeat_n(Message::text(""), 10 * LENGTH);
        all.await.unwrap().put(many);
        outbox.try_send(Message::text("one too many"));
        let said = queue.next().await.unwrap();
        assert_eq!((said.messages.len(), said.slots), (10 * LENGTH, LENGTH));
        queue.give_back(said.slots);
        outbox.send(Message::text("after")).await.unwrap();
        assert_eq!(texts(queue.next().await.unwrap()), ["after"]);
    }

    #[tokio::test]
    async fn a_waiting_sender_fails_when_the_queue_is_dropped() {
        let (outbox, queue) = open();
        for _ in 0..LENGTH {
            outbox.send(Message::text("")).await.unwrap();
        }
        let speaks = outbox.send(Message::text(""));
        let ((), said, ()) = tokio::join!(outbox.closed(), speaks, async {
            tokio::task::yield_now().await;
            drop(queue);
        });
        assert_eq!(said, Err(Closed));
        outbox.closed().await;
    }
}
