//! The contract of the built-in servers: stable names and ids, and schemas that models and clients can rely on.

use std::collections::BTreeSet;

use serde_json::Value;

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
        let unknown = serde_json::json!({"nothing of ours": 1});
        let problems = check_against(schema, &unknown, "").unwrap();
        assert!(!problems.is_empty(), "{}", tool.name);
        check_against(tool.output_schema.as_ref().unwrap(), &unknown, "").unwrap();
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
