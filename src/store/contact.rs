//! Contacts.

use chrono::{DateTime, Utc};
use entity::{activity, contact, deal, quote};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    Value, sea_query::Expr,
};

use crate::{
    domain::{AccountId, Contact, ContactFilter, ContactId, Page, PageRequest},
    error::Result,
    store::{
        TenantStore, ToolEffect,
        error::is_taken,
        fold::{fold, fold_all, has_part},
        page::Listing,
    },
};

impl TenantStore {
    /// Contacts, newest first.
    pub async fn contacts(
        &self,
        filter: &ContactFilter,
        request: &PageRequest,
    ) -> Result<Page<Contact>> {
        let ContactFilter { search, email } = filter;
        let wanted = Condition::all()
            .add_option(
                search
                    .as_deref()
                    .map(|search| has_part(contact::Column::Folded, search)),
            )
            .add_option(
                email
                    .as_deref()
                    .map(|email| contact::Column::Email.eq(fold(email))),
            );
        let list = self.rows::<contact::Entity>().filter(wanted);
        Listing::newest_first(contact::Column::Id)
            .page(list, request, self.database.primary(), |row| {
                Ok(contact_of(row))
            })
            .await
    }

    /// The contact with this id.
    pub async fn contact(&self, id: ContactId) -> Result<Option<Contact>> {
        let row = self
            .rows::<contact::Entity>()
            .filter(contact::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?;
        Ok(row.map(contact_of))
    }

    /// Adds a contact. Returns false when another contact has its email address.
    pub async fn insert_contact(
        &self,
        contact: &Contact,
        effect: Option<&ToolEffect>,
    ) -> Result<bool> {
        let transaction = self.begin_once(effect).await?;
        let added = contact::Entity::insert(contact_row(self.account, contact))
            .exec_without_returning(&*transaction)
            .await;
        match added {
            Ok(_) => {}
            Err(cause) if is_taken(&cause) => return Ok(false),
            Err(cause) => return Err(cause.into()),
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Writes a contact if its `updated_at` is still `expected_updated_at`. Returns false when it is not, or when
    /// another contact has its email address.
    pub async fn update_contact(
        &self,
        contact: &Contact,
        expected_updated_at: DateTime<Utc>,
        effect: Option<&ToolEffect>,
    ) -> Result<bool> {
        let transaction = self.begin_once(effect).await?;
        let changed = self
            .change::<contact::Entity>()
            .filter(contact::Column::Id.eq(contact.id.uuid()))
            .filter(contact::Column::UpdatedAt.eq(expected_updated_at))
            .set(contact_row(self.account, contact))
            .exec(&*transaction)
            .await;
        match changed {
            Ok(changed) if changed.rows_affected == 0 => return Ok(false),
            Ok(_) => {}
            Err(cause) if is_taken(&cause) => return Ok(false),
            Err(cause) => return Err(cause.into()),
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Deletes a contact with its leads, deals and activities; its quotes stay, without the contact. Returns false when
    /// it does not exist.
    pub async fn delete_contact(&self, id: ContactId, effect: Option<&ToolEffect>) -> Result<bool> {
        let transaction = self.begin_once(effect).await?;
        self.change::<quote::Entity>()
            .filter(quote::Column::ContactId.eq(id.uuid()))
            .col_expr(quote::Column::ContactId, Expr::value(Value::Uuid(None)))
            .exec(&*transaction)
            .await?;
        let of_contact = |column: deal::Column| {
            self.rows::<deal::Entity>()
                .filter(deal::Column::ContactId.eq(id.uuid()))
                .select_only()
                .column(column)
                .into_query()
        };
        // in this order, so that no row refers to a deleted one
        self.delete::<activity::Entity>()
            .filter(
                Condition::any()
                    .add(activity::Column::ContactId.eq(id.uuid()))
                    .add(activity::Column::DealId.in_subquery(of_contact(deal::Column::Id))),
            )
            .exec(&*transaction)
            .await?;
        self.delete::<deal::Entity>()
            .filter(deal::Column::ContactId.eq(id.uuid()))
            .exec(&*transaction)
            .await?;
        let deleted = self
            .delete::<contact::Entity>()
            .filter(contact::Column::Id.eq(id.uuid()))
            .exec(&*transaction)
            .await?;
        if deleted.rows_affected == 0 {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }
}

fn contact_row(account: AccountId, contact: &Contact) -> contact::ActiveModel {
    let found_by = [
        Some(contact.name.as_str()),
        contact.company.as_deref(),
        contact.email.as_deref(),
    ];
    contact::ActiveModel {
        id: Set(contact.id.uuid()),
        account_id: Set(account.uuid()),
        name: Set(contact.name.clone()),
        email: Set(contact.email.as_deref().map(fold)),
        phone: Set(contact.phone.clone()),
        company: Set(contact.company.clone()),
        job_title: Set(contact.job_title.clone()),
        notes: Set(contact.notes.clone()),
        folded: Set(fold_all(found_by)),
        created_at: Set(contact.created_at),
        updated_at: Set(contact.updated_at),
    }
}

fn contact_of(row: contact::Model) -> Contact {
    Contact {
        id: ContactId::from_uuid(row.id),
        name: row.name,
        email: row.email,
        phone: row.phone,
        company: row.company,
        job_title: row.job_title,
        notes: row.notes,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
