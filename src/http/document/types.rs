//! The schema's fields, for the document guard: the type of each field, and which fields are lists.

use std::collections::HashMap;

use async_graphql::{
    Value,
    parser::types::{
        BaseType, FieldDefinition, OperationType, ServiceDocument, Type, TypeKind,
        TypeSystemDefinition,
    },
};

/// The types of a schema, by name.
#[derive(Debug, Default)]
pub(super) struct Types {
    fields: HashMap<String, HashMap<String, FieldType>>,
    roots: [Option<String>; 3],
}

/// The type of a field.
#[derive(Debug)]
pub(super) struct FieldType {
    /// The name of the type without list and non-null.
    pub(super) name: String,
    /// The number of list levels around it.
    pub(super) lists: u32,
    /// Whether the field has an argument `first` or `last`.
    pub(super) paged: bool,
    /// The schema's default page size, if it has one.
    pub(super) default_page: Option<u64>,
}

impl Types {
    /// Collects the types of a schema.
    pub(super) fn of(schema: ServiceDocument) -> Self {
        let mut types = Self::default();
        for definition in schema.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => {
                    let schema = schema.node;
                    types.roots = [schema.query, schema.mutation, schema.subscription]
                        .map(|root| root.map(|name| name.node.to_string()));
                }
                TypeSystemDefinition::Type(definition) => {
                    let fields = match definition.node.kind {
                        TypeKind::Object(object) => object.fields,
                        TypeKind::Interface(interface) => interface.fields,
                        TypeKind::Scalar
                        | TypeKind::Union(_)
                        | TypeKind::Enum(_)
                        | TypeKind::InputObject(_) => continue,
                    };
                    let answers = fields
                        .iter()
                        .map(|field| (field.node.name.node.to_string(), answer(&field.node)))
                        .collect();
                    types
                        .fields
                        .insert(definition.node.name.node.to_string(), answers);
                }
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        types
    }

    /// The root type of an operation.
    pub(super) fn root(&self, operation: OperationType) -> &str {
        let [query, mutation, subscription] = &self.roots;
        match operation {
            OperationType::Query => query,
            OperationType::Mutation => mutation,
            OperationType::Subscription => subscription,
        }
        .as_deref()
        .unwrap_or_default()
    }

    /// The type of `field` of `parent`, if there is such a field.
    pub(super) fn answer(&self, parent: &str, field: &str) -> Option<&FieldType> {
        self.fields.get(parent)?.get(field)
    }

    /// Whether the type is a Relay connection.
    pub(super) fn is_connection(&self, name: &str) -> bool {
        name.ends_with("Connection") && self.answer(name, "pageInfo").is_some()
    }
}

fn answer(field: &FieldDefinition) -> FieldType {
    let mut lists = 0;
    let mut ty: &Type = &field.ty.node;
    let name = loop {
        match &ty.base {
            BaseType::Named(name) => break name.to_string(),
            BaseType::List(inner) => {
                lists += 1;
                ty = inner;
            }
        }
    };
    let pages = || {
        let arguments = field.arguments.iter().map(|argument| &argument.node);
        arguments.filter(|argument| matches!(argument.name.node.as_str(), "first" | "last"))
    };
    let default_page = pages().find_map(|argument| match &argument.default_value.as_ref()?.node {
        Value::Number(number) => number.as_u64(),
        _ => None,
    });
    FieldType {
        name,
        lists,
        paged: pages().next().is_some(),
        default_page,
    }
}
