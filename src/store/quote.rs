//! Quotes with their lines.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{quote, quote_line};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use crate::{
    domain::{
        AccountId, Calculation, ContactId, Page, PageRequest, Percentage, Quantity, Quote,
        QuoteFilter, QuoteId, QuoteLine, QuoteStatus,
    },
    error::Result,
    store::{
        TenantStore, ToolEffect,
        connection::Transaction,
        fold::{fold, has_part},
        lead::currency_of,
        page::Listing,
        row::same_variants,
    },
};

impl TenantStore {
    /// Quotes with their lines, newest first.
    pub async fn quotes(&self, filter: &QuoteFilter, request: &PageRequest) -> Result<Page<Quote>> {
        let QuoteFilter {
            customer,
            contact,
            status,
        } = filter;
        let wanted = Condition::all()
            .add_option(
                customer
                    .as_deref()
                    .map(|customer| has_part(quote::Column::FoldedCustomer, customer)),
            )
            .add_option(contact.map(|contact| quote::Column::ContactId.eq(contact.uuid())))
            .add_option(
                status.map(|status| quote::Column::Status.eq(quote::QuoteStatus::from(status))),
            );
        let list = self.rows::<quote::Entity>().filter(wanted);
        let mut page = Listing::newest_first(quote::Column::Id)
            .page(list, request, self.database.primary(), quote_of)
            .await?;
        self.add_lines(&mut page.items).await?;
        Ok(page)
    }

    /// The quote with this id.
    pub async fn quote(&self, id: QuoteId) -> Result<Option<Quote>> {
        self.quote_where(quote::Column::Id.eq(id.uuid()).into())
            .await
    }

    /// The quote with this number.
    pub async fn quote_by_number(&self, number: i64) -> Result<Option<Quote>> {
        self.quote_where(quote::Column::Number.eq(number).into())
            .await
    }

    /// Adds a quote with its lines, under the account's next number.
    pub async fn insert_quote(&self, quote: &Quote, effect: Option<&ToolEffect>) -> Result<()> {
        let transaction = self.begin_once(effect).await?;
        self.hold_numbers(&transaction).await?;
        let mut row = quote_row(self.account, quote);
        row.number = Set(self.last_quote_number(&transaction).await? + 1);
        quote::Entity::insert(row)
            .exec_without_returning(&*transaction)
            .await?;
        let lines = quote.calculation.lines.iter().zip(0..);
        let lines: Vec<_> = lines
            .map(|(line, position)| line_row(self.account, quote.id, line, position))
            .collect();
        if !lines.is_empty() {
            quote_line::Entity::insert_many(lines)
                .exec_without_returning(&*transaction)
                .await?;
        }
        transaction.commit().await
    }

    /// Writes a quote's status if its `updated_at` is still `expected_updated_at`; returns false when it is not.
    pub async fn update_quote_status(
        &self,
        quote: &Quote,
        expected_updated_at: DateTime<Utc>,
        effect: Option<&ToolEffect>,
    ) -> Result<bool> {
        let transaction = self.begin_once(effect).await?;
        let changed = self
            .change::<quote::Entity>()
            .filter(quote::Column::Id.eq(quote.id.uuid()))
            .filter(quote::Column::UpdatedAt.eq(expected_updated_at))
            .set(quote::ActiveModel {
                status: Set(quote.status.into()),
                updated_at: Set(quote.updated_at),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        if changed.rows_affected == 0 {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok(true)
    }

    async fn last_quote_number(&self, transaction: &Transaction) -> Result<i64> {
        let last: Option<i64> = self
            .rows::<quote::Entity>()
            .order_by_desc(quote::Column::Number)
            .limit(1)
            .select_only()
            .column(quote::Column::Number)
            .into_tuple()
            .one(&**transaction)
            .await?;
        Ok(last.unwrap_or_default())
    }

    async fn quote_where(&self, wanted: Condition) -> Result<Option<Quote>> {
        let row = self
            .rows::<quote::Entity>()
            .filter(wanted)
            .one(self.database.primary())
            .await?;
        let mut found: Vec<Quote> = row.map(quote_of).transpose()?.into_iter().collect();
        self.add_lines(&mut found).await?;
        Ok(found.pop())
    }

    async fn add_lines(&self, quotes: &mut [Quote]) -> Result<()> {
        let rows = self
            .rows::<quote_line::Entity>()
            .filter(quote_line::Column::QuoteId.is_in(quotes.iter().map(|quote| quote.id.uuid())))
            .order_by_asc(quote_line::Column::Position)
            .all(self.database.primary())
            .await?;
        let mut lines: HashMap<Uuid, Vec<QuoteLine>> = HashMap::new();
        for row in rows {
            lines.entry(row.quote_id).or_default().push(line_of(row));
        }
        for quote in quotes {
            quote.calculation.lines = lines.remove(&quote.id.uuid()).unwrap_or_default();
        }
        Ok(())
    }
}

fn quote_row(account: AccountId, quote: &Quote) -> quote::ActiveModel {
    let calculation = &quote.calculation;
    quote::ActiveModel {
        id: Set(quote.id.uuid()),
        account_id: Set(account.uuid()),
        number: Set(quote.number),
        customer: Set(quote.customer.clone()),
        folded_customer: Set(fold(&quote.customer)),
        contact_id: Set(quote.contact.map(ContactId::uuid)),
        status: Set(quote.status.into()),
        currency: Set(calculation.currency.code().to_owned()),
        discount_rate: Set(calculation.discount_rate.0),
        tax_rate: Set(calculation.tax_rate.0),
        subtotal: Set(calculation.subtotal),
        discount: Set(calculation.discount),
        tax: Set(calculation.tax),
        total: Set(calculation.total),
        valid_until: Set(quote.valid_until),
        note: Set(quote.note.clone()),
        created_at: Set(quote.created_at),
        updated_at: Set(quote.updated_at),
    }
}

/// The quote without its lines, which another query adds.
fn quote_of(row: quote::Model) -> Result<Quote> {
    Ok(Quote {
        id: QuoteId::from_uuid(row.id),
        number: row.number,
        customer: row.customer,
        contact: row.contact_id.map(ContactId::from_uuid),
        status: row.status.into(),
        calculation: Calculation {
            currency: currency_of(&row.currency)?,
            lines: Vec::new(),
            discount_rate: Percentage(row.discount_rate),
            tax_rate: Percentage(row.tax_rate),
            subtotal: row.subtotal,
            discount: row.discount,
            tax: row.tax,
            total: row.total,
        },
        valid_until: row.valid_until,
        note: row.note,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn line_row(
    account: AccountId,
    quote: QuoteId,
    line: &QuoteLine,
    position: i32,
) -> quote_line::ActiveModel {
    quote_line::ActiveModel {
        account_id: Set(account.uuid()),
        quote_id: Set(quote.uuid()),
        position: Set(position),
        sku: Set(line.sku.clone()),
        name: Set(line.name.clone()),
        unit: Set(line.unit.clone()),
        quantity: Set(line.quantity.0),
        unit_price: Set(line.unit_price),
        discount_rate: Set(line.discount_rate.0),
        net: Set(line.net),
    }
}

fn line_of(row: quote_line::Model) -> QuoteLine {
    QuoteLine {
        sku: row.sku,
        name: row.name,
        unit: row.unit,
        quantity: Quantity(row.quantity),
        unit_price: row.unit_price,
        discount_rate: Percentage(row.discount_rate),
        net: row.net,
    }
}

same_variants!(quote::QuoteStatus, QuoteStatus: Draft, Sent, Accepted, Declined, Cancelled);
