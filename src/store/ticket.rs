//! Tickets.

use chrono::{DateTime, Utc};
use entity::ticket;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::{
    domain::{
        AccountId, Page, PageRequest, Ticket, TicketFilter, TicketId, TicketPriority, TicketState,
    },
    error::Result,
    store::{
        TenantStore, ToolEffect,
        connection::Transaction,
        fold::{fold, fold_all, has_part},
        page::Listing,
        row::{from_json, same_variants, to_json},
    },
};

impl TenantStore {
    /// Tickets, newest first.
    pub async fn tickets(
        &self,
        filter: &TicketFilter,
        request: &PageRequest,
    ) -> Result<Page<Ticket>> {
        let list = self.rows::<ticket::Entity>().filter(wanted(filter));
        Listing::newest_first(ticket::Column::Id)
            .page(list, request, self.database.primary(), ticket_of)
            .await
    }

    /// The number of tickets in each state with each priority.
    pub async fn count_tickets(&self) -> Result<Vec<(TicketState, TicketPriority, i64)>> {
        let counts: Vec<(ticket::TicketState, ticket::TicketPriority, i64)> = self
            .rows::<ticket::Entity>()
            .select_only()
            .column(ticket::Column::State)
            .column(ticket::Column::Priority)
            .column_as(ticket::Column::Id.count(), "tickets")
            .group_by(ticket::Column::State)
            .group_by(ticket::Column::Priority)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        let counts = counts.into_iter();
        Ok(counts
            .map(|(state, priority, count)| (state.into(), priority.into(), count))
            .collect())
    }

    /// The ticket with this id.
    pub async fn ticket(&self, id: TicketId) -> Result<Option<Ticket>> {
        self.ticket_where(ticket::Column::Id.eq(id.uuid()).into())
            .await
    }

    /// The ticket with this number.
    pub async fn ticket_by_number(&self, number: i64) -> Result<Option<Ticket>> {
        self.ticket_where(ticket::Column::Number.eq(number).into())
            .await
    }

    /// Adds a ticket, under the account's next number.
    pub async fn insert_ticket(&self, ticket: &Ticket, effect: Option<&ToolEffect>) -> Result<()> {
        let transaction = self.begin_once(effect).await?;
        self.hold_numbers(&transaction).await?;
        let mut row = ticket_row(self.account, ticket)?;
        row.number = Set(self.last_ticket_number(&transaction).await? + 1);
        ticket::Entity::insert(row)
            .exec_without_returning(&*transaction)
            .await?;
        transaction.commit().await
    }

    /// Writes a ticket if its `updated_at` is still `expected_updated_at`; returns false when it is not.
    pub async fn update_ticket(
        &self,
        ticket: &Ticket,
        expected_updated_at: DateTime<Utc>,
        effect: Option<&ToolEffect>,
    ) -> Result<bool> {
        let transaction = self.begin_once(effect).await?;
        let changed = self
            .change::<ticket::Entity>()
            .filter(ticket::Column::Id.eq(ticket.id.uuid()))
            .filter(ticket::Column::UpdatedAt.eq(expected_updated_at))
            .set(ticket::ActiveModel {
                number: NotSet,
                ..ticket_row(self.account, ticket)?
            })
            .exec(&*transaction)
            .await?;
        if changed.rows_affected == 0 {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Sets a ticket's time of last change, after a comment on it.
    pub(super) async fn touch_ticket(
        &self,
        id: TicketId,
        at: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        self.change::<ticket::Entity>()
            .filter(ticket::Column::Id.eq(id.uuid()))
            .set(ticket::ActiveModel {
                updated_at: Set(at),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    async fn last_ticket_number(&self, transaction: &Transaction) -> Result<i64> {
        let last: Option<i64> = self
            .rows::<ticket::Entity>()
            .order_by_desc(ticket::Column::Number)
            .limit(1)
            .select_only()
            .column(ticket::Column::Number)
            .into_tuple()
            .one(&**transaction)
            .await?;
        Ok(last.unwrap_or_default())
    }

    async fn ticket_where(&self, wanted: Condition) -> Result<Option<Ticket>> {
        self.rows::<ticket::Entity>()
            .filter(wanted)
            .one(self.database.primary())
            .await?
            .map(ticket_of)
            .transpose()
    }
}

fn wanted(filter: &TicketFilter) -> Condition {
    let TicketFilter {
        search,
        states,
        priority,
        requester_email,
        assignee,
    } = filter;
    Condition::all()
        .add_option(
            search
                .as_deref()
                .map(|search| has_part(ticket::Column::Folded, search)),
        )
        .add_option(states.as_deref().map(|states| {
            ticket::Column::State
                .is_in(states.iter().map(|state| ticket::TicketState::from(*state)))
        }))
        .add_option(
            priority.map(|priority| {
                ticket::Column::Priority.eq(ticket::TicketPriority::from(priority))
            }),
        )
        .add_option(
            requester_email
                .as_deref()
                .map(|email| ticket::Column::RequesterEmail.eq(fold(email))),
        )
        .add_option(
            assignee
                .as_deref()
                .map(|assignee| ticket::Column::FoldedAssignee.eq(fold(assignee))),
        )
}

fn ticket_row(account: AccountId, ticket: &Ticket) -> Result<ticket::ActiveModel> {
    Ok(ticket::ActiveModel {
        id: Set(ticket.id.uuid()),
        account_id: Set(account.uuid()),
        number: Set(ticket.number),
        subject: Set(ticket.subject.clone()),
        description: Set(ticket.description.clone()),
        folded: Set(fold_all([
            Some(ticket.subject.as_str()),
            Some(ticket.description.as_str()),
        ])),
        priority: Set(ticket.priority.into()),
        state: Set(ticket.state.into()),
        requester: Set(ticket.requester.clone()),
        requester_email: Set(ticket.requester_email.as_deref().map(fold)),
        assignee: Set(ticket.assignee.clone()),
        folded_assignee: Set(ticket.assignee.as_deref().map(fold)),
        tags: Set(to_json("tickets.tags", &ticket.tags)?),
        resolution: Set(ticket.resolution.clone()),
        resolved_at: Set(ticket.resolved_at),
        created_at: Set(ticket.created_at),
        updated_at: Set(ticket.updated_at),
    })
}

fn ticket_of(row: ticket::Model) -> Result<Ticket> {
    Ok(Ticket {
        id: TicketId::from_uuid(row.id),
        number: row.number,
        subject: row.subject,
        description: row.description,
        priority: row.priority.into(),
        state: row.state.into(),
        requester: row.requester,
        requester_email: row.requester_email,
        assignee: row.assignee,
        tags: from_json("tickets.tags", row.tags)?,
        resolution: row.resolution,
        resolved_at: row.resolved_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

same_variants!(ticket::TicketPriority, TicketPriority: Low, Normal, High, Urgent);
same_variants!(ticket::TicketState, TicketState: Open, InProgress, Waiting, Resolved, Closed);
