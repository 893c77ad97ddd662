//! The types of the GraphQL schema, which the inputs of REST requests are checked by and the answers are described by.

use std::{collections::HashMap, sync::LazyLock};

use async_graphql::{
    Name, Positioned,
    parser::{
        self,
        types::{
            BaseType, FieldDefinition, InputValueDefinition, OperationType, Type, TypeDefinition,
            TypeKind, TypeSystemDefinition,
        },
    },
};

use crate::graphql;

/// The types of the GraphQL schema by name.
#[derive(Debug, Default)]
pub(super) struct ApiTypes(HashMap<String, TypeDefinition>);

/// The schema is the same in every process of this build, so it is read once. It has no types if it cannot be read, which a
/// test would notice first.
static TYPES: LazyLock<ApiTypes> = LazyLock::new(|| ApiTypes::of_sdl(&graphql::sdl()));

impl ApiTypes {
    /// The types of this build's schema.
    pub(super) fn get() -> &'static Self {
        &TYPES
    }

    fn of_sdl(sdl: &str) -> Self {
        let schema = parser::parse_schema(sdl);
        let definitions = schema.into_iter().flat_map(|schema| schema.definitions);
        let types = definitions.filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => {
                let definition = definition.node;
                Some((definition.name.node.to_string(), definition))
            }
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        });
        Self(types.collect())
    }

    /// The kind of a type.
    pub(super) fn kind(&self, name: &str) -> Option<&TypeKind> {
        self.0.get(name).map(|definition| &definition.kind)
    }

    /// The name of a root type, which the schema does not rename.
    pub(super) fn root(operation: OperationType) -> &'static str {
        match operation {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        }
    }

    /// A field of an object or an interface.
    pub(super) fn field(&self, parent: &str, name: &str) -> Option<&FieldDefinition> {
        let fields = match self.kind(parent)? {
            TypeKind::Object(object) => &object.fields,
            TypeKind::Interface(interface) => &interface.fields,
            TypeKind::Scalar
            | TypeKind::Union(_)
            | TypeKind::Enum(_)
            | TypeKind::InputObject(_) => return None,
        };
        let mut fields = fields.iter().map(|field| &field.node);
        fields.find(|field| field.name.node == name)
    }

    /// The fields of an input object; none for another type.
    pub(super) fn input_fields(
        &self,
        name: &str,
    ) -> Option<impl Iterator<Item = &InputValueDefinition>> {
        let Some(TypeKind::InputObject(object)) = self.kind(name) else {
            return None;
        };
        Some(object.fields.iter().map(|field| &field.node))
    }

    /// The names of an enum's values; none for another type.
    pub(super) fn enum_values(&self, name: &str) -> Option<Vec<&str>> {
        let Some(TypeKind::Enum(values)) = self.kind(name) else {
            return None;
        };
        let values = values
            .values
            .iter()
            .map(|value| value.node.value.node.as_str());
        Some(values.collect())
    }

    /// The objects that a value of this type can be: those that implement an interface, or the object itself; sorted.
    pub(super) fn possible(&self, name: &str) -> Vec<&str> {
        let implements = |names: &[Positioned<Name>]| names.iter().any(|of| of.node == name);
        let mut possible: Vec<&str> = self
            .0
            .iter()
            .filter(|(own, definition)| match &definition.kind {
                TypeKind::Object(object) => *own == name || implements(&object.implements),
                TypeKind::Scalar
                | TypeKind::Interface(_)
                | TypeKind::Union(_)
                | TypeKind::Enum(_)
                | TypeKind::InputObject(_) => false,
            })
            .map(|(own, _)| own.as_str())
            .collect();
        possible.sort_unstable();
        possible
    }
}

/// The name of a type without list and non-null.
pub(super) fn name_of(mut ty: &Type) -> &str {
    loop {
        match &ty.base {
            BaseType::Named(name) => return name,
            BaseType::List(item) => ty = item,
        }
    }
}

/// The text of a description in one line.
pub(super) fn text_of(description: Option<&Positioned<String>>) -> String {
    let text = description.map(|text| text.node.as_str());
    let words: Vec<&str> = text.unwrap_or_default().split_whitespace().collect();
    words.join(" ")
}
