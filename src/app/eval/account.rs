//! The account that cases are run in, as a client of the API sees it.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::json;

use super::{case_file::CaseFile, client::GraphqlClient, scripted::ScriptBook};
use crate::{
    app::record::RowIds,
    error::{Error, Result},
};

const AGENTS: &str = "query($after: String) { agents(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor } nodes { id slug template { name version } } } }";

/// The account that cases are run in.
#[derive(Clone)]
pub(super) struct EvalAccount {
    pub(super) client: GraphqlClient,
    /// The id, by which scripts are found; empty on a running server.
    pub(super) id: String,
    pub(super) names: AgentNames,
    pub(super) rows: RowIds,
    /// The scripts, if the models are scripted.
    pub(super) book: Option<Arc<ScriptBook>>,
}

/// The names of the agents in files of cases, with their ids.
#[derive(Debug, Clone, Default)]
pub(super) struct AgentNames {
    ids: BTreeMap<String, String>,
    /// The slugs by id.
    slugs: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct AgentsData {
    agents: AgentPage,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AgentPage {
    page_info: PageEnd,
    nodes: Vec<ListedAgent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageEnd {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
struct ListedAgent {
    id: String,
    slug: String,
    template: ListedTemplate,
}

#[derive(Deserialize)]
struct ListedTemplate {
    name: String,
    version: String,
}

impl EvalAccount {
    /// The account of the key on a running server. Cases name its agents by their slugs, or by the slugs that the file
    /// gives the only agents of their templates. An agent of the file with a version is the only agent of this version.
    pub(super) async fn of_server(client: GraphqlClient, file: &CaseFile) -> Result<Self> {
        let agents = agents_of(&client).await?;
        let mut names = AgentNames::default();
        for agent in &agents {
            names.insert(&agent.slug, &agent.id);
        }
        for wanted in &file.agents {
            let version = wanted.version.as_deref();
            if names.ids.contains_key(&wanted.slug) && version.is_none() {
                continue;
            }
            let is_wanted = |agent: &&ListedAgent| {
                let template = &agent.template;
                template.name == wanted.template
                    && version.is_none_or(|version| template.version == version)
            };
            let found: Vec<_> = agents.iter().filter(is_wanted).collect();
            match (found.as_slice(), version) {
                ([agent], _) => names.insert(&wanted.slug, &agent.id),
                (_, None) => {}
                (found, Some(version)) => {
                    let count = match found.len() {
                        0 => "no agent".to_owned(),
                        several => format!("{several} agents"),
                    };
                    let template = &wanted.template;
                    return Err(Error::unavailable(format!(
                        "the account has {count} of {template}@{version}, expected one for \"{}\"",
                        wanted.slug
                    )));
                }
            }
        }
        Ok(Self {
            client,
            id: String::new(),
            names,
            rows: RowIds::default(),
            book: None,
        })
    }
}

/// The agents of the client's account.
async fn agents_of(client: &GraphqlClient) -> Result<Vec<ListedAgent>> {
    let mut agents = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page: AgentsData = client.ask(AGENTS, json!({"after": after})).await?;
        agents.extend(page.agents.nodes);
        if !page.agents.page_info.has_next_page {
            return Ok(agents);
        }
        after = page.agents.page_info.end_cursor;
    }
}

impl AgentNames {
    pub(super) fn insert(&mut self, slug: &str, id: &str) {
        self.ids.insert(slug.to_owned(), id.to_owned());
        self.slugs.insert(id.to_owned(), slug.to_owned());
    }

    /// The id of the agent with this slug.
    pub(super) fn id(&self, slug: &str) -> Result<&str> {
        let id = self.ids.get(slug).map(String::as_str);
        id.ok_or_else(|| Error::unavailable(format!("the account has no agent \"{slug}\"")))
    }

    /// The slug of the agent with this id; the id itself for an agent that no case names.
    pub(super) fn slug<'a>(&'a self, id: &'a str) -> &'a str {
        self.slugs.get(id).map_or(id, String::as_str)
    }
}
