//! Announcements within one process: a bounded channel per account with listeners, and one for all accounts.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{StreamExt, stream::BoxStream};
use tokio::sync::broadcast::{self, Receiver, Sender};
use tokio_stream::wrappers::BroadcastStream;

use crate::{
    domain::AccountId,
    port::{Announcement, Announcements},
};

/// The number of announcements that a listener may lag behind before it receives [`Announcement::Missed`].
const BACKLOG: usize = 64;
/// The same for a listener of all accounts.
const BACKLOG_OF_ALL: usize = 1_024;

/// Delivers announcements to the listeners of this process.
#[derive(Debug, Clone)]
pub struct LocalAnnouncements {
    channels: Arc<Mutex<HashMap<AccountId, Sender<Announcement>>>>,
    all: Sender<Announcement>,
}

impl LocalAnnouncements {
    /// Sends [`Announcement::Missed`] to every listener of every account: anything may have changed.
    pub fn publish_missed(&self) {
        self.channels()
            .retain(|_, channel| channel.send(Announcement::Missed).is_ok());
        // without connections, a process has no listener of all accounts
        let _ = self.all.send(Announcement::Missed);
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<AccountId, Sender<Announcement>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for LocalAnnouncements {
    fn default() -> Self {
        Self {
            channels: Arc::default(),
            all: broadcast::channel(BACKLOG_OF_ALL).0,
        }
    }
}

impl Announcements for LocalAnnouncements {
    fn publish(&self, account: AccountId, announcement: Announcement) {
        let _ = self.all.send(announcement);
        let mut channels = self.channels();
        let Some(channel) = channels.get(&account) else {
            return;
        };
        if channel.send(announcement).is_err() {
            channels.remove(&account);
        }
    }

    fn listen(&self, account: AccountId) -> BoxStream<'static, Announcement> {
        let receiver = self
            .channels()
            .entry(account)
            .or_insert_with(|| broadcast::channel(BACKLOG).0)
            .subscribe();
        heard(receiver)
    }

    fn listen_all(&self) -> BoxStream<'static, Announcement> {
        heard(self.all.subscribe())
    }
}

fn heard(receiver: Receiver<Announcement>) -> BoxStream<'static, Announcement> {
    BroadcastStream::new(receiver)
        .map(|heard| heard.unwrap_or(Announcement::Missed))
        .boxed()
}
