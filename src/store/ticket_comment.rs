//! Comments on tickets.

use entity::ticket_comment;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    domain::{AccountId, Comment, CommentId, Page, PageRequest, TicketId},
    error::Result,
    store::{TenantStore, ToolEffect, page::Listing},
};

impl TenantStore {
    /// The comments on a ticket, newest first.
    pub async fn comments(&self, ticket: TicketId, request: &PageRequest) -> Result<Page<Comment>> {
        let list = self
            .rows::<ticket_comment::Entity>()
            .filter(ticket_comment::Column::TicketId.eq(ticket.uuid()));
        Listing::newest_first(ticket_comment::Column::Id)
            .page(list, request, self.database.primary(), |row| {
                Ok(comment_of(row))
            })
            .await
    }

    /// The comment with this id.
    pub async fn comment(&self, id: CommentId) -> Result<Option<Comment>> {
        let row = self
            .rows::<ticket_comment::Entity>()
            .filter(ticket_comment::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?;
        Ok(row.map(comment_of))
    }

    /// Adds a comment. `CONFLICT` when `effect` was recorded before.
    pub async fn insert_comment(
        &self,
        comment: &Comment,
        effect: Option<&ToolEffect>,
    ) -> Result<()> {
        let transaction = self.begin_once(effect).await?;
        ticket_comment::Entity::insert(comment_row(self.account, comment))
            .exec_without_returning(&*transaction)
            .await?;
        self.touch_ticket(comment.ticket, comment.created_at, &transaction)
            .await?;
        transaction.commit().await
    }
}

fn comment_row(account: AccountId, comment: &Comment) -> ticket_comment::ActiveModel {
    ticket_comment::ActiveModel {
        id: Set(comment.id.uuid()),
        account_id: Set(account.uuid()),
        ticket_id: Set(comment.ticket.uuid()),
        author: Set(comment.author.clone()),
        text: Set(comment.text.clone()),
        internal: Set(comment.internal),
        created_at: Set(comment.created_at),
    }
}

fn comment_of(row: ticket_comment::Model) -> Comment {
    Comment {
        id: CommentId::from_uuid(row.id),
        ticket: TicketId::from_uuid(row.ticket_id),
        author: row.author,
        text: row.text,
        internal: row.internal,
        created_at: row.created_at,
    }
}
