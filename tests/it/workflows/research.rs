//! Research: the plan, the findings, the comparison, a report whose every source exists, and a process that is killed.

use serde_json::{Value, json};

use super::{answer, context, filled};
use crate::{
    agent::create,
    chat::{RUN_EVENTS, conversation_of, ended, events, kinds, send},
    knowledge::{known, library},
    support::{EMBEDDINGS, Process, Script, TestApp, TestDatabase, Upstream, Worker, until},
    tools::follow,
};

/// An app with a research agent over three documents.
async fn institute(settings: Value) -> (TestApp, Worker, String) {
    let (app, worker) = library().await;
    let agent = create(
        &app.home.admin,
        json!({"template": "research_agent", "tier": "standard", "name": "Research", "configuration": settings}),
    )
    .await;
    let agent = agent["id"].as_str().unwrap().to_owned();
    app.upstream.thinks(|request| {
        if request.to_string().contains("Call the tools that help") {
            return Script::says(&["NONE"]);
        }
        Script::says(&[
            "The Heron is lighter [1",
            "], the Stork is not [42]. Both sell [1, 2, 50].",
        ])
    });
    for (title, text) in DOCUMENTS {
        let input = json!({"agentId": agent, "title": title, "text": text});
        known(&app.home.admin, input).await;
    }
    (app, worker, agent)
}

/// The stages in the events of a run.
const PROGRESS: &str =
    "subscription($id: ID!) { runEvents(runId: $id) { __typename ... on RunProgress { stage } } }";

const DOCUMENTS: [(&str, &str); 3] = [
    (
        "Heron",
        "The Heron weighs 38 kg. The Heron costs 4,900 EUR.",
    ),
    (
        "Stork",
        "The Stork weighs 44 kg. The Stork costs 5,200 EUR.",
    ),
    ("Market", "Demand for cargo bikes grew by 12 % in 2025."),
];

/// The number of the first source in a request that contains a word.
fn number_of(request: &Value, word: &str) -> Option<usize> {
    let text = request["messages"][1]["content"].as_str().unwrap();
    let source = text
        .split("\n[")
        .skip(1)
        .find(|source| source.contains(word))?;
    source.split(']').next()?.parse().ok()
}

fn plan(request: &Value) -> Script {
    let plan = json!({
        "subQuestions": ["What does the Heron weigh?", "What does the Stork weigh?"],
        "comparison": {"subjects": ["Heron", "Stork"], "criteria": ["weight"]},
    });
    Script::says(&[&filled(request, &plan).to_string()])
}

/// A model that plans, finds and compares.
fn researcher(name: &str, request: &Value) -> Script {
    let found = match name {
        "research_plan" => return plan(request),
        "research_finding" => {
            let text = request["messages"][1]["content"].as_str().unwrap();
            let subject = if text.starts_with("Question: What does the Heron") {
                "Heron"
            } else {
                "Stork"
            };
            let source = number_of(request, &format!("The {subject} weighs"));
            json!({"answer": format!("The {subject} has a weight."), "sources": [source, 99]})
        }
        _ => json!({"cells": [
            {"subject": "Heron", "criterion": "weight", "value": "38 kg", "sources": [1]},
            {"subject": "Stork", "criterion": "weight", "value": "44 kg", "sources": [77]},
        ]}),
    };
    Script::says(&[&filled(request, &found).to_string()])
}

#[tokio::test]
async fn a_report_rests_on_sources_that_exist() {
    let (app, _worker, agent) = institute(json!({})).await;
    // its stages reserve at the same time as finished ones are journaled
    let budget = "mutation { updateAccount(input: {monthlyTokenBudget: 10000000, enforcement: BLOCK}) { account { id } } }";
    app.home.owner.ok(budget, json!({})).await;
    app.upstream.extracts(researcher);
    let all = follow(
        &app.home.member,
        json!({"message": "Compare Heron and Stork by weight.", "agentId": agent}),
    )
    .await;
    let conversation = conversation_of(&all);
    let said = answer(&all);
    let (body, list) = said.split_once("\n\nSources\n").unwrap();
    assert_eq!(
        body,
        "The Heron is lighter [1], the Stork is not . Both sell [1, 2]."
    );
    let research = context(&app, &conversation).await["research"].clone();
    let sources = research["sources"].as_array().unwrap();
    for line in list.lines() {
        let (number, title) = line.trim_start_matches('[').split_once("] ").unwrap();
        let number: i64 = number.parse().unwrap();
        assert!(
            sources
                .iter()
                .any(|source| source["number"] == number && source["title"] == title),
            "{line}"
        );
    }
    assert_eq!(list.lines().count(), 2);
    // sources that the model was not given are not taken
    let parts = research["subQuestions"].as_array().unwrap();
    assert_eq!(parts.len(), 2);
    for part in parts {
        let used = part["finding"]["sources"].as_array().unwrap();
        assert_eq!(used.len(), 1, "{part}");
    }
    let rows = &research["comparison"]["rows"];
    assert_eq!(rows[0]["cells"][0]["answer"], "38 kg");
    assert_eq!(rows[1]["cells"][0], json!({"answer": "", "sources": []}));
    // each source is a document of the agent
    let documents = app
        .home
        .reader
        .ok(
            "query($id: ID!) { agent(by: {id: $id}) { documents { nodes { id } } } }",
            json!({"id": agent}),
        )
        .await;
    let documents = documents["agent"]["documents"]["nodes"].as_array().unwrap();
    for source in sources {
        assert!(
            documents
                .iter()
                .any(|document| document["id"] == source["documentId"]),
            "{source}"
        );
    }
    let told = app.upstream.asked().pop().unwrap();
    let told = told["messages"][0]["content"].as_str().unwrap();
    assert!(told.contains("The Heron has a weight. ["), "{told}");
    assert!(told.contains("| Heron | 38 kg [1] |"), "{told}");
}

#[tokio::test]
async fn the_progress_is_reported() {
    let (app, _worker, agent) = institute(json!({})).await;
    app.upstream.extracts(researcher);
    let (run, _) = send(
        &app.home.member,
        json!({"message": "Compare them.", "agentId": agent}),
    )
    .await;
    ended(&app.home.member, &run).await;
    let stream = app
        .home
        .member
        .subscribe(PROGRESS, json!({"id": run}))
        .await;
    let all = events("runEvents", &stream.rest().await);
    let mut stages: Vec<&str> = all
        .iter()
        .filter_map(|event| event["stage"].as_str())
        .collect();
    assert_eq!(stages.first(), Some(&"plan"));
    assert_eq!(stages.last(), Some(&"compare"));
    stages.sort_unstable();
    assert_eq!(
        stages,
        [
            "compare",
            "consult 1",
            "consult 2",
            "examine 1",
            "examine 2",
            "plan",
            "search"
        ]
    );
    assert!(kinds(&all).contains(&"KnowledgeRetrieved"));
}

#[tokio::test]
async fn a_spent_budget_is_told() {
    let (app, _worker, agent) = institute(json!({"research": {"tokens": 1000}})).await;
    app.upstream.extracts(|name, request| {
        assert!(name == "research_plan" || name == "research_comparison", "{name}");
        if name != "research_plan" {
            return Script::says(&[&filled(request, &json!({})).to_string()]);
        }
        let plan = json!({"subQuestions": ["What does the Heron weigh?"]});
        Script::default()
            .text(&filled(request, &plan).to_string())
            .raw("data: {\"choices\": [{\"index\": 0, \"delta\": {}, \"finish_reason\": \"stop\"}]}\n\n")
            .raw("data: {\"choices\": [], \"usage\": {\"prompt_tokens\": 5000, \"completion_tokens\": 10}}\n\ndata: [DONE]\n\n")
    });
    let all = follow(
        &app.home.member,
        json!({"message": "Compare them.", "agentId": agent}),
    )
    .await;
    let research = context(&app, &conversation_of(&all)).await["research"].clone();
    assert_eq!(research["subQuestions"][0]["skipped"], true);
    let told = app.upstream.asked().pop().unwrap().to_string();
    assert!(
        told.contains("not examined: the budget was spent"),
        "{told}"
    );
}

/// A process with a research agent over the documents, and what is beside it.
struct Institute {
    database: TestDatabase,
    upstream: Upstream,
    process: Option<Process>,
    agent: String,
}

/// A process counts as dead after five seconds.
const LEASE: [(&str, &str); 3] = [
    ("TROUPE_RUNS_LEASE_SECONDS", "5"),
    ("TROUPE_RUNS_HEARTBEAT_SECONDS", "1"),
    EMBEDDINGS,
];

impl Institute {
    async fn found() -> Self {
        let database = TestDatabase::create().await;
        let upstream = Upstream::start().await;
        let process = Process::start(&database, &upstream, &LEASE).await;
        let input = json!({"template": "research_agent", "tier": "standard", "name": "Institute"});
        let agent = create(&process.owner, input).await;
        let agent = agent["id"].as_str().unwrap().to_owned();
        for (title, text) in DOCUMENTS {
            let input = json!({"agentId": agent, "title": title, "text": text});
            known(&process.owner, input).await;
        }
        Self {
            database,
            upstream,
            process: Some(process),
            agent,
        }
    }

    /// The number of requests for an extraction that contain a text.
    fn asked(&self, text: &str) -> usize {
        let extracted = self.upstream.extracted().into_iter();
        extracted
            .filter(|request| request.to_string().contains(text))
            .count()
    }
}

#[tokio::test]
async fn a_killed_worker_repeats_no_finished_sub_question() {
    const HERON: &str = "Question: What does the Heron";
    const STORK: &str = "Question: What does the Stork";
    let mut institute = Institute::found().await;
    let process = institute.process.take().unwrap();
    let owner = process.owner.clone();
    // the second sub-question hangs until its process is killed
    institute.upstream.extracts(|name, request| {
        if name == "research_finding" && request.to_string().contains(STORK) {
            return Script::default().gate();
        }
        researcher(name, request)
    });
    let input = json!({"message": "Compare them.", "agentId": institute.agent});
    let (run, _) = send(&owner, input).await;
    let mut stream = owner.subscribe(PROGRESS, json!({"id": run})).await;
    while stream.next().await.unwrap().data()["runEvents"]["stage"] != "examine 1" {}
    until("the second sub-question is asked", async || {
        institute.asked(STORK) == 1
    })
    .await;
    institute.upstream.extracts(researcher);
    institute
        .upstream
        .thinks(|_| Script::says(&["Both weigh something [1]."]));
    process.kill().await;
    let next = Process::start(&institute.database, &institute.upstream, &LEASE).await;
    let end = ended(&next.owner, &run).await;
    let text = end["message"]["text"].as_str().unwrap();
    assert!(text.starts_with("Both weigh something [1]."), "{end}");
    assert_eq!(institute.asked("research_plan"), 1);
    assert_eq!(institute.asked(HERON), 1);
    // the one that was cut off is asked again
    assert_eq!(institute.asked(STORK), 2);
    assert_eq!(institute.asked("research_comparison"), 1);
    let stream = next.owner.subscribe(RUN_EVENTS, json!({"id": run})).await;
    let all = events("runEvents", &stream.rest().await);
    assert_eq!(kinds(&all).last(), Some(&"RunSucceeded"));
}
