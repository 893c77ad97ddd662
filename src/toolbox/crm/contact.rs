//! Contacts: find, show with their leads, deals and activities, create, change, remove.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{activity, deal, lead};
use crate::{
    domain::{Contact, ContactFilter, ContactId, DealFilter, LeadFilter},
    error::{Error, Result},
    toolbox::{
        desk::{FieldUpdate, ListPage, ToolContext, first, known, listed, moment, overtaken},
        schema,
        server::{Tool, ToolDoc, ToolSchemas, WriteEffect, read},
    },
};

/// The maximum number of leads, of deals and of activities that are shown with a contact.
const SHOWN: u64 = 10;

#[expect(clippy::too_many_lines, reason = "a list, read from top to bottom")]
pub(super) fn tools() -> Vec<Tool> {
    vec![
        Tool::reads(
            ToolDoc {
                name: "find_contacts",
                title: "Find contacts",
                about: "Lists contacts, the newest first, that match everything given; all of them when nothing is given.",
            },
            schema::filter([
                (
                    "query",
                    schema::name(
                        "A part of the name, the company or the mail address, in any case.",
                    ),
                ),
                (
                    "email",
                    schema::email("The whole mail address, in any case."),
                ),
            ]),
            schema::listing("contacts", &shape()),
            |desk, arguments| Box::pin(find(desk, arguments)),
        ),
        Tool::reads(
            ToolDoc {
                name: "get_contact",
                title: "Show a contact",
                about: "Shows a contact with its newest leads, deals and activities.",
            },
            schema::object(&["id"], [("id", schema::id("contact", "The contact."))]),
            schema::answer(&[
                ("contact", "object"),
                ("leads", "array"),
                ("deals", "array"),
                ("activities", "array"),
            ]),
            |desk, arguments| Box::pin(get(desk, arguments)),
        ),
        Tool::writes(
            ToolDoc {
                name: "create_contact",
                title: "Create a contact",
                about: "Adds a person. Look with find_contacts first: a mail address belongs to one contact only.",
            },
            WriteEffect::Adds,
            ToolSchemas::new(schema::object(&["name"], properties()), shape()),
            |desk, arguments| Box::pin(create(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
        Tool::writes(
            ToolDoc {
                name: "update_contact",
                title: "Change a contact",
                about: "Changes what is given of a contact and leaves the rest; null removes a value.",
            },
            WriteEffect::Sets,
            ToolSchemas::new(update_schema(), shape()),
            |desk, arguments| Box::pin(update(desk, arguments)),
            |desk, id| Box::pin(show_one(desk, id)),
        ),
        Tool::writes(
            ToolDoc {
                name: "delete_contact",
                title: "Delete a contact",
                about: "Deletes a contact for good, with its leads, deals and activities. Quotes stay, without the contact.",
            },
            WriteEffect::Removes,
            ToolSchemas::new(
                schema::object(&["id"], [("id", schema::id("contact", "The contact."))]),
                schema::answer(&[("deletedId", "string")]),
            ),
            |desk, arguments| Box::pin(delete(desk, arguments)),
            |_, id| {
                Box::pin(
                    async move { Ok(json!({"deletedId": ContactId::from_uuid(id).to_string()})) },
                )
            },
        ),
    ]
}

fn properties() -> [(&'static str, Value); 6] {
    [
        ("name", schema::name("The person's name.")),
        ("email", schema::email("The mail address.")),
        ("phone", schema::name("The telephone number.")),
        ("company", schema::name("Where the person works.")),
        (
            "jobTitle",
            schema::name("What the person does there, e.g. \"Head of Purchasing\"."),
        ),
        (
            "notes",
            schema::text(4000, "Anything else that is worth knowing of the person."),
        ),
    ]
}

fn update_schema() -> Value {
    let [name, email, phone, company, job_title, notes] = properties();
    let optional = |(name, schema)| (name, schema::or_null(schema));
    schema::object(
        &["id"],
        [
            ("id", schema::id("contact", "The contact.")),
            name,
            optional(email),
            optional(phone),
            optional(company),
            optional(job_title),
            optional(notes),
        ],
    )
}

pub(super) fn shape() -> Value {
    schema::answer(&[
        ("id", "string"),
        ("name", "string"),
        ("email?", "string"),
        ("phone?", "string"),
        ("company?", "string"),
        ("jobTitle?", "string"),
        ("notes?", "string"),
        ("createdAt", "string"),
        ("updatedAt", "string"),
    ])
}

pub(super) fn shown(contact: &Contact) -> Value {
    known(json!({
        "id": contact.id.to_string(),
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "company": contact.company,
        "jobTitle": contact.job_title,
        "notes": contact.notes,
        "createdAt": moment(contact.created_at),
        "updatedAt": moment(contact.updated_at),
    }))
}

/// The contact with this id. `NOT_FOUND` when the account has none.
pub(super) async fn existing(desk: &ToolContext, field: &str, id: &str) -> Result<Contact> {
    let id = ContactId::parse(field, id)?;
    let found = desk.store.contact(id).await?;
    found.ok_or_else(|| Error::not_found("contact"))
}

#[derive(Deserialize)]
struct Find {
    query: Option<String>,
    email: Option<String>,
    #[serde(flatten)]
    part: ListPage,
}

async fn find(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let Find { query, email, part } = read(arguments)?;
    let filter = ContactFilter {
        search: query,
        email,
    };
    let page = desk.store.contacts(&filter, &part.of("contacts")?).await?;
    Ok(listed("contacts", &page, |contact| contact.id, shown))
}

#[derive(Deserialize)]
struct One {
    id: String,
}

async fn get(desk: &ToolContext, arguments: Value) -> Result<Value> {
    let One { id } = read(arguments)?;
    let contact = existing(desk, "id", &id).await?;
    let of_contact = Some(contact.id);
    let leads = LeadFilter {
        contact: of_contact,
        ..LeadFilter::default()
    };
    let deals = DealFilter {
        contact: of_contact,
        ..DealFilter::default()
    };
    let part = first(SHOWN);
    let (leads, deals, activities) = futures::try_join!(
        desk.store.leads(&leads, &part),
        desk.store.deals(&deals, &part),
        desk.store.activities(contact.id, &part),
    )?;
    Ok(json!({
        "contact": shown(&contact),
        "leads": leads.items.iter().map(lead::shown).collect::<Vec<_>>(),
        "deals": deals.items.iter().map(deal::shown).collect::<Vec<_>>(),
        "activities": activities.items.iter().map(activity::shown).collect::<Vec<_>>(),
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    name: String,
    email: Option<String>,
    phone: Option<String>,
    company: Option<String>,
    job_title: Option<String>,
    notes: Option<String>,
}

async fn create(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let new: Create = read(arguments)?;
    let now = desk.now();
    let contact = Contact {
        id: desk.id(),
        name: new.name.trim().to_owned(),
        email: new.email.map(|email| email.to_lowercase()),
        phone: new.phone,
        company: new.company,
        job_title: new.job_title,
        notes: new.notes,
        created_at: now,
        updated_at: now,
    };
    let effect = desk.effect_on(contact.id);
    if desk.store.insert_contact(&contact, effect.as_ref()).await? {
        return Ok(contact.id.uuid());
    }
    Err(taken(desk, contact.email.as_deref()).await?)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    id: String,
    name: Option<String>,
    #[serde(default)]
    email: FieldUpdate<String>,
    #[serde(default)]
    phone: FieldUpdate<String>,
    #[serde(default)]
    company: FieldUpdate<String>,
    #[serde(default)]
    job_title: FieldUpdate<String>,
    #[serde(default)]
    notes: FieldUpdate<String>,
}

async fn update(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let change: Update = read(arguments)?;
    let mut contact = existing(desk, "id", &change.id).await?;
    let seen = contact.updated_at;
    if let Some(name) = change.name {
        name.trim().clone_into(&mut contact.name);
    }
    change.email.apply(&mut contact.email);
    contact.email = contact.email.map(|email| email.to_lowercase());
    change.phone.apply(&mut contact.phone);
    change.company.apply(&mut contact.company);
    change.job_title.apply(&mut contact.job_title);
    change.notes.apply(&mut contact.notes);
    contact.updated_at = desk.now();
    let effect = desk.effect_on(contact.id);
    let store = &desk.store;
    if store
        .update_contact(&contact, seen, effect.as_ref())
        .await?
    {
        return Ok(contact.id.uuid());
    }
    let unchanged = store.contact(contact.id).await?;
    if unchanged.is_some_and(|unchanged| unchanged.updated_at == seen) {
        return Err(taken(desk, contact.email.as_deref()).await?);
    }
    Err(overtaken("contact"))
}

/// The error for an e-mail address that another contact has.
async fn taken(desk: &ToolContext, email: Option<&str>) -> Result<Error> {
    let filter = ContactFilter {
        search: None,
        email: email.map(str::to_owned),
    };
    let owner = desk.store.contacts(&filter, &first(1)).await?.items.pop();
    let owner = owner.map_or_else(String::new, |owner| {
        format!(": {} ({})", owner.id, owner.name)
    });
    Ok(Error::conflict(format!(
        "email: another contact has this mail address{owner}; use or update that one"
    )))
}

async fn delete(desk: &ToolContext, arguments: Value) -> Result<Uuid> {
    let One { id } = read(arguments)?;
    let id = ContactId::parse("id", &id)?;
    let effect = desk.effect_on(id);
    if desk.store.delete_contact(id, effect.as_ref()).await? {
        return Ok(id.uuid());
    }
    Err(Error::not_found("contact"))
}

async fn show_one(desk: &ToolContext, id: Uuid) -> Result<Value> {
    let found = desk.store.contact(ContactId::from_uuid(id)).await?;
    let found = found.ok_or_else(|| Error::not_found("contact"))?;
    Ok(shown(&found))
}
