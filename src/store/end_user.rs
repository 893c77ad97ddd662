//! End users.

use chrono::{DateTime, Utc};
use entity::{conversation, end_user, session};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, LockType, OnConflict, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{
    domain::{AccountId, AuditNote, ConsentChange, EndUser, EndUserId, Page, PageRequest},
    error::{Error, Result},
    store::{
        PlatformStore, TenantStore,
        connection::Transaction,
        fold::{fold_all, has_part},
        page::Listing,
    },
};

/// A change of an end user's consent, with its audit entry.
#[derive(Debug, Clone, PartialEq)]
pub struct NotedConsent {
    /// The change.
    pub change: ConsentChange,
    /// The entry; its subject becomes the end user.
    pub note: AuditNote,
}

impl TenantStore {
    /// End users, newest first; with `search` only those whose id or name contains it, ignoring case.
    pub async fn end_users(
        &self,
        search: Option<&str>,
        request: &PageRequest,
    ) -> Result<Page<EndUser>> {
        let list = self.rows::<end_user::Entity>().filter(found_by(search));
        Listing::newest_first(end_user::Column::Id)
            .page(list, request, self.database.replica(), |row| {
                Ok(end_user_of(row))
            })
            .await
    }

    /// The total number of end users that [`Self::end_users`] lists.
    pub async fn count_end_users(&self, search: Option<&str>) -> Result<u64> {
        Ok(self
            .rows::<end_user::Entity>()
            .filter(found_by(search))
            .count(self.database.replica())
            .await?)
    }

    /// The end users with these ids that exist, in no particular order.
    pub async fn end_users_by_ids(&self, ids: &[EndUserId]) -> Result<Vec<EndUser>> {
        let rows = self
            .rows::<end_user::Entity>()
            .filter(end_user::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().map(end_user_of).collect())
    }

    /// The end user whom the account names so.
    pub async fn end_user(&self, external_id: &str) -> Result<Option<EndUser>> {
        let row = self
            .rows::<end_user::Entity>()
            .filter(end_user::Column::ExternalId.eq(external_id))
            .one(self.database.primary())
            .await?;
        Ok(row.map(end_user_of))
    }

    /// Adds an end user whom the account names for the first time; does nothing when the account has named the person
    /// before.
    pub(super) async fn remember_end_user(
        &self,
        end_user: &EndUser,
        transaction: &Transaction,
    ) -> Result<()> {
        let key = [end_user::Column::AccountId, end_user::Column::ExternalId];
        end_user::Entity::insert(end_user_row(self.account, end_user))
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(&**transaction)
            .await?;
        Ok(())
    }

    /// Keeps an anonymous person who has no conversation yet until a session has expired.
    pub(super) async fn keep_unused(
        &self,
        end_user: &EndUser,
        until: DateTime<Utc>,
        transaction: &Transaction,
    ) -> Result<()> {
        self.change::<end_user::Entity>()
            .filter(end_user::Column::Id.eq(end_user.id.uuid()))
            .filter(end_user::Column::UnusedUntil.is_not_null())
            .set(end_user::ActiveModel {
                unused_until: Set(Some(until)),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        Ok(())
    }

    /// Holds the row of an end user against the beginning of an erasure, until the transaction ends. `CONFLICT` when the
    /// person is being erased. Returns the person's id; none when the account has not named the person.
    pub(super) async fn check_erasure(
        &self,
        external_id: &str,
        transaction: &Transaction,
    ) -> Result<Option<EndUserId>> {
        let row = self
            .rows::<end_user::Entity>()
            .filter(end_user::Column::ExternalId.eq(external_id))
            .lock(LockType::Share)
            .one(&**transaction)
            .await?;
        match row {
            Some(row) if row.erasure_id.is_some() => Err(being_erased()),
            row => Ok(row.map(|row| EndUserId::from_uuid(row.id))),
        }
    }

    /// Changes the consent of a stored end user, and writes the audit entry. A consent that is as the change says stays
    /// as it is, without an entry.
    pub(super) async fn change_consent(
        &self,
        end_user: &mut EndUser,
        consent: NotedConsent,
        transaction: &Transaction,
    ) -> Result<()> {
        let before = match consent.change {
            ConsentChange::Given(_) => end_user::Column::TrainingConsentAt.is_null(),
            ConsentChange::Withdrawn => end_user::Column::TrainingConsentAt.is_not_null(),
        };
        let after = consent.change.apply(None);
        let changed = self
            .change::<end_user::Entity>()
            .filter(end_user::Column::Id.eq(end_user.id.uuid()))
            .filter(before)
            .set(end_user::ActiveModel {
                training_consent_at: Set(after),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        if changed.rows_affected == 0 {
            return Ok(());
        }
        end_user.training_consent_at = after;
        let note = AuditNote {
            subject: Some(end_user.id.to_string()),
            ..consent.note
        };
        self.note(vec![note], transaction).await
    }

    /// Adds an end user or, when the account has named the person before, changes the display name, if one is given, and
    /// the time of the last session. Returns the stored end user.
    pub(super) async fn put_end_user(
        &self,
        end_user: &EndUser,
        transaction: &Transaction,
    ) -> Result<EndUser> {
        self.remember_end_user(end_user, transaction).await?;
        self.check_erasure(&end_user.external_id, transaction)
            .await?;
        let name = end_user.display_name.clone();
        self.change::<end_user::Entity>()
            .filter(end_user::Column::ExternalId.eq(end_user.external_id.as_str()))
            .set(end_user::ActiveModel {
                folded: match &name {
                    Some(_) => Set(folded(end_user)),
                    None => NotSet,
                },
                display_name: name.map_or(NotSet, |name| Set(Some(name))),
                last_seen_at: Set(end_user.last_seen_at),
                ..Default::default()
            })
            .exec(&**transaction)
            .await?;
        let stored = self
            .rows::<end_user::Entity>()
            .filter(end_user::Column::ExternalId.eq(end_user.external_id.as_str()))
            .one(&**transaction)
            .await?;
        stored
            .map(end_user_of)
            .ok_or_else(|| Error::internal("find an end user who was just stored"))
    }
}

impl PlatformStore {
    /// Removes the anonymous people of any account who have neither a conversation nor a valid session, and whose last
    /// session had expired at `before`; looks at `most` of them. Returns the number that it looked at.
    pub async fn remove_unused_end_users(&self, before: DateTime<Utc>, most: u64) -> Result<usize> {
        let ids: Vec<Uuid> = Self::rows::<end_user::Entity>()
            .filter(end_user::Column::UnusedUntil.lt(before))
            .order_by_asc(end_user::Column::UnusedUntil)
            .limit(most)
            .select_only()
            .column(end_user::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        if ids.is_empty() {
            return Ok(0);
        }
        let looked_at = end_user::Column::Id.is_in(ids.iter().copied());
        let transaction = self.database.begin().await?;
        Self::delete::<end_user::Entity>()
            .filter(looked_at.clone())
            .filter(end_user::Column::ErasureId.is_null())
            .filter(Expr::exists(conversations_of_person()).not())
            .filter(Expr::exists(valid_sessions(before)).not())
            .exec(&*transaction)
            .await?;
        // those who are left have been used
        Self::change::<end_user::Entity>()
            .filter(looked_at)
            .set(end_user::ActiveModel {
                unused_until: Set(None),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(ids.len())
    }
}

/// The error for a message or a session of a person who is being erased.
pub(super) fn being_erased() -> Error {
    Error::conflict(
        "the end user is being erased; what is sent after the erasure has finished is a new person's",
    )
}

/// The conversations of the end user of the statement's row.
fn conversations_of_person() -> SelectStatement {
    let column = |column| (conversation::Entity, column);
    Query::select()
        .expr(Expr::val(1))
        .from(conversation::Entity)
        .and_where(
            Expr::col(column(conversation::Column::AccountId))
                .equals((end_user::Entity, end_user::Column::AccountId)),
        )
        .and_where(
            Expr::col(column(conversation::Column::EndUser))
                .equals((end_user::Entity, end_user::Column::ExternalId)),
        )
        .take()
}

/// The sessions of the end user of the statement's row that are valid after this time.
fn valid_sessions(time: DateTime<Utc>) -> SelectStatement {
    let column = |column| (session::Entity, column);
    Query::select()
        .expr(Expr::val(1))
        .from(session::Entity)
        .and_where(
            Expr::col(column(session::Column::AccountId))
                .equals((end_user::Entity, end_user::Column::AccountId)),
        )
        .and_where(
            Expr::col(column(session::Column::EndUserId))
                .equals((end_user::Entity, end_user::Column::Id)),
        )
        .and_where(Expr::col(column(session::Column::ExpiresAt)).gt(time))
        .take()
}

fn found_by(search: Option<&str>) -> Condition {
    Condition::all().add_option(search.map(|search| has_part(end_user::Column::Folded, search)))
}

fn folded(end_user: &EndUser) -> String {
    fold_all([
        Some(end_user.external_id.as_str()),
        end_user.display_name.as_deref(),
    ])
}

fn end_user_row(account: AccountId, end_user: &EndUser) -> end_user::ActiveModel {
    end_user::ActiveModel {
        id: Set(end_user.id.uuid()),
        account_id: Set(account.uuid()),
        external_id: Set(end_user.external_id.clone()),
        display_name: Set(end_user.display_name.clone()),
        folded: Set(folded(end_user)),
        created_at: Set(end_user.created_at),
        last_seen_at: Set(end_user.last_seen_at),
        tokens_valid_from: NotSet,
        erasure_id: NotSet,
        anonymous: Set(end_user.anonymous),
        // the session that begins in the same transaction says how long
        unused_until: Set(end_user.anonymous.then_some(end_user.created_at)),
        training_consent_at: NotSet,
    }
}

pub(super) fn end_user_of(row: end_user::Model) -> EndUser {
    EndUser {
        id: EndUserId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        external_id: row.external_id,
        display_name: row.display_name,
        anonymous: row.anonymous,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        training_consent_at: row.training_consent_at,
    }
}
