//! Pages in both directions, and the flags for further items on each side.

use chrono::TimeDelta;

use super::fixture::{a_template, agent, an_account, first, note, now, on_each_database};
use crate::{
    domain::{Agent, AgentFilter, AgentOrder, AgentOrderField, Page, PageRequest},
    error::Kind,
    store::TenantStore,
};

const FIELDS: [AgentOrderField; 3] = [
    AgentOrderField::Name,
    AgentOrderField::CreatedAt,
    AgentOrderField::UpdatedAt,
];

/// Agents in order; some names and times are equal, and some times have whole seconds.
async fn listed(tenant: &TenantStore, order: AgentOrder) -> Vec<Agent> {
    let all = tenant
        .agents(&AgentFilter::default(), order, &first(100))
        .await
        .unwrap();
    assert!(!all.has_previous && !all.has_next);
    all.items
}

async fn page(tenant: &TenantStore, order: AgentOrder, request: PageRequest) -> Page<Agent> {
    tenant
        .agents(&AgentFilter::default(), order, &request)
        .await
        .unwrap()
}

#[tokio::test]
async fn concatenated_pages_are_the_whole_list_in_every_order_and_direction() {
    on_each_database(async |store| {
        let tenant = seven_agents(store).await;
        for field in FIELDS {
            for descending in [false, true] {
                let order = AgentOrder { field, descending };
                let all = listed(&tenant, order).await;
                assert_eq!(all.len(), 7);
                assert_eq!(walk(&tenant, order, false).await, all);
                assert_eq!(walk(&tenant, order, true).await, all);
            }
        }
        let order = AgentOrder {
            field: AgentOrderField::CreatedAt,
            descending: false,
        };
        let times: Vec<_> = listed(&tenant, order)
            .await
            .iter()
            .map(|agent| agent.created_at)
            .collect();
        assert!(times.is_sorted());
        assert_ne!(times.first(), times.last());
    })
    .await;
}

async fn seven_agents(store: &crate::store::Store) -> TenantStore {
    let tenant = an_account(store).await;
    let template = a_template(store).await;
    let begin = now() - TimeDelta::microseconds(i64::from(now().timestamp_subsec_micros()));
    for number in 0..7_i32 {
        let name =
            ["ann", "Ann", "Bob", "Émile", "zoe", "bob", "ann"][usize::try_from(number).unwrap()];
        let at = begin + TimeDelta::microseconds(i64::from(number / 2) * 123_450);
        let agent = Agent {
            created_at: at,
            updated_at: begin - TimeDelta::seconds(i64::from(number % 3)),
            ..agent(&tenant, template, name)
        };
        assert!(tenant.insert_agent(&agent, &[], note()).await.unwrap());
    }
    tenant
}

/// All pages of two items, from one end to the other.
async fn walk(tenant: &TenantStore, order: AgentOrder, from_end: bool) -> Vec<Agent> {
    let mut seen: Vec<Agent> = Vec::new();
    loop {
        let edge = if from_end { seen.first() } else { seen.last() };
        let edge = edge.map(|agent| order.position(agent));
        let (after, before) = if from_end { (None, edge) } else { (edge, None) };
        let page = page(
            tenant,
            order,
            PageRequest {
                limit: 2,
                after,
                before,
                from_end,
            },
        )
        .await;
        let (behind, ahead) = if from_end {
            (page.has_next, page.has_previous)
        } else {
            (page.has_previous, page.has_next)
        };
        assert_eq!(behind, !seen.is_empty());
        if from_end {
            seen.splice(0..0, page.items);
        } else {
            seen.extend(page.items);
        }
        if !ahead {
            return seen;
        }
    }
}

#[tokio::test]
async fn a_page_between_two_cursors_reports_both_sides() {
    on_each_database(async |store| {
        let tenant = seven_agents(store).await;
        let order = AgentOrder {
            field: AgentOrderField::Name,
            descending: true,
        };
        let all = listed(&tenant, order).await;
        let (after, before) = (Some(order.position(&all[1])), Some(order.position(&all[5])));
        let between = |limit, from_end| PageRequest {
            limit,
            after: after.clone(),
            before: before.clone(),
            from_end,
        };
        let whole = page(&tenant, order, between(10, false)).await;
        assert_eq!(whole.items, all[2..5]);
        assert!(whole.has_previous && whole.has_next);
        let last = page(&tenant, order, between(1, true)).await;
        assert_eq!(last.items, all[4..5]);
        assert!(last.has_previous && last.has_next);

        // The row of the cursor may be deleted: only existing rows count.
        assert!(tenant.delete_agent(all[6].id, note()).await.unwrap());
        let end = PageRequest {
            limit: 10,
            after: Some(order.position(&all[5])),
            before: Some(order.position(&all[6])),
            from_end: false,
        };
        let end = page(&tenant, order, end).await;
        assert!(end.items.is_empty() && end.has_previous && !end.has_next);
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_another_order_is_refused() {
    on_each_database(async |store| {
        let tenant = seven_agents(store).await;
        let by_name = AgentOrder {
            field: AgentOrderField::Name,
            descending: false,
        };
        let by_time = AgentOrder {
            field: AgentOrderField::CreatedAt,
            descending: false,
        };
        let some = &listed(&tenant, by_name).await[0];
        let request = PageRequest {
            after: Some(by_name.position(some)),
            ..first(2)
        };
        let refused = tenant
            .agents(&AgentFilter::default(), by_time, &request)
            .await;
        assert!(matches!(refused.unwrap_err().kind(), Kind::BadInput(_)));
    })
    .await;
}
