//! Keyset pagination: pages of a list in either direction, with exact information on whether rows precede and follow
//! them.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, Order, QueryFilter, QueryOrder,
    QuerySelect, Select, SelectExt, Value, sea_query::Expr,
};

use crate::{
    domain::{Page, PageRequest, Position},
    error::{Error, Result},
};

/// The order of a list: by a column if there is one, then by id.
pub(super) struct Listing<E: EntityTrait> {
    /// The id's column, which orders rows that are otherwise equal.
    pub(super) id: E::Column,
    pub(super) sort: Option<Sort<E>>,
    /// Whether the largest value comes first.
    pub(super) descending: bool,
}

/// The column that a list is sorted by.
pub(super) struct Sort<E: EntityTrait> {
    pub(super) column: E::Column,
    /// Parses the sort value of a cursor as a value of that column.
    pub(super) read: fn(&str) -> Option<Value>,
}

/// Parses the sort value of a cursor as a timestamp.
pub(super) fn moment(text: &str) -> Option<Value> {
    let moment = DateTime::parse_from_rfc3339(text).ok()?;
    Some(moment.with_timezone(&Utc).into())
}

impl<E: EntityTrait> Listing<E> {
    /// By id, oldest first.
    pub(super) fn oldest_first(id: E::Column) -> Self {
        Self {
            id,
            sort: None,
            descending: false,
        }
    }

    /// By id, newest first.
    pub(super) fn newest_first(id: E::Column) -> Self {
        Self {
            id,
            sort: None,
            descending: true,
        }
    }

    /// The requested page of `list`; `read` converts each row. `BAD_USER_INPUT` when a cursor is not of this order.
    pub(super) async fn page<T>(
        &self,
        list: Select<E>,
        request: &PageRequest,
        database: &impl ConnectionTrait,
        read: fn(E::Model) -> Result<T>,
    ) -> Result<Page<T>> {
        let after = self.place(request.after.as_ref(), "after")?;
        let before = self.place(request.before.as_ref(), "before")?;
        let mut wanted = list.clone();
        if let Some(place) = &after {
            wanted = wanted.filter(self.compare(place, RelativePosition::After));
        }
        if let Some(place) = &before {
            wanted = wanted.filter(self.compare(place, RelativePosition::Before));
        }
        let mut rows = self.scan(wanted, request).all(database).await?;
        let more = rows.len() as u64 > request.limit;
        rows.truncate(usize::try_from(request.limit).unwrap_or(usize::MAX));
        if request.from_end {
            rows.reverse();
        }
        let (more_before, more_after) = if request.from_end {
            (more, false)
        } else {
            (false, more)
        };
        let has_previous = more_before
            || self
                .any(&list, after.as_ref(), RelativePosition::UpTo, database)
                .await?;
        let has_next = more_after
            || self
                .any(&list, before.as_ref(), RelativePosition::From, database)
                .await?;
        Ok(Page {
            items: rows.into_iter().map(read).collect::<Result<_>>()?,
            has_previous,
            has_next,
        })
    }

    /// The rows from the requested end, one more than the requested number.
    fn scan(&self, list: Select<E>, request: &PageRequest) -> Select<E> {
        let direction = if self.descending == request.from_end {
            Order::Asc
        } else {
            Order::Desc
        };
        let sorted = match &self.sort {
            Some(sort) => list.order_by(sort.column, direction.clone()),
            None => list,
        };
        sorted
            .order_by(self.id, direction)
            .limit(request.limit.saturating_add(1))
    }

    /// Whether the list has rows on this side of a position; false without a position.
    async fn any(
        &self,
        list: &Select<E>,
        place: Option<&PagePosition>,
        side: RelativePosition,
        database: &impl ConnectionTrait,
    ) -> Result<bool> {
        match place {
            Some(place) => Ok(list
                .clone()
                .filter(self.compare(place, side))
                .exists(database)
                .await?),
            None => Ok(false),
        }
    }

    fn place(&self, position: Option<&Position>, field: &str) -> Result<Option<PagePosition>> {
        let Some(position) = position else {
            return Ok(None);
        };
        let sort = match &self.sort {
            Some(sort) => {
                let read = position.sort.as_deref().and_then(sort.read);
                let wrong =
                    || Error::bad_input(field, "is not a cursor of this list in this order");
                Some(read.ok_or_else(wrong)?)
            }
            None => None,
        };
        Ok(Some(PagePosition {
            sort,
            id: position.id.into(),
        }))
    }

    fn compare(&self, place: &PagePosition, side: RelativePosition) -> Expr {
        let columns = self.sort.iter().map(|sort| sort.column).chain([self.id]);
        let values = place.sort.iter().chain([&place.id]);
        let columns = Expr::tuple(columns.map(ColumnTrait::into_expr));
        let values = Expr::tuple(values.cloned().map(Expr::val));
        match (side, self.descending) {
            (RelativePosition::After, false) | (RelativePosition::Before, true) => {
                columns.gt(values)
            }
            (RelativePosition::After, true) | (RelativePosition::Before, false) => {
                columns.lt(values)
            }
            (RelativePosition::From, false) | (RelativePosition::UpTo, true) => columns.gte(values),
            (RelativePosition::From, true) | (RelativePosition::UpTo, false) => columns.lte(values),
        }
    }
}

/// A cursor's position as values for comparison.
struct PagePosition {
    sort: Option<Value>,
    id: Value,
}

/// A part of the list relative to a position, in the list's own order. `UpTo` and `From` include the position.
#[derive(Clone, Copy)]
enum RelativePosition {
    Before,
    UpTo,
    From,
    After,
}
