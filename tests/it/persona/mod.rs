//! Personas of digital experts: built from their documents with sources, edited, shown to the model.

mod build;
mod crash;
mod edit;
mod model;
mod prompt;

use serde_json::{Value, json};

use crate::{
    knowledge::known,
    support::{Client, Reply, Script, until},
};

/// The selected fields of a persona.
const PERSONA: &str = "version state problem builtAt editedAt
    style { words wordsPerSentence questionShare exclamationShare firstPersonShare differentWordShare }
    documents { id title }
    topics { ...Item } vocabulary { ...Item } tone { ...Item } positions { ...Item } facts { ...Item }";
/// The fragment that [`PERSONA`] uses.
const ITEM: &str = "fragment Item on PersonaItem { id kind text weight origin sources { quote position document { id title } } }";
/// The lists of a persona.
const LISTS: [&str; 5] = ["topics", "vocabulary", "tone", "positions", "facts"];

/// The articles of the demo's expert.
const FAIR_PRICE: &str = include_str!("../../../demo/articles/a_fair_price.md");
const REPAIR: &str = include_str!("../../../demo/articles/repair_is_a_feature.md");
const SLOWLY: &str = include_str!("../../../demo/articles/why_we_build_slowly.md");

/// A new digital expert; returns its id.
pub(crate) async fn expert(client: &Client) -> String {
    let create = "mutation { createAgent(input: {template: \"digital_expert\", tier: \"standard\", name: \"Marit Hollin\"}) { agent { id } } }";
    let made = client.ok(create, json!({})).await;
    made["createAgent"]["agent"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Ingests an article of the expert and waits until it is searchable; returns its id.
async fn article(client: &Client, agent: &str, source: &str, text: &str) -> String {
    let input = json!({"agentId": agent, "title": source, "source": source, "text": text});
    known(client, input).await
}

/// The persona of an agent; null without one.
async fn persona(client: &Client, agent: &str) -> Value {
    let query = format!(
        "query($id: ID!) {{ agent(by: {{id: $id}}) {{ persona {{ {PERSONA} }} }} }} {ITEM}"
    );
    let found = client.ok(&query, json!({"id": agent})).await;
    found["agent"]["persona"].clone()
}

/// Waits until a build has ended, and the persona is as wanted.
async fn built(client: &Client, agent: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    until("the persona is built", async || {
        last = persona(client, agent).await;
        last["state"] == "READY" && is_wanted(&last)
    })
    .await;
    last
}

/// The number of documents that a persona was built from.
fn documents(persona: &Value) -> usize {
    persona["documents"].as_array().map_or(0, Vec::len)
}

/// The texts of a list of a persona.
fn texts<'v>(persona: &'v Value, list: &str) -> Vec<&'v str> {
    let items = persona[list].as_array().unwrap().iter();
    items.map(|item| item["text"].as_str().unwrap()).collect()
}

/// The item of a list with this text.
fn item<'v>(persona: &'v Value, list: &str, text: &str) -> &'v Value {
    let mut items = persona[list].as_array().unwrap().iter();
    items
        .find(|item| item["text"] == text)
        .unwrap_or_else(|| panic!("no {text} in {persona:#}"))
}

/// Checks that each item that was built has a source, and that each quote stands in its document.
fn assert_sources_stand(persona: &Value, texts: &[(&str, &str)]) {
    for list in LISTS {
        for item in persona[list].as_array().unwrap() {
            let sources = item["sources"].as_array().unwrap();
            assert!(
                item["origin"] == "EDITED" || !sources.is_empty(),
                "{item:#}"
            );
            for source in sources {
                let document = source["document"]["id"].as_str().unwrap();
                let text = texts.iter().find(|(id, _)| *id == document);
                let (_, text) = text.unwrap_or_else(|| panic!("another document: {source:#}"));
                let quote = source["quote"].as_str().unwrap();
                assert!(squeezed(text).contains(&squeezed(quote)), "{quote}");
            }
        }
    }
}

/// A text with single spaces only.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text of a message of a request to the model.
fn message(asked: &Value, index: usize) -> &str {
    asked["messages"][index]["content"]
        .as_str()
        .unwrap_or_default()
}

/// The reply with what a model has extracted.
fn extracts(tone: &Value, positions: &Value, facts: &Value) -> Script {
    let answer = json!({"tone": tone, "positions": positions, "facts": facts});
    Script::says(&["Here it is:\n```json\n", &answer.to_string(), "\n```"])
}

/// Sends a change of a persona that may be refused.
pub(crate) async fn change(client: &Client, input: Value) -> Reply {
    let mutation = format!(
        "mutation($input: UpdatePersonaInput!) {{ updatePersona(input: $input) {{ persona {{ {PERSONA} }} }} }} {ITEM}"
    );
    client.ask(&mutation, json!({"input": input})).await
}

/// Asks for a build from every document.
async fn rebuild(client: &Client, agent: &str) -> Value {
    let mutation = "mutation($id: ID!) { rebuildPersona(input: {agentId: $id}) { persona { version state } } }";
    let asked = client.ok(mutation, json!({"id": agent})).await;
    asked["rebuildPersona"]["persona"].clone()
}
