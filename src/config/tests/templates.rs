//! Templates: the shipped ones are valid, and wrong ones prevent the start with every problem.

use std::collections::BTreeSet;

use super::*;
use crate::domain::{LatencyClass, Workflow, layers_for};

/// A template with all required settings.
fn template(version: &str, model: &str) -> String {
    format!(
        r#"
name: greeter
version: {version}
workflow: SalesAgentWorkflow
latencyClass: INTERACTIVE
description: Greets people.
configSchema: {{type: object, additionalProperties: false}}
contextSchema: {{type: object, additionalProperties: false}}
pricingTiers: [{{name: free, tools: [], vectorStore: PGVECTOR, models: [{model}], limits: {{}}}}]
skills: [{{id: greet, name: Greeting, description: Says hello., examples: [hello, good morning, hi there]}}]
prompts: {{system: "You are {{{{ agent.name }}}}."}}
"#
    )
}

fn shipped() -> Vec<TemplateSpec> {
    let folder = Folder::new(&[]);
    Config::load(&folder.source(Mode::Dev, &[]))
        .unwrap()
        .templates
}

#[test]
fn the_shipped_templates_are_one_of_each_workflow() {
    let templates = shipped();
    let workflows: BTreeSet<&str> = templates
        .iter()
        .map(|spec| spec.workflow.as_str())
        .collect();
    assert_eq!(
        workflows,
        BTreeSet::from(Workflow::ALL.map(|(name, _)| name))
    );
    for spec in &templates {
        let deep = spec.name == "research_agent";
        assert_eq!(
            spec.latency_class == LatencyClass::Deep,
            deep,
            "{}",
            spec.name
        );
    }
}

#[test]
fn shipped_skills_have_at_least_twelve_examples_of_their_own() {
    let mut seen = BTreeSet::new();
    for spec in shipped() {
        assert!((4..=6).contains(&spec.skills.len()), "{}", spec.name);
        for skill in &spec.skills {
            assert!(skill.examples.len() >= 12, "{} {}", spec.name, skill.id);
            for example in &skill.examples {
                assert!(seen.insert(example.to_lowercase()), "twice: {example}");
            }
        }
    }
}

#[test]
fn shipped_prompts_are_short_with_defaults_and_render_every_setting() {
    let nothing = Value::Object(Map::new());
    for spec in shipped() {
        for tier in &spec.pricing_tiers {
            let merged = layers_for(&spec, tier, &Map::new(), &nothing, &nothing).merged();
            let prompt = spec.system_prompt("Ada", &merged, &nothing).unwrap();
            let words = prompt.split_whitespace().count();
            assert!(
                words <= 90,
                "{} {}: {words} words\n{prompt}",
                spec.name,
                tier.name
            );
            assert!(
                prompt.contains("Ada") && prompt.contains("ever invent"),
                "{prompt}"
            );
        }
        let bare = spec.system_prompt("Ada", &nothing, &nothing).unwrap();
        assert!(!bare.contains("none") && !bare.contains("  "), "{bare}");
    }
}

#[test]
fn shipped_tiers_match_the_specification() {
    let templates = shipped();
    let tier = |template: &str, tier: &str| {
        let spec = templates.iter().find(|spec| spec.name == template).unwrap();
        let tier = spec.tier(tier).unwrap();
        (
            tier.tools.join(","),
            serde_json::to_value(tier.vector_store).unwrap(),
        )
    };
    assert_eq!(
        tier("sales_agent", "startup"),
        ("basic_crm,own_tools".into(), "PGVECTOR".into())
    );
    let enterprise = (
        "advanced_crm,pricing,own_tools".into(),
        "PINECONE_DEDICATED".into(),
    );
    assert_eq!(tier("sales_agent", "enterprise"), enterprise);
    assert_eq!(
        tier("digital_expert", "standard"),
        ("own_tools".into(), "PINECONE_NAMESPACE".into())
    );
    let premium = ("advanced_nlp,own_tools".into(), "PINECONE_DEDICATED".into());
    assert_eq!(tier("digital_expert", "premium"), premium);
}

#[test]
fn templates_are_loaded_from_the_folder_beside_the_file() {
    let folder = Folder::new(&[
        ("etc/app.yaml", ""),
        ("etc/agents/greeter.yaml", &template("1.0.0", "default")),
        ("etc/agents/newer.yml", &template("1.1.0", "deep")),
        ("etc/agents/notes.txt", "not a template"),
    ]);
    let source = folder.source(Mode::Dev, &[("TROUPE_CONFIG", "etc/app.yaml")]);
    let config = Config::load(&source).unwrap();
    let versions: Vec<&str> = config
        .templates
        .iter()
        .map(|spec| spec.version.as_str())
        .collect();
    assert_eq!(versions, ["1.0.0", "1.1.0"]);
    assert_eq!(config.read_from.templates, Some(folder.path("etc/agents")));
}

#[test]
fn every_invalid_template_file_is_reported() {
    let folder = Folder::new(&[
        ("agents/a.yaml", &template("1.0.0", "default")),
        ("agents/b.yaml", &template("1.0.0", "default")),
        ("agents/c.yaml", &template("2.0.0", "gpt-9")),
        ("agents/d.yaml", "name: [\n"),
        (
            "agents/e.yaml",
            "name: thing\nworkflow: Other\ncolour: red\n",
        ),
        ("agents/f.yaml", &template("tomorrow", "default")),
    ]);
    let error = Config::load(&folder.source(Mode::Dev, &[])).unwrap_err();
    let found = without_folder(&error, &folder);
    let expected = [
        "agents/b.yaml: greeter 1.0.0 is in agents/a.yaml too; a published version never changes",
        "agents/c.yaml: pricingTiers[0].models[0]: \"gpt-9\" is no model here, expected one of: deep, default, fast, embedded",
        "agents/d.yaml: line 1, column 7: is not YAML: unclosed bracket",
        "agents/e.yaml: colour: unknown setting, expected one of: configSchema,",
        "agents/e.yaml: workflow: \"Other\" given, expected one of: \"SalesAgentWorkflow\",",
        "agents/e.yaml: version: is missing, expected a text",
        "agents/f.yaml: version: \"tomorrow\" given, expected a semantic version such as 1.0.0",
    ];
    for start in expected {
        assert!(
            found.iter().any(|problem| problem.starts_with(start)),
            "{start}: {found:#?}"
        );
    }
}

#[test]
fn an_empty_template_folder_is_accepted() {
    let folder = Folder::new(&[("agents/README", "none here")]);
    let config = Config::load(&folder.source(Mode::Dev, &[])).unwrap();
    assert!(config.templates.is_empty());
    assert!(
        config
            .notices()
            .iter()
            .any(|notice| notice.starts_with("no templates"))
    );
}
