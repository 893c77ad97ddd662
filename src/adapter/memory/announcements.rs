//! Announcements within one process: a bounded channel per account that has a listener.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{StreamExt, stream::BoxStream};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

use crate::{
    domain::AccountId,
    port::{Announcement, Announcements},
};

/// A listener that is further behind than this is told that it missed something.
const BACKLOG: usize = 64;

/// Carries announcements to the listeners of this process.
#[derive(Debug, Default, Clone)]
pub struct LocalAnnouncements {
    channels: Arc<Mutex<HashMap<AccountId, broadcast::Sender<Announcement>>>>,
}

impl Announcements for LocalAnnouncements {
    fn publish(&self, account: AccountId, announcement: Announcement) {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(channel) = channels.get(&account) else {
            return;
        };
        if channel.send(announcement).is_err() {
            channels.remove(&account);
        }
    }

    fn listen(&self, account: AccountId) -> BoxStream<'static, Announcement> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = channels
            .entry(account)
            .or_insert_with(|| broadcast::channel(BACKLOG).0)
            .subscribe();
        BroadcastStream::new(receiver)
            .map(|heard| heard.unwrap_or(Announcement::Missed))
            .boxed()
    }
}
