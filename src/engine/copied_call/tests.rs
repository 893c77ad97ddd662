//! What can be copied from a message for the arguments of tools.

use serde_json::{Value, json};

use super::{ArgumentChoices, Evidence, MessageWords, choices::allow, only_value, without_copies};
use crate::{domain::ToolDefinition, schema_checker::SchemaChecker};

#[expect(
    clippy::needless_pass_by_value,
    reason = "the schemas are written in the calls"
)]
fn tool(name: &str, properties: Value, required: &[&str]) -> ToolDefinition {
    ToolDefinition {
        name: name.to_owned(),
        description: String::new(),
        input_schema: json!({"type": "object", "properties": properties, "required": required,
            "additionalProperties": false}),
        output_schema: None,
        annotations: None,
        problem: None,
    }
}

/// The choices that a message gives for the arguments of a tool.
async fn choices(tool: &ToolDefinition, message: &str) -> Option<Value> {
    let choices = ArgumentChoices {
        schemas: &SchemaChecker::new(),
        words: &MessageWords::new(message),
    };
    choices.of_tool(tool).await.unwrap()
}

/// The arguments that a message gives, if there is one choice only.
async fn copied(tool: &ToolDefinition, message: &str) -> Option<Value> {
    only_value(&choices(tool, message).await?)
}

#[tokio::test]
async fn a_required_argument_is_a_part_of_the_message_or_there_is_no_call() {
    let number = json!({"ticket": {"type": "string", "description": "Its number, e.g. \"42\"."}});
    let get = tool("get_ticket", number, &["ticket"]);
    for (message, ticket) in [
        ("What about ticket #7?", Some("7")),
        ("Ticket A-12, please.", Some("A-12")),
        ("Where is my ticket?", None),
    ] {
        let expected = ticket.map(|ticket| json!({"ticket": ticket}));
        assert_eq!(copied(&get, message).await, expected, "{message}");
    }
    let city = json!({"city": {"type": "string", "maxLength": 12}, "days": {"type": "integer", "minimum": 1, "maximum": 9}});
    let weather = tool("get_weather", city, &["city", "days"]);
    for (message, arguments) in [
        (
            "The weather in Ghent for 3 days?",
            Some(json!({"city": "Ghent", "days": 3})),
        ),
        (
            "The weather in \"new york\" for 2 days",
            Some(json!({"city": "new york", "days": 2})),
        ),
        // no number, one out of bounds, and a name that is too long
        ("The weather in Ghent?", None),
        ("The weather in Ghent for 12 days?", None),
        ("The weather in Saint Petersburg for 3 days?", None),
    ] {
        assert_eq!(copied(&weather, message).await, arguments, "{message}");
    }
}

#[tokio::test]
async fn an_optional_argument_is_given_only_when_the_message_names_it() {
    let page = json!({
        "query": {"type": "string"},
        "states": {"type": "array", "items": {"enum": ["OPEN", "IN_PROGRESS"]}},
        "email": {"type": "string", "format": "email"},
        "minimumScore": {"type": "integer"},
        "after": {"type": "string"},
        "limit": {"type": "integer"},
        "exact": {"type": "boolean"},
    });
    let find = tool("find_leads", page, &[]);
    for (message, arguments) in [
        ("Show all leads", json!({})),
        (
            "Which leads are in progress?",
            json!({"states": ["IN_PROGRESS"]}),
        ),
        ("Leads with a score above 60", json!({"minimumScore": 60})),
        ("The lead of a@b.example?", json!({"email": "a@b.example"})),
        (
            "Is there a lead about cargo bikes?",
            json!({"query": "cargo bikes"}),
        ),
        (
            "Is there a lead of Ann Smith?",
            json!({"query": "Ann Smith"}),
        ),
    ] {
        assert_eq!(
            copied(&find, message).await,
            Some(arguments.clone()),
            "{message}"
        );
        let evidence = Evidence::of(&find, &choices(&find, message).await.unwrap());
        let expected = match arguments.as_object().unwrap().keys().next() {
            None => Evidence::Missing,
            Some(name) if name == "states" => Evidence::Listed,
            Some(_) => Evidence::Copied,
        };
        assert_eq!(evidence, expected, "{message}");
    }
}

#[test]
fn only_messages_that_may_ask_for_data_lead_to_calls() {
    for message in [
        "How do I open a ticket?",
        "Which tickets are not open?",
        "Why is ticket 3 closed?",
        "What is your ticket policy?",
        "I haven't got a ticket",
    ] {
        assert!(!MessageWords::new(message).may_ask_for_data(), "{message}");
    }
    let words = MessageWords::new("Which tickets are open?");
    assert!(words.may_ask_for_data() && words.name_the_tool("get_ticket"));
    assert!(words.name_many("find_tickets") && !words.name_the_tool("find_leads"));
    assert!(!MessageWords::new("My ticket?").name_many("find_tickets"));
}

#[tokio::test]
async fn a_schema_with_unknown_keywords_is_left_alone() {
    let refers = json!({"ticket": {"$ref": "#/$defs/ticket"}});
    assert_eq!(
        choices(&tool("get_ticket", refers, &["ticket"]), "Ticket 7?").await,
        None
    );
    let mut either = tool("get_ticket", json!({}), &[]);
    either.input_schema["anyOf"] = json!([{"required": ["a"]}]);
    assert_eq!(choices(&either, "Ticket 7?").await, None);
}

#[test]
fn a_message_is_compared_without_the_parts_that_are_copied() {
    let choices = json!({"type": "object", "properties": {
        "name": {"enum": ["Ann Smith"]},
        "states": {"enum": [["OPEN"]]},
        "count": {"enum": [3, 4]},
    }});
    assert_eq!(
        without_copies("Are 3 or 4 tickets of Ann Smith open?", &choices),
        "Are  or  tickets of  open?"
    );
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)) % count
    }

    /// A schema at most this deep.
    fn schema(&mut self, depth: u64) -> Value {
        match self.below(if depth == 0 { 7 } else { 9 }) {
            0 => json!({"type": "string", "maxLength": 3 + self.below(9)}),
            1 => json!({"type": "string", "pattern": "^[A-Z]", "description": "A name."}),
            2 => json!({"type": "integer", "minimum": self.below(4)}),
            3 => json!({"type": ["number", "null"], "exclusiveMaximum": 40}),
            4 => json!({"enum": ["OPEN", "CLOSED", 4]}),
            5 => json!({"const": "fixed"}),
            6 => json!({"type": "boolean"}),
            7 => {
                json!({"type": "array", "items": self.schema(depth - 1), "maxItems": 2, "uniqueItems": true})
            }
            _ => self.object(depth - 1),
        }
    }

    fn object(&mut self, depth: u64) -> Value {
        let names = ["number", "query", "city", "state"];
        let properties: serde_json::Map<String, Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), self.schema(depth)))
            .collect();
        let required = names.iter().filter(|_| self.below(2) == 0);
        let required: Vec<_> = required.collect();
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    }

    /// One of the values that a schema of choices allows.
    fn value(&mut self, choices: &Value) -> Value {
        if let Some(only) = choices.get("const") {
            return only.clone();
        }
        if let Some(values) = choices["enum"].as_array() {
            let chosen = self.below(values.len() as u64);
            return values[usize::try_from(chosen).unwrap()].clone();
        }
        let Some(properties) = choices["properties"].as_object() else {
            return Value::Bool(self.below(2) == 0);
        };
        let fields = properties
            .iter()
            .map(|(name, schema)| (name.clone(), self.value(schema)));
        Value::Object(fields.collect())
    }
}

/// All texts and numbers of a value.
fn leaves(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().flat_map(leaves).collect(),
        Value::Object(fields) => fields.values().flat_map(leaves).collect(),
        Value::String(_) | Value::Number(_) => vec![value],
        Value::Null | Value::Bool(_) => Vec::new(),
    }
}

#[tokio::test]
async fn arguments_of_generated_schemas_are_valid_and_nothing_in_them_is_invented() {
    let message =
        "Show the open rows about Ghent or Antwerp with number 12, 3.5 and 47, in state closed.";
    let schemas = SchemaChecker::new();
    let mut random = Random(47);
    let mut calls = 0;
    for number in 0..300 {
        let schema = random.object(2);
        let definition = ToolDefinition {
            input_schema: schema.clone(),
            ..tool("find_rows", json!({}), &[])
        };
        let Some(choices) = choices(&definition, message).await else {
            continue;
        };
        calls += 1;
        let arguments = random.value(&choices);
        assert!(
            allow(&choices, &arguments),
            "{number}: {choices} {arguments}"
        );
        let problems = schemas.check(&schema, &arguments, "").await.unwrap();
        assert!(
            problems.is_empty(),
            "{number}: {schema}\n{arguments}\n{problems:?}"
        );
        for leaf in leaves(&arguments) {
            let text = leaf
                .as_str()
                .map_or_else(|| leaf.to_string(), str::to_owned);
            let is_fixed = text == "fixed";
            assert!(
                is_fixed || message.to_lowercase().contains(&text.to_lowercase()),
                "{number}: {text}"
            );
        }
    }
    assert!(calls > 50, "{calls}");
}
