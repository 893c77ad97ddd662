//! The schema's inputs, for the document guard: which arguments and which fields of input objects are lists.

use std::collections::HashMap;

use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, ServiceDocument, Type, TypeKind,
    TypeSystemDefinition,
};

/// The inputs of a schema.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// The arguments by type and field.
    arguments: HashMap<String, HashMap<String, Fields>>,
    /// The fields by input object.
    objects: HashMap<String, Fields>,
}

/// Inputs by their names.
type Fields = HashMap<String, Input>;

/// The type of an argument, or of a field of an input object.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// The name of the type without list and non-null.
    pub(super) name: String,
    /// The number of list levels around it.
    pub(super) lists: u32,
}

impl Inputs {
    /// Collects the inputs of a schema.
    pub(super) fn of(schema: &ServiceDocument) -> Self {
        let mut inputs = Self::default();
        for definition in &schema.definitions {
            let TypeSystemDefinition::Type(definition) = definition else {
                continue;
            };
            let name = definition.node.name.node.to_string();
            match &definition.node.kind {
                TypeKind::Object(object) => {
                    let fields = object.fields.iter().map(|field| &field.node);
                    inputs.arguments.insert(name, arguments_of(fields));
                }
                TypeKind::Interface(interface) => {
                    let fields = interface.fields.iter().map(|field| &field.node);
                    inputs.arguments.insert(name, arguments_of(fields));
                }
                TypeKind::InputObject(object) => {
                    let fields = object.fields.iter().map(|field| &field.node);
                    inputs.objects.insert(name, fields_of(fields));
                }
                TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) => {}
            }
        }
        inputs
    }

    /// The type of an argument of `field` of `parent`, if there is such an argument.
    pub(super) fn argument(&self, parent: &str, field: &str, argument: &str) -> Option<&Input> {
        self.arguments.get(parent)?.get(field)?.get(argument)
    }

    /// The type of a field of an input object, if there is such a field.
    pub(super) fn field(&self, object: &str, field: &str) -> Option<&Input> {
        self.objects.get(object)?.get(field)
    }
}

fn arguments_of<'a>(fields: impl Iterator<Item = &'a FieldDefinition>) -> HashMap<String, Fields> {
    fields
        .filter(|field| !field.arguments.is_empty())
        .map(|field| {
            let arguments = field.arguments.iter().map(|argument| &argument.node);
            (field.name.node.to_string(), fields_of(arguments))
        })
        .collect()
}

fn fields_of<'a>(inputs: impl Iterator<Item = &'a InputValueDefinition>) -> Fields {
    inputs
        .map(|input| (input.name.node.to_string(), input_of(&input.ty.node)))
        .collect()
}

fn input_of(mut ty: &Type) -> Input {
    let mut lists = 0;
    loop {
        match &ty.base {
            BaseType::Named(name) => {
                return Input {
                    name: name.to_string(),
                    lists,
                };
            }
            BaseType::List(inner) => {
                lists += 1;
                ty = inner;
            }
        }
    }
}
