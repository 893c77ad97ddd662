//! The problems that prevent publishing, the rendered prompt, and the origins of settings.

use serde_json::json;

use super::*;
use crate::{
    domain::{Origin, layers_for},
    error::Problem,
};

fn file() -> Value {
    json!({
        "name": "greeter",
        "version": "1.0.0",
        "workflow": "SalesAgentWorkflow",
        "description": "Greets people.",
        "latencyClass": "INTERACTIVE",
        "configSchema": {
            "type": "object",
            "additionalProperties": false,
            "required": ["companyName"],
            "properties": {
                "companyName": {"description": "The company.", "type": "string"},
                "temperature": {"description": "Variety.", "type": "number", "maximum": 1},
                "products": {"description": "What is for sale.", "type": "array", "items": {
                    "type": "object", "properties": {
                        "name": {"description": "Its name.", "type": "string"},
                        "price": {"description": "Its price.", "type": "string"}
                    }
                }},
                "voice": {"description": "How it speaks.", "type": "object", "properties": {
                    "tone": {"description": "The tone.", "enum": ["friendly", "formal"]},
                    "length": {"description": "The length.", "type": "string"}
                }}
            }
        },
        "contextSchema": {
            "type": "object",
            "additionalProperties": false,
            "properties": {"caseId": {"description": "The case.", "type": "string"}}
        },
        "configuration": {"voice": {"tone": "friendly", "length": "short"}},
        "pricingTiers": [{
            "name": "free", "tools": ["wave"], "vectorStore": "EMBEDDED", "models": ["default"],
            "limits": {"messagesPerMinute": 3, "documents": 0}, "configuration": {"voice": {"length": "long"}}
        }],
        "skills": [{
            "id": "greet", "name": "Greeting", "description": "Says hello.",
            "examples": ["hello", "good morning", "hi there"]
        }],
        "prompts": {"system": "You are {{ agent.name }}."}
    })
}

fn with_prompt(prompt: &str) -> TemplateSpec {
    let mut file = file();
    file["prompts"]["system"] = prompt.into();
    serde_json::from_value(file).unwrap()
}

/// The problems of the file after a change, as `path: message`.
fn problems_after(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut file = file();
    change(&mut file);
    let told = |Problem { path, message }| format!("{path}: {message}");
    template_file_problems(&file)
        .into_iter()
        .map(told)
        .collect()
}

#[test]
fn a_valid_template_has_no_problems() {
    assert_eq!(problems_after(|_| ()), [] as [&str; 0]);
}

#[test]
fn all_problems_of_a_template_are_reported_at_once() {
    let found = problems_after(|file| {
        file["name"] = "Greeter".into();
        file["version"] = "1.0".into();
        file["description"] = " ".into();
        file["configSchema"]["properties"]["bare"] = json!({"type": "string"});
        file["pricingTiers"][0]["models"] = json!([]);
        file["pricingTiers"][0]["tools"] = json!(["a", "a", ""]);
        file["pricingTiers"][0]["limits"] = json!({"documents": "many", "runs": -1});
        let tier = file["pricingTiers"][0].clone();
        file["pricingTiers"].as_array_mut().unwrap().push(tier);
        file["skills"][0]["examples"] = json!(["Hello", "hello "]);
        let skill = file["skills"][0].clone();
        file["skills"].as_array_mut().unwrap().push(skill);
    });
    let paths: Vec<&str> = found
        .iter()
        .filter_map(|problem| problem.split_once(": ").map(|(path, _)| path))
        .collect();
    assert_eq!(
        paths,
        [
            "name",
            "version",
            "description",
            "configSchema.properties.bare.description",
            "pricingTiers[0].tools[1]",
            "pricingTiers[0].tools[2]",
            "pricingTiers[0].models",
            "pricingTiers[0].limits.documents",
            "pricingTiers[0].limits.runs",
            "pricingTiers[1].name",
            "pricingTiers[1].tools[1]",
            "pricingTiers[1].tools[2]",
            "pricingTiers[1].models",
            "pricingTiers[1].limits.documents",
            "pricingTiers[1].limits.runs",
            "skills[0].examples",
            "skills[0].examples[1]",
            "skills[1].id",
            "skills[1].examples",
            "skills[1].examples[1]",
        ],
        "{found:#?}"
    );
}

#[test]
fn problems_of_a_mutation_are_under_its_input() {
    let mut spec = with_prompt("{{ nobody }}");
    spec.pricing_tiers.clear();
    let found = spec.problems("input");
    let paths: Vec<&str> = found.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["input.pricingTiers", "input.prompts.system"]);
}

#[test]
fn layers_are_validated_at_their_own_paths() {
    let found = problems_after(|file| {
        file["configuration"] = json!({"colour": "red", "voice": {"tone": "shrill"}});
        file["pricingTiers"][0]["configuration"] = json!({"temperature": 2});
    });
    assert_eq!(
        found,
        [
            "pricingTiers[0].configuration.temperature: 2 given, expected a number of at most 1",
            "configuration.voice.tone: \"shrill\" given, expected one of: \"friendly\", \"formal\"",
            "configuration.colour: unknown setting, expected one of: companyName, products, temperature, voice",
        ]
    );
}

#[test]
fn a_prompt_may_use_only_declared_variables() {
    let wrong = "{{ agent.age }} {{ configuration.voice.tune }} {% if context.caseID %}x{% endif %} {{ whatever }}";
    let found = with_prompt(wrong).problems("");
    let names: Vec<&str> = found
        .iter()
        .filter_map(|problem| problem.message.split([' ', ',']).nth(2))
        .collect();
    assert_eq!(
        names,
        [
            "agent.age",
            "configuration.voice.tune",
            "context.caseID",
            "whatever"
        ]
    );
    let unclosed = with_prompt("line\n{% if agent.name %}").problems("");
    assert!(unclosed[0].message.starts_with("line 2: "), "{unclosed:?}");
    let in_a_loop =
        "{% for product in configuration.products or [] %}{{ product.prize }}{% endfor %}";
    assert_eq!(with_prompt(in_a_loop).problems("").len(), 1);
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    assert_eq!(with_prompt(endless).problems("").len(), 1);
}

#[test]
fn a_prompt_uses_given_settings_and_reports_missing_ones() {
    let spec = with_prompt(
        "You are {{ agent.name }}{% if configuration.companyName %} of {{ configuration.companyName }}{% endif %}.\n\
         {% if configuration.voice.tone %}\nBe {{ configuration.voice.tone }}.\n{% endif %}\n\n\n\
         {% for product in configuration.products or [] %}\n\
         - {{ product.name }}{% if product.price %}, {{ product.price }}{% endif %}\n\n{% endfor %}\n\
         {% if context.caseId %}\nCase {{ context.caseId }}.\n{% endif %}",
    );
    assert_eq!(spec.problems(""), []);
    let nothing = json!({});
    assert_eq!(
        spec.system_prompt("Ada", &nothing, &nothing).unwrap(),
        "You are Ada."
    );
    let configuration = json!({
        "companyName": "Bread <&> Co",
        "voice": {"tone": "formal"},
        "products": [{"name": "rye", "price": "3 EUR"}, {"name": "{{ agent.name }}"}]
    });
    let prompt = spec
        .system_prompt("Ada", &configuration, &json!({"caseId": "c-1"}))
        .unwrap();
    assert_eq!(
        prompt,
        "You are Ada of Bread <&> Co.\nBe formal.\n\n- rye, 3 EUR\n- {{ agent.name }}\nCase c-1."
    );
}

#[test]
fn every_setting_has_its_layer_and_shared_layers_set_only_declared_ones() {
    let spec = with_prompt("x");
    let tier = spec.tier("free").unwrap();
    let app_file = json!({"temperature": 0.5, "historyTokens": 9, "companyName": "App"});
    let layers = layers_for(
        &spec,
        tier,
        app_file.as_object().unwrap(),
        &json!({"companyName": "Account", "crmIntegration": "salesforce"}),
        &json!({"voice": {"tone": "formal"}, "colour": "red"}),
    );
    let entries: Vec<(String, Value, Origin)> = layers
        .entries()
        .into_iter()
        .map(|entry| (entry.path, entry.value, entry.origin))
        .collect();
    let entry = |path: &str, value: Value, origin| (path.to_owned(), value, origin);
    assert_eq!(
        entries,
        [
            entry("colour", json!("red"), Origin::Agent),
            entry("companyName", json!("Account"), Origin::Account),
            entry("temperature", json!(0.5), Origin::AppFile),
            entry("voice.length", json!("long"), Origin::Tier),
            entry("voice.tone", json!("formal"), Origin::Agent),
        ]
    );
    let nothing = json!({});
    let built_in = layers_for(&spec, tier, &Map::new(), &nothing, &nothing).entries();
    assert_eq!(
        (built_in[0].path.as_str(), built_in[0].origin),
        ("temperature", Origin::Default)
    );
}
