//! Rows of the built-in tools of one account are not found by another.

use uuid::Uuid;

use super::{Toolbox, on_each_toolbox};
use crate::{
    domain::{ContactFilter, DealFilter, Lead, LeadFilter, QuoteFilter, Ticket, TicketFilter},
    error::Kind,
    store::{
        ToolEffect,
        tests::fixture::{first, id, now},
    },
};

#[tokio::test]
async fn customers_of_another_account_are_not_found() {
    on_each_toolbox(async |tenant, stranger, ours| {
        let Toolbox {
            contact,
            lead,
            deal,
            activity,
            ..
        } = ours;
        let all = first(9);
        let contacts = stranger.contacts(&ContactFilter::default(), &all).await;
        assert!(contacts.unwrap().items.is_empty());
        let leads = stranger.leads(&LeadFilter::default(), &all).await;
        assert!(leads.unwrap().items.is_empty());
        let deals = stranger.deals(&DealFilter::default(), &all).await;
        assert!(deals.unwrap().items.is_empty());
        let activities = stranger.activities(contact.id, &all).await;
        assert!(activities.unwrap().items.is_empty());
        assert_eq!(stranger.contact(contact.id).await.unwrap(), None);
        assert_eq!(stranger.lead(lead.id).await.unwrap(), None);
        assert_eq!(stranger.deal(deal.id).await.unwrap(), None);
        assert_eq!(stranger.activity(activity.id).await.unwrap(), None);
        let seen = contact.updated_at;
        assert!(!stranger.update_contact(contact, seen, None).await.unwrap());
        assert!(!stranger.update_lead(lead, seen, None).await.unwrap());
        assert!(!stranger.update_deal(deal, seen, None).await.unwrap());
        assert!(!stranger.delete_contact(contact.id, None).await.unwrap());
        // The database itself refuses rows that mix two accounts.
        let theirs = Lead {
            id: id(),
            ..lead.clone()
        };
        let refused = stranger.insert_lead(&theirs, None).await.unwrap_err();
        assert_eq!(refused.kind(), &Kind::Conflict);
        assert_eq!(
            tenant.contact(contact.id).await.unwrap().as_ref(),
            Some(contact)
        );
        assert_eq!(
            tenant.activity(activity.id).await.unwrap().as_ref(),
            Some(activity)
        );
    })
    .await;
}

#[tokio::test]
async fn prices_and_quotes_of_another_account_are_not_found() {
    on_each_toolbox(async |tenant, stranger, ours| {
        let Toolbox {
            list, item, quote, ..
        } = ours;
        let all = first(9);
        assert!(stranger.price_lists(&all).await.unwrap().items.is_empty());
        assert_eq!(stranger.price_list(list.id).await.unwrap(), None);
        let items = stranger.price_items(list.id, None, &all).await;
        assert!(items.unwrap().items.is_empty());
        assert_eq!(stranger.price_item(item.id).await.unwrap(), None);
        let by_sku = stranger.price_items_by_sku(list.id, &["A"]).await;
        assert_eq!(by_sku.unwrap(), []);
        let gone = stranger.delete_price_item(list.id, "A", now(), None).await;
        assert!(!gone.unwrap());
        let quotes = stranger.quotes(&QuoteFilter::default(), &all).await;
        assert!(quotes.unwrap().items.is_empty());
        assert_eq!(stranger.quote(quote.id).await.unwrap(), None);
        assert_eq!(stranger.quote_by_number(1).await.unwrap(), None);
        let moved = stranger.update_quote_status(quote, quote.updated_at, None);
        assert!(!moved.await.unwrap());
        let kept = tenant.quote_by_number(1).await.unwrap().unwrap();
        assert_eq!(kept.calculation, quote.calculation);
    })
    .await;
}

#[tokio::test]
async fn tickets_and_effects_of_another_account_are_not_found() {
    on_each_toolbox(async |tenant, stranger, ours| {
        let Toolbox {
            ticket,
            comment,
            effect,
            ..
        } = ours;
        let all = first(9);
        let tickets = stranger.tickets(&TicketFilter::default(), &all).await;
        assert!(tickets.unwrap().items.is_empty());
        assert_eq!(stranger.count_tickets().await.unwrap(), []);
        assert_eq!(stranger.ticket(ticket.id).await.unwrap(), None);
        assert_eq!(stranger.ticket_by_number(1).await.unwrap(), None);
        let comments = stranger.comments(ticket.id, &all).await;
        assert!(comments.unwrap().items.is_empty());
        assert_eq!(stranger.comment(comment.id).await.unwrap(), None);
        let seen = ticket.updated_at;
        assert!(!stranger.update_ticket(ticket, seen, None).await.unwrap());
        // A key of one account is independent of another account's, and ticket numbers start anew.
        assert_eq!(stranger.tool_effect(&effect.key).await.unwrap(), None);
        let theirs = Ticket {
            id: id(),
            ..ticket.clone()
        };
        let same = ToolEffect {
            id: Uuid::now_v7(),
            ..effect.clone()
        };
        stranger.insert_ticket(&theirs, Some(&same)).await.unwrap();
        assert_eq!(
            stranger.ticket_by_number(1).await.unwrap().unwrap().id,
            theirs.id
        );
        // A repeated insert has no effect.
        let again = tenant.insert_ticket(&theirs, Some(effect)).await;
        assert_eq!(again.unwrap_err().kind(), &Kind::Conflict);
        assert_eq!(tenant.count_tickets().await.unwrap().len(), 1);
    })
    .await;
}
