//! JSON Schemas of the GraphQL schema's inputs, and of what a document selects.

use std::collections::BTreeMap;

use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, InputValueDefinition, Selection, SelectionSet, Type,
};
use serde_json::{Map, Value, json};

use super::super::types::{ApiTypes, name_of, text_of};

/// The schema of an argument, or of a field of an input object.
pub(super) fn of_input(definition: &InputValueDefinition) -> Value {
    let mut schema = of_type(&definition.ty.node, &of_input_type);
    let default = definition.default_value.as_ref();
    if let (Some(default), Some(schema)) = (default, schema.as_object_mut()) {
        let default = default.node.clone().into_json().unwrap_or_default();
        schema.insert("default".to_owned(), default);
    }
    described(schema, text_of(definition.description.as_ref()))
}

/// The schema of an input object without one of its fields, which the path names instead.
pub(super) fn of_input_object(type_name: &str, without: Option<&str>) -> Value {
    let fields = ApiTypes::get()
        .input_fields(type_name)
        .into_iter()
        .flatten();
    let fields = fields.filter(|field| without != Some(field.name.node.as_str()));
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in fields {
        let name = field.name.node.to_string();
        if !field.ty.node.nullable && field.default_value.is_none() {
            required.push(name.clone());
        }
        properties.insert(name, of_input(field));
    }
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// Makes a field of an object required that GraphQL lets clients leave out.
pub(super) fn require(object: &mut Value, field: &str) {
    let kind = object.pointer_mut(&format!("/properties/{field}/type"));
    if let Some(kind) = kind
        && let Some(without_null) = kind.get(0).cloned()
    {
        *kind = without_null;
    }
    if let Some(required) = object.get_mut("required").and_then(Value::as_array_mut) {
        required.push(field.into());
    }
}

fn of_input_type(name: &str) -> Value {
    match ApiTypes::get().input_fields(name) {
        Some(_) => of_input_object(name, None),
        None => of_scalar(name),
    }
}

fn of_scalar(name: &str) -> Value {
    match name {
        "String" | "ID" => json!({"type": "string"}),
        "Int" | "BigInt" => json!({"type": "integer"}),
        "Float" => json!({"type": "number"}),
        "Boolean" => json!({"type": "boolean"}),
        "DateTime" => json!({"type": "string", "format": "date-time"}),
        // any JSON value
        "JSON" => json!({}),
        name => {
            json!({"type": "string", "enum": ApiTypes::get().enum_values(name).unwrap_or_default()})
        }
    }
}

fn of_type(ty: &Type, named: &impl Fn(&str) -> Value) -> Value {
    let schema = match &ty.base {
        BaseType::Named(name) => named(name),
        BaseType::List(item) => json!({"type": "array", "items": of_type(item, named)}),
    };
    if ty.nullable {
        nullable(schema)
    } else {
        schema
    }
}

/// The schema that allows null too.
fn nullable(mut schema: Value) -> Value {
    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        values.push(Value::Null);
    }
    match schema.get("type").cloned() {
        Some(Value::String(kind)) => {
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("type".to_owned(), json!([kind, "null"]));
            }
            schema
        }
        Some(_) => schema,
        // any value, null included
        None if schema == json!({}) => schema,
        None => json!({"anyOf": [schema, {"type": "null"}]}),
    }
}

fn described(mut schema: Value, description: String) -> Value {
    if let Some(schema) = schema.as_object_mut().filter(|_| !description.is_empty()) {
        schema.insert("description".to_owned(), description.into());
    }
    schema
}

/// What a selection selects of one object.
struct ObjectSchema {
    name: &'static str,
    properties: Map<String, Value>,
    required: Vec<String>,
}

/// The schemas of what documents select. Each named fragment is a component.
#[derive(Debug, Default)]
pub(super) struct AnswerSchemas {
    pub(super) components: BTreeMap<String, Value>,
}

impl AnswerSchemas {
    /// The schema of the value at the response keys below a root type.
    pub(super) fn of_answer(
        &mut self,
        document: &ExecutableDocument,
        root: &str,
        keys: &[&str],
    ) -> Option<Value> {
        let (_, operation) = document.operations.iter().next()?;
        let mut set = &operation.node.selection_set.node;
        let mut parent = root.to_owned();
        for key in keys {
            let mut fields = set.items.iter().filter_map(|item| match &item.node {
                Selection::Field(field) => Some(&field.node),
                Selection::InlineFragment(_) | Selection::FragmentSpread(_) => None,
            });
            let field = fields.find(|field| field.response_key().node == *key)?;
            let definition = ApiTypes::get().field(&parent, &field.name.node)?;
            name_of(&definition.ty.node).clone_into(&mut parent);
            set = &field.selection_set.node;
        }
        Some(self.of_set(document, set, &parent))
    }

    /// The schema of a selection: that of its fragment, if it is nothing else.
    fn of_set(&mut self, document: &ExecutableDocument, set: &SelectionSet, on: &str) -> Value {
        if let [item] = set.items.as_slice()
            && let Selection::FragmentSpread(spread) = &item.node
        {
            let name = spread.node.fragment_name.node.to_string();
            if !self.components.contains_key(&name)
                && let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node)
            {
                let schema = self.of_objects(document, &fragment.node.selection_set.node, on);
                self.components.insert(name.clone(), schema);
            }
            return json!({"$ref": format!("#/components/schemas/{name}")});
        }
        self.of_objects(document, set, on)
    }

    /// The schema of a selection on a type: one object, or one of those that implement the interface.
    fn of_objects(&mut self, document: &ExecutableDocument, set: &SelectionSet, on: &str) -> Value {
        let mut schemas: Vec<Value> = Vec::new();
        for name in ApiTypes::get().possible(on) {
            let mut object = ObjectSchema {
                name,
                properties: Map::new(),
                required: Vec::new(),
            };
            self.collect(document, set, &mut object);
            let ObjectSchema {
                properties,
                required,
                ..
            } = object;
            schemas.push(json!({"type": "object", "properties": properties, "required": required}));
        }
        match <[Value; 1]>::try_from(schemas) {
            Ok([schema]) => schema,
            Err(schemas) => json!({"oneOf": schemas}),
        }
    }

    /// Adds what a selection selects of an object.
    fn collect(
        &mut self,
        document: &ExecutableDocument,
        set: &SelectionSet,
        object: &mut ObjectSchema,
    ) {
        for item in &set.items {
            let (on, set) = match &item.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.to_string();
                    let schema = self.of_field(document, &field.node, object.name);
                    object.properties.insert(key.clone(), schema);
                    object.required.push(key);
                    continue;
                }
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref();
                    let on = on.map(|condition| condition.node.on.node.as_str());
                    (on, &inline.node.selection_set.node)
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let Some(fragment) = document.fragments.get(name) else {
                        continue;
                    };
                    let on = fragment.node.type_condition.node.on.node.as_str();
                    (Some(on), &fragment.node.selection_set.node)
                }
            };
            let applies = |on: &str| ApiTypes::get().possible(on).contains(&object.name);
            if on.is_none_or(applies) {
                self.collect(document, set, object);
            }
        }
    }

    fn of_field(&mut self, document: &ExecutableDocument, field: &Field, object: &str) -> Value {
        if field.name.node == "__typename" {
            return json!({"const": object});
        }
        let Some(definition) = ApiTypes::get().field(object, &field.name.node) else {
            return json!({});
        };
        let set = &field.selection_set.node;
        let name = name_of(&definition.ty.node);
        let below = if set.items.is_empty() {
            of_scalar(name)
        } else {
            self.of_set(document, set, name)
        };
        let schema = of_type(&definition.ty.node, &|_: &str| below.clone());
        described(schema, text_of(definition.description.as_ref()))
    }
}
