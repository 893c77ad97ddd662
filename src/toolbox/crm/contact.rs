//! Contacts: find, show with their leads, deals and activities, create, change, remove.

use std::future::{Ready, ready};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{activity::ActivityView, deal::DealView, lead::LeadView};
use crate::{
    domain::{Contact, ContactFilter, ContactId, DealFilter, LeadFilter, Page},
    error::{Error, Result},
    toolbox::{
        answer::{ListAnswer, ListEntry, Rfc3339},
        argument::{EmailAddress, FieldUpdate, ListPage, Name, Text, first_page},
        prefixed::Prefixed,
        tool::Tool,
        tool_context::{ToolContext, concurrent_change},
    },
};

/// The maximum number of leads, of deals and of activities that are shown with a contact.
const MOST_RELATED: u64 = 10;

pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads("find_contacts", "Find contacts", find_contacts),
        Tool::reads("get_contact", "Show a contact", get_contact),
        Tool::adds(
            "create_contact",
            "Create a contact",
            create_contact,
            contact_view,
        ),
        Tool::sets(
            "update_contact",
            "Change a contact",
            update_contact,
            contact_view,
        ),
        Tool::removes(
            "delete_contact",
            "Delete a contact",
            delete_contact,
            deleted_contact,
        ),
    ]
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContactView {
    id: Prefixed<ContactId>,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    company: Option<String>,
    job_title: Option<String>,
    notes: Option<String>,
    created_at: Rfc3339,
    updated_at: Rfc3339,
}

impl ListEntry for ContactView {
    const LIST: &'static str = "contacts";
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        Self {
            id: Prefixed(contact.id),
            name: contact.name,
            email: contact.email,
            phone: contact.phone,
            company: contact.company,
            job_title: contact.job_title,
            notes: contact.notes,
            created_at: contact.created_at.into(),
            updated_at: contact.updated_at.into(),
        }
    }
}

/// The contact with this id. `NOT_FOUND` when the account has none.
pub(super) async fn find_contact(context: &ToolContext, id: ContactId) -> Result<Contact> {
    let contact = context.store.contact(id).await?;
    contact.ok_or_else(|| Error::not_found("contact"))
}

async fn contact_view(context: &ToolContext, id: ContactId) -> Result<ContactView> {
    Ok(find_contact(context, id).await?.into())
}

/// Lists contacts, the newest first, that match everything given; all of them when nothing is given.
#[derive(Deserialize, JsonSchema)]
struct FindContacts {
    /// A part of the name, the company or the mail address, in any case.
    query: Option<Name>,
    /// The whole mail address, in any case.
    email: Option<EmailAddress>,
    #[serde(flatten)]
    page: ListPage,
}

async fn find_contacts(
    context: &ToolContext,
    arguments: FindContacts,
) -> Result<ListAnswer<ContactView>> {
    let filter = ContactFilter {
        search: arguments.query.map(String::from),
        email: arguments.email.map(String::from),
    };
    let request = arguments.page.request::<ContactView>()?;
    let page = context.store.contacts(&filter, &request).await?;
    Ok(ListAnswer::new(
        page,
        |contact| contact.id,
        ContactView::from,
    ))
}

/// Shows a contact with its newest leads, deals and activities.
#[derive(Deserialize, JsonSchema)]
struct GetContact {
    /// The contact.
    id: Prefixed<ContactId>,
}

#[derive(Serialize, JsonSchema)]
struct ContactOverview {
    contact: ContactView,
    leads: Vec<LeadView>,
    deals: Vec<DealView>,
    activities: Vec<ActivityView>,
}

async fn get_contact(context: &ToolContext, arguments: GetContact) -> Result<ContactOverview> {
    let contact = find_contact(context, arguments.id.0).await?;
    let leads = LeadFilter {
        contact: Some(contact.id),
        ..LeadFilter::default()
    };
    let deals = DealFilter {
        contact: Some(contact.id),
        ..DealFilter::default()
    };
    let newest = first_page(MOST_RELATED);
    let (leads, deals, activities) = futures::try_join!(
        context.store.leads(&leads, &newest),
        context.store.deals(&deals, &newest),
        context.store.activities(contact.id, &newest),
    )?;
    Ok(ContactOverview {
        contact: contact.into(),
        leads: views(leads),
        deals: views(deals),
        activities: views(activities),
    })
}

fn views<T, V: From<T>>(page: Page<T>) -> Vec<V> {
    page.items.into_iter().map(V::from).collect()
}

/// Adds a person. Look with `find_contacts` first: a mail address belongs to one contact only.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CreateContact {
    /// The person's name.
    name: Name,
    /// The mail address.
    email: Option<EmailAddress>,
    /// The telephone number.
    phone: Option<Name>,
    /// Where the person works.
    company: Option<Name>,
    /// What the person does there, e.g. "Head of Purchasing".
    job_title: Option<Name>,
    /// Anything else that is worth knowing of the person.
    notes: Option<Text<4000>>,
}

async fn create_contact(context: &ToolContext, arguments: CreateContact) -> Result<ContactId> {
    let now = context.now();
    let contact = Contact {
        id: context.id(),
        name: arguments.name.trim().to_owned(),
        email: arguments.email.map(String::from),
        phone: arguments.phone.map(String::from),
        company: arguments.company.map(String::from),
        job_title: arguments.job_title.map(String::from),
        notes: arguments.notes.map(String::from),
        created_at: now,
        updated_at: now,
    };
    let effect = context.effect_on(contact.id);
    let store = &context.store;
    if store.insert_contact(&contact, effect.as_ref()).await? {
        return Ok(contact.id);
    }
    Err(email_conflict(context, contact.email).await?)
}

/// Changes the given fields of a contact; null removes a value.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateContact {
    /// The contact.
    id: Prefixed<ContactId>,
    /// The person's name.
    name: Option<Name>,
    /// The mail address.
    #[serde(default)]
    email: FieldUpdate<EmailAddress>,
    /// The telephone number.
    #[serde(default)]
    phone: FieldUpdate<Name>,
    /// Where the person works.
    #[serde(default)]
    company: FieldUpdate<Name>,
    /// What the person does there, e.g. "Head of Purchasing".
    #[serde(default)]
    job_title: FieldUpdate<Name>,
    /// Anything else that is worth knowing of the person.
    #[serde(default)]
    notes: FieldUpdate<Text<4000>>,
}

async fn update_contact(context: &ToolContext, arguments: UpdateContact) -> Result<ContactId> {
    let mut contact = find_contact(context, arguments.id.0).await?;
    let seen = contact.updated_at;
    if let Some(name) = arguments.name {
        name.trim().clone_into(&mut contact.name);
    }
    arguments.email.apply(&mut contact.email);
    arguments.phone.apply(&mut contact.phone);
    arguments.company.apply(&mut contact.company);
    arguments.job_title.apply(&mut contact.job_title);
    arguments.notes.apply(&mut contact.notes);
    contact.updated_at = context.now();
    let effect = context.effect_on(contact.id);
    let store = &context.store;
    if store
        .update_contact(&contact, seen, effect.as_ref())
        .await?
    {
        return Ok(contact.id);
    }
    let stored = store.contact(contact.id).await?;
    if stored.is_some_and(|stored| stored.updated_at == seen) {
        return Err(email_conflict(context, contact.email).await?);
    }
    Err(concurrent_change("contact"))
}

/// The error for an e-mail address that another contact has.
async fn email_conflict(context: &ToolContext, email: Option<String>) -> Result<Error> {
    let filter = ContactFilter {
        search: None,
        email,
    };
    let owner = context.store.contacts(&filter, &first_page(1)).await?;
    let owner = owner.items.first().map_or_else(String::new, |owner| {
        format!(": {} ({})", owner.id, owner.name)
    });
    Ok(Error::conflict(format!(
        "email: another contact has this mail address{owner}; use or update that one"
    )))
}

/// Deletes a contact for good, with its leads, deals and activities. Quotes stay, without the contact.
#[derive(Deserialize, JsonSchema)]
struct DeleteContact {
    /// The contact.
    id: Prefixed<ContactId>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeletedContact {
    deleted_id: Prefixed<ContactId>,
}

async fn delete_contact(context: &ToolContext, arguments: DeleteContact) -> Result<ContactId> {
    let id = arguments.id.0;
    let effect = context.effect_on(id);
    if context.store.delete_contact(id, effect.as_ref()).await? {
        return Ok(id);
    }
    Err(Error::not_found("contact"))
}

fn deleted_contact(_: &ToolContext, id: ContactId) -> Ready<Result<DeletedContact>> {
    ready(Ok(DeletedContact {
        deleted_id: Prefixed(id),
    }))
}
