//! Lists of conversations.

use entity::{conversation, message, run};
use sea_orm::{
    ColumnTrait, Condition, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};

use crate::{
    domain::{
        Conversation, ConversationFilter, ConversationId, ConversationOrder,
        ConversationOrderField, Page, PageRequest, Run,
    },
    error::Result,
    store::{
        TenantStore,
        conversation::conversation_of,
        fold::has_part,
        page::{Listing, Sort, moment},
        run::{UNFINISHED, run_of},
    },
};

impl TenantStore {
    /// The conversations that match the filter, in the given order.
    pub async fn conversations(
        &self,
        filter: &ConversationFilter,
        order: ConversationOrder,
        request: &PageRequest,
    ) -> Result<Page<Conversation>> {
        let listing = Listing {
            id: conversation::Column::Id,
            sort: match order.field {
                ConversationOrderField::CreatedAt => None,
                ConversationOrderField::UpdatedAt => Some(Sort {
                    column: conversation::Column::UpdatedAt,
                    read: moment,
                }),
            },
            descending: order.descending,
        };
        let list = self.listed(filter);
        let database = self.database.replica();
        listing
            .page(list, request, database, |row| Ok(conversation_of(row)))
            .await
    }

    /// The total number of conversations that [`Self::conversations`] lists.
    pub async fn count_conversations(&self, filter: &ConversationFilter) -> Result<u64> {
        Ok(self.listed(filter).count(self.database.replica()).await?)
    }

    /// The unfinished runs of these conversations, the oldest first.
    pub async fn unfinished_runs_of(&self, conversations: &[ConversationId]) -> Result<Vec<Run>> {
        let ids = conversations.iter().map(|id| id.uuid());
        self.rows::<run::Entity>()
            .filter(run::Column::ConversationId.is_in(ids))
            .filter(run::Column::Status.is_in(UNFINISHED))
            .order_by_asc(run::Column::Id)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(run_of)
            .collect()
    }

    /// The runs of a conversation, oldest first.
    pub async fn runs_in(
        &self,
        conversation: ConversationId,
        request: &PageRequest,
    ) -> Result<Page<Run>> {
        let list = self.runs_of(conversation);
        let database = self.database.replica();
        Listing::oldest_first(run::Column::Id)
            .page(list, request, database, run_of)
            .await
    }

    /// The number of runs of a conversation.
    pub async fn count_runs_in(&self, conversation: ConversationId) -> Result<u64> {
        let runs = self.runs_of(conversation);
        Ok(runs.count(self.database.replica()).await?)
    }

    fn runs_of(&self, conversation: ConversationId) -> Select<run::Entity> {
        self.rows::<run::Entity>()
            .filter(run::Column::ConversationId.eq(conversation.uuid()))
    }

    fn listed(&self, filter: &ConversationFilter) -> Select<conversation::Entity> {
        let ConversationFilter {
            agent,
            end_user,
            search,
            archived,
            updated_after,
            updated_before,
        } = filter;
        let archived = archived.map(|archived| {
            if archived {
                conversation::Column::ArchivedAt.is_not_null()
            } else {
                conversation::Column::ArchivedAt.is_null()
            }
        });
        let search = search.as_deref().filter(|search| !search.is_empty());
        self.rows::<conversation::Entity>().filter(
            Condition::all()
                .add_option(agent.map(|agent| conversation::Column::AgentId.eq(agent.uuid())))
                .add_option(
                    end_user
                        .as_deref()
                        .map(|end_user| conversation::Column::EndUser.eq(end_user)),
                )
                .add_option(archived)
                .add_option(updated_after.map(|at| conversation::Column::UpdatedAt.gt(at)))
                .add_option(updated_before.map(|at| conversation::Column::UpdatedAt.lt(at)))
                .add_option(search.map(|search| self.found_by(search))),
        )
    }

    /// Matches conversations with this text in the title, or in a message on the selected line.
    fn found_by(&self, search: &str) -> Condition {
        let messages = self
            .rows::<message::Entity>()
            .filter(message::Column::Selected.eq(true))
            .filter(has_part(message::Column::Folded, search))
            .select_only()
            .column(message::Column::ConversationId)
            .into_query();
        Condition::any()
            .add(has_part(conversation::Column::FoldedTitle, search))
            .add(conversation::Column::Id.in_subquery(messages))
    }
}
