//! Generates expensive schemas, and values with the names and shapes that the schemas use.

use rand::{RngExt, rngs::SmallRng};
use serde_json::{Map, Value, json};

/// A seeded generator of schemas.
pub(super) struct Hostile {
    pub(super) random: SmallRng,
}

impl Hostile {
    pub(super) fn schema(&mut self) -> Value {
        let mut schema = match self.random.random_range(0..10) {
            0 => self.doubling(),
            1 => self.deep(),
            2 => self.wide(),
            3 => self.cyclic(),
            4 => self.patterns(),
            5 => self.unevaluated(),
            6 => self.chained(),
            7 => self.anchored(),
            8 => self.web(),
            _ => self.anything(6),
        };
        schema["type"] = "object".into();
        schema
    }

    fn combiner(&mut self) -> &'static str {
        ["allOf", "anyOf", "oneOf", "not", "if", "then", "else"][self.random.random_range(0..7)]
    }

    /// Several copies of a schema under a combining keyword.
    fn combined(&mut self, inner: &Value) -> Value {
        match self.combiner() {
            keyword @ ("allOf" | "anyOf" | "oneOf") => {
                let times = self.random.random_range(1..4);
                json!({ keyword: vec![inner; times] })
            }
            keyword => json!({ keyword: inner, "if": inner }),
        }
    }

    /// Definitions, each of which refers several times to the next one.
    fn doubling(&mut self) -> Value {
        let levels = self.random.random_range(1..30);
        let mut definitions = Map::new();
        for level in 0..levels {
            let next = json!({"$ref": format!("#/$defs/a{}", level + 1)});
            definitions.insert(format!("a{level}"), self.combined(&next));
        }
        definitions.insert(format!("a{levels}"), self.leaf());
        let mut schema = json!({"$ref": "#/$defs/a0", "$defs": definitions});
        if self.random.random_bool(0.5) {
            schema["unevaluatedProperties"] = false.into();
        }
        schema
    }

    fn deep(&mut self) -> Value {
        let levels = self.random.random_range(1..100);
        let mut schema = self.leaf();
        for _ in 0..levels {
            schema = match self.random.random_range(0..4) {
                0 => json!({"properties": {"a": schema}}),
                1 => json!({"items": schema}),
                2 => json!({"additionalProperties": schema}),
                _ => json!({ self.combiner(): [schema] }),
            };
        }
        schema
    }

    fn wide(&mut self) -> Value {
        let width = self.random.random_range(1..3000);
        let inner = self.leaf();
        match self.random.random_range(0..4) {
            0 => json!({ "anyOf": vec![inner; width] }),
            1 => {
                let fields = (0..width).map(|field| (format!("p{field}"), inner.clone()));
                json!({"properties": fields.collect::<Map<_, _>>(), "unevaluatedProperties": false})
            }
            2 => json!({"properties": {"a": {"enum": (0..width).collect::<Vec<_>>()}}}),
            _ => {
                json!({ "oneOf": vec![json!({"allOf": vec![inner; width.min(60)]}); width.min(60)] })
            }
        }
    }

    /// Definitions that refer to each other and to themselves.
    fn cyclic(&mut self) -> Value {
        let count = self.random.random_range(1..12);
        let mut definitions = Map::new();
        for definition in 0..count {
            let other = json!({"$ref": format!("#/$defs/c{}", self.random.random_range(0..count))});
            let combined = self.combined(&other);
            let schema = match self.random.random_range(0..5) {
                0 => json!({"properties": {"a": combined, "b": other}}),
                1 => json!({"items": combined, "contains": other}),
                2 => {
                    json!({"additionalProperties": combined, "patternProperties": {"a": other, "b": combined}})
                }
                3 => json!({"prefixItems": [combined, other], "propertyNames": other}),
                _ => combined,
            };
            definitions.insert(format!("c{definition}"), schema);
        }
        json!({"$ref": "#/$defs/c0", "$defs": definitions})
    }

    fn patterns(&mut self) -> Value {
        let count = self.random.random_range(1..60);
        let patterns = [
            "(\\w{100}){100}",
            "(a+)+$",
            "^(?=(a+)+$)(a+)+b$",
            "(?!x)(.*)*y",
            "\\p{L}{1,200}",
            "(a|b|ab)*c",
            "((a{1,30}){1,30}){1,30}",
            "[^\\x00-\\x7f]{0,500}",
            "(.)\\1{5}(.)\\2",
        ];
        let fields = (0..count).map(|field| {
            let pattern = patterns[self.random.random_range(0..patterns.len())];
            let length = self.random.random_range(1..40);
            let rule =
                json!({"pattern": format!("{pattern}{}", "z".repeat(length)), "format": "regex"});
            (format!("p{field}"), rule)
        });
        let rules: Map<String, Value> = fields.collect();
        let names: Map<String, Value> = patterns
            .iter()
            .take(self.random.random_range(0..9))
            .map(|pattern| ((*pattern).to_owned(), json!({"type": "string"})))
            .collect();
        json!({"properties": rules, "patternProperties": names})
    }

    fn unevaluated(&mut self) -> Value {
        let levels = self.random.random_range(1..14);
        let mut schema = self.leaf();
        for level in 0..levels {
            let inner = schema.clone();
            schema = match self.random.random_range(0..3) {
                0 => {
                    json!({"anyOf": [inner.clone(), {"properties": {format!("p{level}"): inner}}], "unevaluatedProperties": false})
                }
                1 => {
                    json!({"if": inner, "then": {"unevaluatedItems": inner}, "unevaluatedProperties": {"type": "string"}})
                }
                _ => json!({"allOf": [inner], "unevaluatedProperties": false}),
            };
            if schema.to_string().len() > 60_000 {
                break;
            }
        }
        schema
    }

    /// A chain of references and nothing else.
    fn chained(&mut self) -> Value {
        let links = self.random.random_range(1..2000);
        let mut definitions: Map<String, Value> = (0..links)
            .map(|link| {
                (
                    format!("l{link}"),
                    json!({"$ref": format!("#/$defs/l{}", link + 1)}),
                )
            })
            .collect();
        definitions.insert(format!("l{links}"), self.leaf());
        json!({"properties": {"a": {"$ref": "#/$defs/l0"}}, "$defs": definitions})
    }

    /// References by names and resources instead of pointers.
    fn anchored(&mut self) -> Value {
        let levels = self.random.random_range(1..24);
        let mut definitions = Map::new();
        for level in 0..levels {
            let next = match self.random.random_range(0..4) {
                0 => json!({"$ref": format!("#n{}", level + 1)}),
                1 => json!({"$ref": format!("r{}.json", level + 1)}),
                2 => json!({"$dynamicRef": format!("#n{}", level + 1)}),
                _ => {
                    json!({"$ref": format!("https://a.example/r{}.json#n{}", level + 1, level + 1)})
                }
            };
            let mut schema = self.combined(&next);
            schema["$dynamicAnchor"] = format!("n{level}").into();
            schema["$id"] = format!("https://a.example/r{level}.json").into();
            definitions.insert(format!("d{level}"), schema);
        }
        definitions.insert(
            "last".to_owned(),
            json!({"$id": format!("https://a.example/r{levels}.json"), "$dynamicAnchor": format!("n{levels}")}),
        );
        json!({"$id": "https://a.example/root.json", "allOf": [{"$ref": "r0.json"}, {"$ref": "r0.json"}], "$defs": definitions})
    }

    /// Definitions, each of which refers to all that follow.
    fn web(&mut self) -> Value {
        let count = self.random.random_range(1..40);
        let below = self.random.random_bool(0.5);
        let definitions = (0..count).map(|definition| {
            let others = (definition + 1..count).map(|other| {
                let other_schema = json!({"$ref": format!("#/$defs/w{other}")});
                (format!("p{other}"), other_schema)
            });
            let schema = if below {
                json!({"properties": others.collect::<Map<_, _>>()})
            } else {
                json!({"anyOf": others.map(|(_, schema)| schema).chain([json!({})]).collect::<Vec<_>>()})
            };
            (format!("w{definition}"), schema)
        });
        let definitions: Map<String, Value> = definitions.collect();
        let all = (0..count).map(|one| json!({"$ref": format!("#/$defs/w{one}")}));
        json!({"allOf": all.collect::<Vec<_>>(), "$defs": definitions})
    }

    fn anything(&mut self, depth: usize) -> Value {
        if depth == 0 {
            return self.leaf();
        }
        let keywords = [
            "properties",
            "items",
            "allOf",
            "anyOf",
            "oneOf",
            "not",
            "if",
            "then",
            "contains",
            "$ref",
            "dependentSchemas",
            "prefixItems",
            "unevaluatedItems",
            "additionalProperties",
            "propertyNames",
        ];
        let mut schema = Map::new();
        for _ in 0..self.random.random_range(1..4) {
            let keyword = keywords[self.random.random_range(0..keywords.len())];
            let value = match keyword {
                "properties" | "dependentSchemas" => {
                    json!({"a": self.anything(depth - 1), "b": self.anything(depth - 1)})
                }
                "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                    json!([self.anything(depth - 1), self.anything(depth - 1)])
                }
                "$ref" => ["#", "#/properties/a", "#/allOf/0", "#/not"]
                    [self.random.random_range(0..4)]
                .into(),
                _ => self.anything(depth - 1),
            };
            schema.insert(keyword.to_owned(), value);
        }
        Value::Object(schema)
    }

    fn leaf(&mut self) -> Value {
        match self.random.random_range(0..5) {
            0 => json!({"type": "string", "maxLength": 10}),
            1 => json!({"type": ["integer", "object", "array"]}),
            2 => json!(true),
            3 => json!({"uniqueItems": true, "minProperties": 1}),
            _ => json!({"enum": [1, "a", null, {"a": 1}]}),
        }
    }

    /// A value with the names and shapes that the schemas use.
    pub(super) fn value(&mut self, depth: usize) -> Value {
        match self.random.random_range(0..5) {
            _ if depth == 0 => "a".repeat(self.random.random_range(0..200)).into(),
            0 => (0..self.random.random_range(0..30))
                .map(|_| self.value(depth - 1))
                .collect(),
            1 => 1.into(),
            _ => {
                let names = ["a", "b", "p0", "p1", "p2"];
                let fields = names.map(|name| (name.to_owned(), self.value(depth - 1)));
                Value::Object(fields.into_iter().collect())
            }
        }
    }
}
