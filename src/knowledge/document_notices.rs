//! Announcements of the progress of documents.

use std::sync::Arc;

use crate::{
    domain::Document,
    port::{Announcement, Announcements, DocumentNotice},
};

/// Announces the changes of documents to their readers.
#[derive(Clone)]
pub(super) struct DocumentNotices(pub(super) Arc<dyn Announcements>);

impl DocumentNotices {
    /// Announces that a document changed.
    pub(super) fn publish(&self, document: &Document) {
        let notice = DocumentNotice {
            agent: document.agent,
            document: document.id,
        };
        let announcement = Announcement::DocumentChanged(notice);
        self.0.publish(document.account, announcement);
    }
}
