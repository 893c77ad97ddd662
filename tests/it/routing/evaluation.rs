//! The cases of `evals/routing` against the shipped templates and the embedded embedding model, with the bars that
//! docs/routing.md reports.

use std::{fmt::Write, fs, path::Path};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{create, preview};
use crate::{
    chat::{ask, conversation_of},
    support::{TestApp, models},
};

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    message: String,
    /// The templates whose agents may answer; none for a message that is about no skill.
    agents: Vec<String>,
    #[serde(default)]
    #[expect(dead_code, reason = "for people who read the cases")]
    language: Option<String>,
}

#[derive(Deserialize)]
struct Conversations {
    conversations: Vec<Turns>,
}

#[derive(Deserialize)]
struct Turns {
    turns: Vec<Case>,
}

fn read<T: DeserializeOwned>(name: &str) -> T {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("evals/routing");
    let text = fs::read_to_string(folder.join(name)).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

/// The agents of the home account, by template.
struct Agents(Vec<(String, String)>);

impl Agents {
    fn id(&self, template: &str) -> &str {
        let found = self.0.iter().find(|(name, _)| name == template);
        &found.unwrap().1
    }

    fn template(&self, route: &Value) -> &str {
        let found = self.0.iter().find(|(_, id)| route["agent"]["id"] == *id);
        &found.unwrap().0
    }
}

/// The counts of one file or of all.
#[derive(Default)]
struct Outcome {
    cases: usize,
    right: usize,
    off_topic: usize,
    refused: usize,
    falsely_refused: usize,
    /// The confidence of each choice, and whether it was right.
    choices: Vec<(f64, bool)>,
    log: String,
}

impl Outcome {
    fn add(&mut self, case: &Case, route: &Value, agents: &Agents) {
        let is_refused = route["reason"] == "FALLBACK";
        let chosen = agents.template(route);
        let is_off_topic = case.agents.is_empty();
        let is_right = if is_off_topic {
            is_refused
        } else {
            !is_refused && case.agents.iter().any(|name| name == chosen)
        };
        self.cases += 1;
        self.right += usize::from(is_right);
        self.off_topic += usize::from(is_off_topic);
        self.refused += usize::from(is_off_topic && is_refused);
        self.falsely_refused += usize::from(!is_off_topic && is_refused);
        if !is_refused {
            let confidence = route["confidence"].as_f64().unwrap();
            self.choices.push((confidence, is_right));
        }
        let wanted = case.agents.join("|");
        let chosen = if is_refused { "refused" } else { chosen };
        if !is_right {
            writeln!(self.log, "  {wanted} -> {chosen}: {}", case.message).unwrap();
        }
    }

    fn merge(&mut self, other: Self) {
        self.cases += other.cases;
        self.right += other.right;
        self.off_topic += other.off_topic;
        self.refused += other.refused;
        self.falsely_refused += other.falsely_refused;
        self.choices.extend(other.choices);
        self.log.push_str(&other.log);
    }

    /// The difference between confidence and accuracy in ten bins, weighted by their sizes.
    fn calibration_error(&self) -> f64 {
        let bins = (0_u8..10).map(|bin| {
            let low = f64::from(bin) / 10.0;
            let inside =
                |(confidence, _): &&(f64, bool)| *confidence > low && *confidence <= low + 0.1;
            let choices: Vec<_> = self.choices.iter().filter(inside).collect();
            let confidence: f64 = choices.iter().map(|(confidence, _)| confidence).sum();
            let right = choices.iter().filter(|(_, is_right)| *is_right).count();
            (confidence - count(right)).abs()
        });
        bins.sum::<f64>() / count(self.choices.len())
    }
}

#[expect(clippy::cast_precision_loss, reason = "some hundred cases")]
fn count(cases: usize) -> f64 {
    cases as f64
}

async fn four_agents(app: &TestApp) -> Agents {
    let home = &app.home;
    let mut agents = vec![("support_agent".to_owned(), home.agent.clone())];
    for (template, tier) in [
        ("sales_agent", "startup"),
        ("digital_expert", "standard"),
        ("research_agent", "standard"),
    ] {
        let id = create(&home.admin, template, tier).await;
        agents.push((template.to_owned(), id));
    }
    Agents(agents)
}

async fn single_messages(app: &TestApp, agents: &Agents, file: &str) -> Outcome {
    let mut outcome = Outcome::default();
    for case in read::<Cases>(file).cases {
        let route = preview(&app.home.reader, &case.message, None).await;
        outcome.add(&case, &route, agents);
    }
    outcome
}

async fn conversations(app: &TestApp, agents: &Agents) -> Outcome {
    let mut outcome = Outcome::default();
    for Turns { turns } in read::<Conversations>("conversations.yaml").conversations {
        let mut conversation: Option<String> = None;
        for turn in turns {
            let route = preview(&app.home.reader, &turn.message, conversation.as_deref()).await;
            outcome.add(&turn, &route, agents);
            // the conversation goes on with the right agent, whatever the router chose
            let message = json!({
                "message": turn.message,
                "conversationId": conversation,
                "agentId": agents.id(&turn.agents[0]),
            });
            let events = ask(&app.home.member, message).await;
            conversation.get_or_insert_with(|| conversation_of(&events));
        }
    }
    outcome
}

#[tokio::test]
async fn the_cases_of_the_repository_are_routed_as_documented() {
    let models = models();
    let settings = [("TROUPE_MODELS_DIR", models.as_str())];
    let app = TestApp::with(&settings).await;
    // answers the research agent's conversations
    let _worker = app.worker(&settings).await;
    let agents = four_agents(&app).await;
    let clear = single_messages(&app, &agents, "clear.yaml").await;
    assert!(
        count(clear.right) >= 0.95 * count(clear.cases),
        "clear:\n{}",
        clear.log
    );
    let mut all = clear;
    for file in ["ambiguous.yaml", "off_topic.yaml", "languages.yaml"] {
        all.merge(single_messages(&app, &agents, file).await);
    }
    all.merge(conversations(&app, &agents).await);
    let log = &all.log;
    assert!(all.cases >= 160, "{} cases", all.cases);
    assert!(count(all.right) >= 0.85 * count(all.cases), "all:\n{log}");
    assert!(
        count(all.refused) >= 0.75 * count(all.off_topic),
        "off-topic:\n{log}"
    );
    let on_topic = all.cases - all.off_topic;
    assert!(
        count(all.falsely_refused) <= 0.04 * count(on_topic),
        "falsely refused:\n{log}"
    );
    let error = all.calibration_error();
    assert!(error <= 0.06, "calibration error {error}");
}
