//! Limits of a tool's definition, for discovered servers and for tools that an account registers.

use crate::domain::{ToolDefinition, excerpt, tool_schema_problem};

/// The maximum size of a definition as JSON, in bytes: it is part of every prompt.
pub const LARGEST_DEFINITION: usize = 64 * 1024;
/// The maximum length of a tool's name, in characters.
const LONGEST_NAME: usize = 128;

/// The reason why a definition cannot be used, regardless of its schemas, in a sentence that names the tool; none for a
/// usable one.
pub fn tool_shape_problem(tool: &ToolDefinition) -> Option<String> {
    if !is_name(&tool.name) {
        return Some(named(
            tool,
            &format!(
                "has a name that cannot be used, expected 1 to {LONGEST_NAME} of A–Z, a–z, 0–9, _, ., - and /"
            ),
        ));
    }
    let Ok(json) = serde_json::to_string(tool) else {
        return Some(named(tool, "has a definition that is not JSON"));
    };
    if json.len() > LARGEST_DEFINITION {
        let size = json.len();
        return Some(named(
            tool,
            &format!("has a definition of {size} bytes, at most {LARGEST_DEFINITION}"),
        ));
    }
    // no table can store NUL, and no real definition contains it
    if json.contains("\\u0000") {
        return Some(named(tool, "has a NUL character in its definition"));
    }
    None
}

/// The reason why a tool's input schema cannot be used, in a sentence that names the tool; none for a usable one.
/// Compiles the schema, which takes up to tens of milliseconds. The output schema decides nothing: results are not
/// checked against it.
pub fn tool_schemas_problem(tool: &ToolDefinition) -> Option<String> {
    let input = tool_schema_problem(&tool.input_schema);
    input.map(|problem| named(tool, &format!("has an input schema that {problem}")))
}

fn named(tool: &ToolDefinition, problem: &str) -> String {
    format!("the tool \"{}\" {problem}", excerpt(&tool.name))
}

/// Whether a name is allowed; `.` and `..` are not, because they would change the path of a URL.
fn is_name(name: &str) -> bool {
    let characters = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte));
    characters && (1..=LONGEST_NAME).contains(&name.len()) && name != "." && name != ".."
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{tool_schemas_problem, tool_shape_problem};
    use crate::domain::ToolDefinition;

    fn tool(name: &str) -> ToolDefinition {
        ToolDefinition {
            name: name.to_owned(),
            description: "Does it.".to_owned(),
            input_schema: json!({"type": "object"}),
            output_schema: None,
            annotations: None,
            problem: None,
        }
    }

    fn tool_definition_problem(tool: &ToolDefinition) -> Option<String> {
        tool_shape_problem(tool).or_else(|| tool_schemas_problem(tool))
    }

    #[test]
    fn tool_names_have_restricted_characters() {
        for good in [
            "a",
            "find_contacts",
            "crm.find-contacts",
            "a/b",
            &"x".repeat(128),
        ] {
            assert_eq!(tool_definition_problem(&tool(good)), None, "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "a b",
            "ä",
            "a\n",
            "a?b",
            "a%2e",
            &"x".repeat(129),
        ] {
            let problem = tool_definition_problem(&tool(bad)).unwrap_or_else(|| panic!("{bad}"));
            assert!(
                problem.contains("has a name that cannot be used"),
                "{problem}"
            );
        }
    }

    #[test]
    fn an_invalid_definition_is_reported() {
        let of = |change: &dyn Fn(&mut ToolDefinition)| {
            let mut tool = tool("find");
            change(&mut tool);
            tool_definition_problem(&tool).unwrap()
        };
        assert_eq!(
            of(&|tool| tool.input_schema = json!({"type": "array"})),
            "the tool \"find\" has an input schema that does not say \"type\": \"object\""
        );
        let mut untyped = tool("find");
        untyped.output_schema = Some(json!(1));
        assert_eq!(tool_definition_problem(&untyped), None);
        assert_eq!(
            of(&|tool| tool.description = "a\0b".to_owned()),
            "the tool \"find\" has a NUL character in its definition"
        );
        assert!(of(&|tool| tool.description = "x".repeat(70_000)).contains("at most 65536"));
    }
}
