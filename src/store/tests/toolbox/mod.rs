//! The rows of the built-in tools: one row of each kind in an account, and another account that finds none of them.

mod isolation;

use std::collections::BTreeMap;

use uuid::Uuid;

use super::fixture::{an_account, first, id, now, on_each_database};
use crate::{
    domain::{
        Activity, ActivityKind, Calculation, Comment, Contact, ContactFilter, Currency, Deal,
        DealStage, Lead, LeadStage, Percentage, PriceItem, PriceList, Quantity, Quote, QuoteLine,
        QuoteStatus, Ticket, TicketPriority, TicketState,
    },
    store::{TenantStore, ToolEffect},
};

struct Toolbox {
    contact: Contact,
    lead: Lead,
    deal: Deal,
    activity: Activity,
    list: PriceList,
    item: PriceItem,
    quote: Quote,
    ticket: Ticket,
    comment: Comment,
    /// The effect that created the ticket.
    effect: ToolEffect,
}

/// An account with rows, and another account that asks for them.
async fn on_each_toolbox(test: impl AsyncFn(&TenantStore, &TenantStore, &Toolbox)) {
    on_each_database(async |store| {
        let (tenant, stranger) = (an_account(store).await, an_account(store).await);
        let toolbox = Toolbox::new();
        toolbox.keep(&tenant).await;
        test(&tenant, &stranger, &toolbox).await;
    })
    .await;
}

impl Toolbox {
    fn new() -> Self {
        let contact = contact();
        let lead = lead(&contact);
        let (list, item) = priced();
        Self {
            deal: deal(&contact, &lead),
            activity: activity(&contact, &lead),
            quote: quote(&contact, &item),
            lead,
            list,
            item,
            contact,
            ticket: ticket(),
            comment: Comment {
                id: id(),
                ticket: id(),
                author: "Ada".to_owned(),
                text: "Hello?".to_owned(),
                internal: false,
                created_at: now(),
            },
            effect: ToolEffect {
                id: Uuid::now_v7(),
                key: "mine".to_owned(),
                tool: "create_ticket".to_owned(),
                digest: "0".to_owned(),
                subject: Uuid::now_v7(),
                at: now(),
            },
        }
        .with_comment_on_ticket()
    }

    fn with_comment_on_ticket(mut self) -> Self {
        self.comment.ticket = self.ticket.id;
        self
    }

    async fn keep(&self, tenant: &TenantStore) {
        assert!(tenant.insert_contact(&self.contact, None).await.unwrap());
        tenant.insert_lead(&self.lead, None).await.unwrap();
        tenant.insert_deal(&self.deal, None).await.unwrap();
        tenant.insert_activity(&self.activity, None).await.unwrap();
        assert!(tenant.insert_price_list(&self.list, None).await.unwrap());
        tenant.put_price_item(&self.item, None).await.unwrap();
        tenant.insert_quote(&self.quote, None).await.unwrap();
        let effect = Some(&self.effect);
        tenant.insert_ticket(&self.ticket, effect).await.unwrap();
        tenant.insert_comment(&self.comment, None).await.unwrap();
    }
}

fn contact() -> Contact {
    Contact {
        id: id(),
        name: "Ärzte & Söhne".to_owned(),
        email: Some("ada@example.com".to_owned()),
        phone: None,
        company: Some("50%_Off".to_owned()),
        job_title: None,
        notes: None,
        created_at: now(),
        updated_at: now(),
    }
}

fn lead(contact: &Contact) -> Lead {
    Lead {
        id: id(),
        contact: contact.id,
        title: "Seats".to_owned(),
        source: None,
        stage: LeadStage::New,
        criteria: BTreeMap::new(),
        score: None,
        reason: None,
        value: Some((1, euro())),
        qualified_at: None,
        created_at: now(),
        updated_at: now(),
    }
}

fn deal(contact: &Contact, lead: &Lead) -> Deal {
    Deal {
        id: id(),
        contact: contact.id,
        lead: Some(lead.id),
        name: "Seats".to_owned(),
        stage: DealStage::Discovery,
        value: None,
        expected_close: now().date_naive().succ_opt(),
        lost_reason: None,
        closed_at: None,
        created_at: now(),
        updated_at: now(),
    }
}

fn activity(contact: &Contact, lead: &Lead) -> Activity {
    Activity {
        id: id(),
        contact: contact.id,
        lead: Some(lead.id),
        deal: None,
        kind: ActivityKind::Call,
        text: "Rang.".to_owned(),
        happened_at: now(),
        created_at: now(),
    }
}

fn priced() -> (PriceList, PriceItem) {
    let list = PriceList {
        id: id(),
        name: "Standard".to_owned(),
        description: None,
        currency: euro(),
        created_at: now(),
        updated_at: now(),
    };
    let item = PriceItem {
        id: id(),
        list: list.id,
        sku: "A".to_owned(),
        name: "Seat".to_owned(),
        description: None,
        unit: "piece".to_owned(),
        unit_price: 1999,
        volume_prices: Vec::new(),
        created_at: now(),
        updated_at: now(),
    };
    (list, item)
}

fn quote(contact: &Contact, item: &PriceItem) -> Quote {
    let line = QuoteLine::of(item, Quantity(2_500), Percentage(10_000)).unwrap();
    let lines = vec![line];
    Quote {
        id: id(),
        number: 0,
        customer: "Engines".to_owned(),
        contact: Some(contact.id),
        status: QuoteStatus::Draft,
        calculation: Calculation::of(euro(), lines, Percentage(0), Percentage(19_000)).unwrap(),
        valid_until: None,
        note: None,
        created_at: now(),
        updated_at: now(),
    }
}

fn ticket() -> Ticket {
    Ticket {
        id: id(),
        number: 0,
        subject: "Printer".to_owned(),
        description: "It burns.".to_owned(),
        priority: TicketPriority::Urgent,
        state: TicketState::Open,
        requester: None,
        requester_email: None,
        assignee: None,
        tags: vec!["fire".to_owned()],
        resolution: None,
        resolved_at: None,
        created_at: now(),
        updated_at: now(),
    }
}

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

#[tokio::test]
async fn a_search_ignores_case_and_escapes_wildcards() {
    on_each_toolbox(async |tenant, _, ours| {
        let found = async |search: &str| {
            let filter = ContactFilter {
                search: Some(search.to_owned()),
                email: None,
            };
            let page = tenant.contacts(&filter, &first(9)).await.unwrap();
            !page.items.is_empty()
        };
        for search in ["ÄRZTE", "söhne", "50%_o", "@EXAMPLE"] {
            assert!(found(search).await, "{search}");
        }
        for search in ["50x", "%%", "ada_example"] {
            assert!(!found(search).await, "{search}");
        }
        // 2.5 × 19.99 = 49.98, less 5.00, plus 8.55 tax.
        assert_eq!(ours.quote.calculation.total, 5_353);
    })
    .await;
}

#[tokio::test]
async fn deleting_a_contact_deletes_its_deals_and_keeps_quotes() {
    on_each_toolbox(async |tenant, _, ours| {
        assert!(tenant.delete_contact(ours.contact.id, None).await.unwrap());
        assert_eq!(tenant.lead(ours.lead.id).await.unwrap(), None);
        assert_eq!(tenant.deal(ours.deal.id).await.unwrap(), None);
        assert_eq!(tenant.activity(ours.activity.id).await.unwrap(), None);
        let quote = tenant.quote(ours.quote.id).await.unwrap().unwrap();
        assert_eq!(quote.contact, None);
        assert_eq!(quote.calculation, ours.quote.calculation);
    })
    .await;
}
