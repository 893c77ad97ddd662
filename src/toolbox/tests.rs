//! The contract of the built-in servers: stable names and ids, and schemas that models and clients can rely on.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{content::Content, crm::Crm, pricing::Pricing, registration, tickets::Tickets};
use crate::{
    domain::{TOOLSETS, ToolDefinition, check_against},
    toolbox::{server::BuiltInServer, tool::Run},
};

fn servers() -> [&'static dyn BuiltInServer; 4] {
    [&Crm, &Pricing, &Tickets, &Content]
}

fn tools() -> Vec<(&'static str, ToolDefinition)> {
    let servers = servers().into_iter();
    servers
        .flat_map(|server| {
            let tools = server.tools().into_iter();
            tools.map(move |tool| (server.kind(), tool.definition))
        })
        .collect()
}

#[test]
fn the_tool_sets_of_the_templates_name_existing_tools() {
    for (toolset, kind, names) in TOOLSETS {
        assert!(
            servers().iter().any(|server| server.kind() == *kind),
            "{toolset}: no server of kind {kind}"
        );
        for name in *names {
            let is_there = tools()
                .iter()
                .any(|(of, tool)| of == kind && tool.name == *name);
            assert!(is_there, "{toolset}: {kind} has no tool {name}");
        }
    }
}

#[test]
fn tool_names_are_unique_and_valid_for_every_model() {
    let mut names = BTreeSet::new();
    for (_, tool) in tools() {
        let good = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(tool.name.chars().all(good), "{}", tool.name);
        assert!(tool.name.len() <= 40, "{}", tool.name);
        assert!(names.insert(tool.name.clone()), "{} is twice", tool.name);
    }
}

#[test]
fn arguments_are_described_and_unknown_ones_are_refused() {
    for (_, tool) in tools() {
        let schema = &tool.input_schema;
        assert_eq!(schema["additionalProperties"], false, "{}", tool.name);
        for (name, property) in schema["properties"].as_object().unwrap() {
            assert!(
                property["description"]
                    .as_str()
                    .is_some_and(|about| about.len() > 5),
                "{}: {name} says nothing of itself",
                tool.name
            );
        }
        // The schema itself is usable.
        let unknown = json!({"nothing of ours": 1});
        let problems = check_against(schema, &unknown, "").unwrap();
        assert!(!problems.is_empty(), "{}", tool.name);
        check_against(tool.output_schema.as_ref().unwrap(), &unknown, "").unwrap();
    }
}

#[test]
fn a_schema_has_the_constraints_of_its_types() {
    let (_, update_deal) = tools()
        .into_iter()
        .find(|(_, tool)| tool.name == "update_deal")
        .unwrap();
    let expected = json!({
        "type": "object",
        "required": ["id"],
        "additionalProperties": false,
        "properties": {
            "id": {
                "type": "string",
                "maxLength": 100,
                "description": "The deal. Looks like deal_01h455vb4pex5vsknk084sn02q.",
            },
            "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": 120,
                "pattern": r"^[^\n\r\t]*[^\s][^\n\r\t]*$",
                "description": "What it is about.",
            },
            "stage": {
                "type": "string",
                "enum": ["DISCOVERY", "PROPOSAL", "NEGOTIATION", "WON", "LOST"],
                "description": "How far it is; LOST needs `lostReason`.",
            },
            "value": {
                "type": "string",
                "maxLength": 20,
                "pattern": r"^[0-9]+(\.[0-9]+)?$",
                "description": "What it is worth; needs `currency`. A decimal number as text, e.g. \"1499.00\".",
            },
            "currency": {
                "type": "string",
                "pattern": "^[A-Z]{3}$",
                "description": "The currency, as ISO 4217 writes it, e.g. EUR.",
            },
            "expectedClose": {
                "type": ["string", "null"],
                "format": "date",
                "description": "When it is expected to be closed. A day such as 2026-12-31.",
            },
            "lostReason": {
                "type": "string",
                "minLength": 1,
                "maxLength": 500,
                "pattern": r"\S",
                "description": "Why it was lost, in a sentence.",
            },
        },
    });
    assert_eq!(update_deal.input_schema, expected);
}

#[test]
fn schemas_are_inlined_and_plain() {
    for (_, tool) in tools() {
        let schemas = [Some(&tool.input_schema), tool.output_schema.as_ref()];
        for schema in schemas.into_iter().flatten() {
            let text = schema.to_string();
            for keyword in [
                "$ref",
                "$defs",
                "$schema",
                "allOf",
                "anyOf",
                "oneOf",
                "x-note",
                "x-nullable",
                "uint64",
                "int32",
            ] {
                assert!(
                    !text.contains(keyword),
                    "{}: {keyword} in {text}",
                    tool.name
                );
            }
            assert_eq!(schema.get("title"), None, "{}", tool.name);
        }
    }
}

#[test]
fn the_annotations_of_a_tool_match_its_effects() {
    for server in servers() {
        for tool in server.tools() {
            let definition = &tool.definition;
            let hints = definition.annotations.as_ref().unwrap();
            let only_reads = matches!(tool.run, Run::Reads(_));
            assert_eq!(hints["readOnlyHint"], only_reads, "{}", definition.name);
            assert_eq!(hints["openWorldHint"], false, "{}", definition.name);
            let removes =
                definition.name.starts_with("delete_") || definition.name.starts_with("remove_");
            let destructive = hints.get("destructiveHint").and_then(Value::as_bool);
            assert_eq!(
                destructive.unwrap_or_default(),
                removes,
                "{}",
                definition.name
            );
            assert!(definition.description.len() > 20, "{}", definition.name);
        }
    }
}

#[test]
fn the_ids_and_paths_of_the_servers_never_change() {
    let known: Vec<_> = servers()
        .iter()
        .map(|server| {
            let kind = server.kind();
            format!(
                "{} {}",
                registration::path_of(kind),
                registration::id_of(kind)
            )
        })
        .collect();
    assert_eq!(
        known,
        [
            "/mcp/crm mcp_01jdn00000e008000000066wkd",
            "/mcp/pricing mcp_01jdn00000e0080w3jd5hpjvk7",
            "/mcp/tickets mcp_01jdn00000e0080x39cdnpax3k",
            "/mcp/content mcp_01jdn00000e0080rvfdst6avkm",
        ]
    );
}
