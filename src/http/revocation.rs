//! Enforces revocations of keys, in any process: callers can no longer use the key, and what it holds open is closed.

use std::time::Duration;

use futures::{StreamExt, stream::BoxStream};

use super::OpenConnections;
use crate::{port::Announcement, service::Access};

/// The pause before a failed lookup of the open keys is repeated.
const PAUSE: Duration = Duration::from_secs(1);

/// Handles revocations until the stream of announcements ends.
pub async fn heed_revocations(
    mut announced: BoxStream<'static, Announcement>,
    access: Access,
    sessions: OpenConnections,
) {
    while let Some(announcement) = announced.next().await {
        match announcement {
            Announcement::KeyRevoked(key) => {
                access.refuse(key).await;
                sessions.close_key(key);
            }
            Announcement::Missed => look_up_all(&access, &sessions).await,
            Announcement::AgentChanged(_)
            | Announcement::RunBegun(_)
            | Announcement::RunQueued(_)
            | Announcement::ConversationDeleted(_)
            | Announcement::CancelRequested(_)
            | Announcement::ToolCallChanged(_) => {}
        }
    }
}

/// Looks up every key with open connections. Announcements during the lookup wait, or are missed and lead to another
/// lookup.
async fn look_up_all(access: &Access, sessions: &OpenConnections) {
    loop {
        match access.revoked_among(&sessions.keys()).await {
            Ok(revoked) => {
                for key in revoked {
                    sessions.close_key(key);
                }
                return;
            }
            Err(error) => {
                tracing::warn!(
                    cause = error.cause(),
                    "looking up the keys of open connections failed; they are looked up again"
                );
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
