//! The content of the demo account: the documents, the price list, the tickets and the contacts of a small invented
//! company that builds cargo bikes.

use serde_json::{Value, json};

use super::record::{Record, RowIds};
use crate::{
    domain::{Actor, Agent},
    error::{Error, Result},
    service::{DocumentInput, NewAgent, Services},
};

const HANDBOOK: DemoDocument = DemoDocument {
    title: "Owner's handbook",
    source: "handbook.md",
    text: include_str!("../../demo/handbook.md"),
};
const FAQ: DemoDocument = DemoDocument {
    title: "Frequently asked questions",
    source: "faq.md",
    text: include_str!("../../demo/faq.md"),
};
const PRICE_LIST: DemoDocument = DemoDocument {
    title: "Price list 2026",
    source: "price_list.md",
    text: include_str!("../../demo/price_list.md"),
};
const ARTICLES: [DemoDocument; 3] = [
    DemoDocument {
        title: "Why we build slowly",
        source: "why_we_build_slowly.md",
        text: include_str!("../../demo/articles/why_we_build_slowly.md"),
    },
    DemoDocument {
        title: "Repair is a feature",
        source: "repair_is_a_feature.md",
        text: include_str!("../../demo/articles/repair_is_a_feature.md"),
    },
    DemoDocument {
        title: "A fair price",
        source: "a_fair_price.md",
        text: include_str!("../../demo/articles/a_fair_price.md"),
    },
];
const MARKET_NOTES: [DemoDocument; 2] = [
    DemoDocument {
        title: "Cargo bikes in the Benelux",
        source: "cargo_bikes_benelux.md",
        text: include_str!("../../demo/market/cargo_bikes_benelux.md"),
    },
    DemoDocument {
        title: "Family riders",
        source: "family_riders.md",
        text: include_str!("../../demo/market/family_riders.md"),
    },
];
/// The rows, as calls of the built-in tools.
const RECORDS: &str = include_str!("../../demo/records.yaml");

/// A document of the company.
#[derive(Clone, Copy)]
struct DemoDocument {
    title: &'static str,
    source: &'static str,
    text: &'static str,
}

/// An agent of the demo account.
struct DemoAgent {
    template: &'static str,
    tier: &'static str,
    name: &'static str,
    /// The settings, an object.
    configuration: Value,
    documents: Vec<DemoDocument>,
}

/// Creates the agents, their documents and the rows of the demo account. The documents are read in the background.
pub(super) async fn create_content(services: &Services, owner: &Actor) -> Result<()> {
    for agent in agents() {
        let created = create_agent(services, owner, &agent).await?;
        for document in agent.documents {
            services
                .documents
                .ingest(owner, document.input(&created))
                .await?;
        }
    }
    let records: Vec<Record> = serde_saphyr::from_str(RECORDS)
        .map_err(|cause| Error::internal("read demo/records.yaml").with_source(cause))?;
    RowIds::make(services, owner, &records).await?;
    Ok(())
}

fn agents() -> [DemoAgent; 4] {
    let company = "Hollin Cargo Bikes";
    [
        DemoAgent {
            template: "sales_agent",
            tier: "startup",
            name: "Sales",
            configuration: json!({
                "companyName": company,
                "companyDescription": "A workshop in Ghent that builds cargo bikes for families and shops.",
                "discountPolicy": "The discounts for several bikes of the price list, and no others.",
                "escalation": {"contact": "sales@hollinbikes.example"},
            }),
            documents: vec![PRICE_LIST, FAQ],
        },
        DemoAgent {
            template: "digital_expert",
            tier: "standard",
            name: "Digital Expert",
            configuration: json!({
                "companyName": company,
                "expert": {"name": "Marit Hollin", "title": "founder of Hollin Cargo Bikes", "perspective": "assistant"},
                "expertise": ["cargo bikes", "repair", "prices", "growing a small company"],
            }),
            documents: ARTICLES.to_vec(),
        },
        DemoAgent {
            template: "support_agent",
            tier: "standard",
            name: "Support",
            configuration: json!({
                "companyName": company,
                "productName": "the cargo bikes Wren, Heron and Pelican",
                "escalation": {"contact": "help@hollinbikes.example"},
            }),
            documents: vec![HANDBOOK, FAQ],
        },
        DemoAgent {
            template: "research_agent",
            tier: "standard",
            name: "Research",
            configuration: json!({"companyName": company, "industry": "cargo bikes"}),
            documents: [MARKET_NOTES.as_slice(), &[PRICE_LIST]].concat(),
        },
    ]
}

async fn create_agent(services: &Services, owner: &Actor, agent: &DemoAgent) -> Result<Agent> {
    let new = NewAgent {
        template: agent.template.to_owned(),
        template_version: None,
        tier: agent.tier.to_owned(),
        name: agent.name.to_owned(),
        slug: None,
        configuration: Some(agent.configuration.clone()),
        fallback: None,
        activate: true,
    };
    services.agents.create(owner, new).await
}

impl DemoDocument {
    fn input(self, agent: &Agent) -> DocumentInput {
        DocumentInput {
            agent: agent.id,
            title: self.title.to_owned(),
            text: Some(self.text.to_owned()),
            url: None,
            source: Some(self.source.to_owned()),
            content_base64: None,
            file: None,
            media_type: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PRICE_LIST, RECORDS, Record};

    #[test]
    fn the_price_list_and_the_rows_have_the_same_prices() {
        let records: Vec<Record> = serde_saphyr::from_str(RECORDS).unwrap();
        let prices = records.iter().filter(|record| record.tool == "set_price");
        let prices: Vec<&str> = prices
            .map(|record| record.arguments["unitPrice"].as_str().unwrap())
            .collect();
        assert_eq!(prices.len(), 15);
        for price in prices {
            let euros = price.strip_suffix(".00").unwrap();
            let shown = match euros.len() {
                4 => format!("{},{} euros", &euros[..1], &euros[1..]),
                _ => format!("{euros} euros"),
            };
            let text = PRICE_LIST.text.replace('\n', " ");
            assert!(text.contains(&shown), "{shown}");
        }
    }
}
