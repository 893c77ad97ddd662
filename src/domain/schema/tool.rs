//! Tool schemas from MCP servers: any draft, and patterns with look-around, as schema generators write them.

use serde_json::Value;

use super::CompiledSchema;

/// The reason why a schema cannot be used for a tool's arguments or result, in words that follow its name; none for a
/// usable schema.
pub fn tool_schema_problem(schema: &Value) -> Option<String> {
    if !schema.is_object() {
        return Some("is not an object".to_owned());
    }
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return Some("does not say \"type\": \"object\"".to_owned());
    }
    CompiledSchema::compile(schema).err()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::tool_schema_problem;
    use crate::domain::check_against;

    fn object(properties: &Value) -> Value {
        json!({"type": "object", "properties": properties})
    }

    #[test]
    fn a_schema_of_draft_7_checks_arguments_by_its_own_rules() {
        let schema = json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {
                "pair": {"type": "array", "items": [{"type": "string"}, {"type": "integer"}]},
                "size": {"$ref": "#/definitions/size"}
            },
            "definitions": {"size": {"type": "integer", "exclusiveMinimum": 0}},
            "dependencies": {"pair": ["size"]}
        });
        assert_eq!(tool_schema_problem(&schema), None);
        let wrong = |arguments| check_against(&schema, &arguments, "arguments").unwrap();
        assert!(wrong(json!({"pair": ["a", 1], "size": 1})).is_empty());
        let problems = wrong(json!({"pair": ["a", "b"], "size": 0}));
        let mut paths: Vec<&str> = problems
            .iter()
            .map(|problem| problem.path.as_str())
            .collect();
        paths.sort_unstable();
        assert_eq!(paths, ["arguments.pair[1]", "arguments.size"]);
        assert_eq!(wrong(json!({"pair": ["a", 1]})).len(), 1);
    }

    #[test]
    fn a_pattern_may_use_lookaround_within_a_step_limit() {
        let schema = object(
            &json!({"mail": {"type": "string", "pattern": "^(?!\\.)(?!.*\\.\\.)[a-z.]+@[a-z.]+$"}}),
        );
        assert_eq!(tool_schema_problem(&schema), None);
        let wrong =
            |text: &str| check_against(&schema, &json!({"mail": text}), "arguments").unwrap();
        assert!(wrong("a.b@c.de").is_empty());
        assert_eq!(wrong("a..b@c.de")[0].path, "arguments.mail");
        let costly = object(&json!({"x": {"type": "string", "pattern": "^(?=(a+)+$)(a+)+b$"}}));
        let began = std::time::Instant::now();
        let arguments = json!({"x": "a".repeat(5000)});
        assert!(
            !check_against(&costly, &arguments, "arguments")
                .unwrap()
                .is_empty()
        );
        assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    }

    #[test]
    fn an_invalid_tool_schema_is_reported() {
        let many: serde_json::Map<String, Value> = (0..60)
            .map(|number| (number.to_string(), json!({"pattern": "a"})))
            .collect();
        for (schema, reason) in [
            (json!([]), "is not an object"),
            (json!({}), "does not say \"type\": \"object\""),
            (
                json!({"type": "array"}),
                "does not say \"type\": \"object\"",
            ),
            (object(&json!({"a": {"type": "text"}})), "cannot be used: "),
            (object(&json!({"a": {"pattern": "("}})), "cannot be used: "),
            (
                object(&json!({"a": {"pattern": "(\\w{900}){900}"}})),
                "cannot be used: ",
            ),
            (
                object(&json!({"a": {"$ref": "https://example.com/a.json"}})),
                "refers to \"https://example.com/a.json\", which is another document",
            ),
            (
                object(&json!({"a": {"$ref": "file:///etc/passwd"}})),
                "refers to \"file:///etc/passwd\", which is another document",
            ),
            (
                object(&json!({"a": {"$ref": "#/$defs/missing"}})),
                "cannot be used: ",
            ),
            (object(&Value::Object(many)), "has 60 patterns, at most 50"),
        ] {
            let problem = tool_schema_problem(&schema).unwrap_or_else(|| panic!("{schema}"));
            assert!(problem.starts_with(reason), "{schema}: {problem}");
        }
    }

    #[test]
    fn schemas_with_every_draft_and_without_one_are_accepted() {
        for draft in [
            "http://json-schema.org/draft-04/schema#",
            "http://json-schema.org/draft-06/schema#",
            "http://json-schema.org/draft-07/schema#",
            "https://json-schema.org/draft/2019-09/schema",
            "https://json-schema.org/draft/2020-12/schema",
            "https://example.com/own",
        ] {
            let schema = json!({"$schema": draft, "type": "object", "properties": {"a": {"type": "string"}}});
            assert_eq!(tool_schema_problem(&schema), None, "{draft}");
            assert_eq!(
                check_against(&schema, &json!({"a": 1}), "arguments")
                    .unwrap()
                    .len(),
                1
            );
        }
    }
}
