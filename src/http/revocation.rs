//! Keys that are revoked, here or in another process: nobody gets in with them, and what they hold open is closed.

use std::time::Duration;

use futures::{StreamExt, stream::BoxStream};

use super::Sessions;
use crate::{port::Announcement, service::Access};

/// After a failure, the open keys are looked up again after this long.
const PAUSE: Duration = Duration::from_secs(1);

/// Heeds every announcement until they end.
pub async fn heed_revocations(
    mut announced: BoxStream<'static, Announcement>,
    access: Access,
    sessions: Sessions,
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

/// Looks up every key that holds something open. What is announced meanwhile waits, or is missed and looked up next.
async fn look_up_all(access: &Access, sessions: &Sessions) {
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
