//! The stream of changes of conversations, for lists of them.

use std::sync::Arc;

use async_stream::try_stream;
use chrono::{DateTime, Utc};
use futures::{StreamExt, stream::BoxStream};

use super::{conversation::check_own, tables::Tables};
use crate::{
    domain::{
        Actor, Conversation, ConversationFilter, ConversationId, ConversationOrder, EndUserId,
        Operation, PageRequest,
    },
    error::Result,
    port::{Announcement, Announcements, Clock, ConversationChangeKind, ConversationNotice},
    store::TenantStore,
};

/// The maximum number of conversations that are read after missed announcements.
const MOST_MISSED: u64 = 100;

/// A change of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationChange {
    /// What happened.
    pub kind: ConversationChangeKind,
    /// The conversation's id.
    pub id: ConversationId,
    /// The conversation after the change; none once it is deleted.
    pub conversation: Option<Conversation>,
}

/// Streams the changes of conversations.
#[derive(Clone)]
pub struct ConversationChangeService {
    pub(super) tables: Tables,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

impl ConversationChangeService {
    /// The changes of the conversations that the caller may see from now on; with a name only those of this end user.
    pub async fn changes(
        &self,
        actor: &Actor,
        end_user: Option<String>,
    ) -> Result<BoxStream<'static, Result<ConversationChange>>> {
        let permission = actor.authorize(Operation::ConversationChanged)?;
        check_own(actor, "endUser", end_user.as_deref())?;
        // subscribe before the query, so that nothing is missed in between
        let mut announced = self.announcements.listen(actor.account());
        let store = self.tables.tenant(&permission);
        let own = actor.end_user().map(|scope| scope.end_user);
        let watched = Watched::of(store, own, end_user).await?;
        let clock = Arc::clone(&self.clock);
        let changes = try_stream! {
            // the time up to which every change was seen
            let mut seen = clock.now();
            while let Some(announcement) = announced.next().await {
                match announcement {
                    Announcement::ConversationChanged(notice) => {
                        seen = clock.now();
                        if let Some(change) = Box::pin(watched.change(notice)).await? {
                            yield change;
                        }
                    }
                    Announcement::Missed => {
                        let since = std::mem::replace(&mut seen, clock.now());
                        for change in Box::pin(watched.changed_since(since)).await? {
                            yield change;
                        }
                    }
                    _ => {}
                }
            }
        };
        Ok(changes.boxed())
    }
}

/// The conversations that a subscriber watches.
struct Watched {
    /// The rows that the subscriber may see.
    store: TenantStore,
    /// The only end user whose deleted conversations are reported.
    owner: Option<EndUserId>,
    /// The only end user, by name.
    name: Option<String>,
}

impl Watched {
    async fn of(store: TenantStore, own: Option<EndUserId>, name: Option<String>) -> Result<Self> {
        let owner = match (&name, own) {
            (Some(name), None) => store.end_user(name).await?.map(|known| known.id),
            _ => own,
        };
        Ok(Self { store, owner, name })
    }

    async fn change(&self, notice: ConversationNotice) -> Result<Option<ConversationChange>> {
        let (kind, id) = (notice.kind, notice.conversation);
        if kind == ConversationChangeKind::Deleted {
            let is_watched = self.owns(notice.owner).await?;
            return Ok(is_watched.then_some(ConversationChange {
                kind,
                id,
                conversation: None,
            }));
        }
        let found = self.store.conversations_by_ids(&[id]).await?.pop();
        let found = found.filter(|found| self.name.is_none() || found.end_user == self.name);
        Ok(found.map(|conversation| ConversationChange {
            kind,
            id,
            conversation: Some(conversation),
        }))
    }

    /// Whether a deleted conversation of this end user is reported.
    async fn owns(&self, owner: Option<EndUserId>) -> Result<bool> {
        if let Some(watched) = self.owner {
            return Ok(owner == Some(watched));
        }
        let Some(name) = &self.name else {
            return Ok(true);
        };
        // the account has named the person after the subscription began
        let known = self.store.end_user(name).await?;
        Ok(known.is_some_and(|known| owner == Some(known.id)))
    }

    /// What changed while announcements were missed, as far as the tables tell: the conversations with an activity, the
    /// latest ones.
    async fn changed_since(&self, since: DateTime<Utc>) -> Result<Vec<ConversationChange>> {
        let filter = ConversationFilter {
            end_user: self.name.clone(),
            updated_after: Some(since),
            ..ConversationFilter::default()
        };
        let request = PageRequest {
            limit: MOST_MISSED,
            after: None,
            before: None,
            from_end: false,
        };
        let order = ConversationOrder::default();
        let page = self.store.conversations(&filter, order, &request).await?;
        let oldest_first = page.items.into_iter().rev();
        let changes = oldest_first.map(|conversation| ConversationChange {
            kind: ConversationChangeKind::Updated,
            id: conversation.id,
            conversation: Some(conversation),
        });
        Ok(changes.collect())
    }
}
