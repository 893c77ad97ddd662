//! The schema as its clients see it: committed, described, and equal to the contract.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use async_graphql::{
    Positioned,
    parser::{
        parse_schema,
        types::{FieldDefinition, InputValueDefinition, TypeKind, TypeSystemDefinition},
    },
};

/// The public contract, as clients received it.
const CONTRACT: &str = include_str!("contract.graphql");

/// A schema's types by name.
pub(crate) struct Model(pub(crate) BTreeMap<String, Definition>);

#[derive(Default)]
pub(crate) struct Definition {
    pub(crate) kind: &'static str,
    pub(crate) described: bool,
    pub(crate) one_of: bool,
    pub(crate) implements: BTreeSet<String>,
    /// Fields, input fields, or enum values, whose type is empty.
    pub(crate) members: BTreeMap<String, Member>,
}

/// A field, an argument, an input field or an enum value.
pub(crate) struct Member {
    pub(crate) ty: String,
    pub(crate) default: Option<String>,
    pub(crate) described: bool,
    pub(crate) arguments: BTreeMap<String, Member>,
}

impl Model {
    /// The schema of the API.
    pub(crate) fn ours() -> Self {
        Self::read(&troupe::graphql::sdl())
    }

    /// The root fields as `Query.agent`.
    pub(crate) fn root_fields(&self) -> Vec<String> {
        let roots = ["Query", "Mutation", "Subscription"];
        let fields = |root: &str| -> Vec<_> { self.0[root].members.keys().cloned().collect() };
        roots
            .iter()
            .flat_map(|root| {
                fields(root)
                    .into_iter()
                    .map(move |field| format!("{root}.{field}"))
            })
            .collect()
    }

    fn read(text: &str) -> Self {
        let document = parse_schema(text).unwrap();
        let types = document.definitions.into_iter().filter_map(|definition| {
            let TypeSystemDefinition::Type(definition) = definition else {
                return None;
            };
            let definition = definition.node;
            let mut read = Definition {
                described: definition.description.is_some(),
                one_of: definition
                    .directives
                    .iter()
                    .any(|directive| directive.node.name.node == "oneOf"),
                ..Definition::default()
            };
            match definition.kind {
                TypeKind::Scalar => read.kind = "scalar",
                TypeKind::Union(_) => read.kind = "union",
                TypeKind::Object(object) => {
                    read.kind = "type";
                    read.implements = names(object.implements);
                    read.members = object.fields.into_iter().map(field).collect();
                }
                TypeKind::Interface(interface) => {
                    read.kind = "interface";
                    read.implements = names(interface.implements);
                    read.members = interface.fields.into_iter().map(field).collect();
                }
                TypeKind::InputObject(input) => {
                    read.kind = "input";
                    read.members = input.fields.into_iter().map(argument).collect();
                }
                TypeKind::Enum(kind) => {
                    read.kind = "enum";
                    let values = kind.values.into_iter().map(|value| value.node);
                    read.members = values
                        .map(|value| {
                            let described = value.description.is_some();
                            (value.value.node.to_string(), Member::value(described))
                        })
                        .collect();
                }
            }
            Some((definition.name.node.to_string(), read))
        });
        Self(types.collect())
    }
}

impl Member {
    fn value(described: bool) -> Self {
        Self {
            ty: String::new(),
            default: None,
            described,
            arguments: BTreeMap::new(),
        }
    }
}

fn names(names: Vec<Positioned<async_graphql::Name>>) -> BTreeSet<String> {
    names
        .into_iter()
        .map(|name| name.node.to_string())
        .collect()
}

fn field(field: Positioned<FieldDefinition>) -> (String, Member) {
    let field = field.node;
    let member = Member {
        ty: field.ty.node.to_string(),
        default: None,
        described: field.description.is_some(),
        arguments: field.arguments.into_iter().map(argument).collect(),
    };
    (field.name.node.to_string(), member)
}

fn argument(argument: Positioned<InputValueDefinition>) -> (String, Member) {
    let argument = argument.node;
    let member = Member {
        ty: argument.ty.node.to_string(),
        default: argument.default_value.map(|value| value.node.to_string()),
        described: argument.description.is_some(),
        arguments: BTreeMap::new(),
    };
    (argument.name.node.to_string(), member)
}

/// Differences from the contract: missing items, and changed ones.
#[derive(Default)]
struct Findings {
    missing: Vec<String>,
    different: Vec<String>,
}

impl Findings {
    fn compare(&mut self, contract: &Model, ours: &Model) {
        for (name, wanted) in &contract.0 {
            let Some(have) = ours.0.get(name) else {
                self.missing.push(name.clone());
                continue;
            };
            if (wanted.kind, wanted.one_of) != (have.kind, have.one_of) {
                self.differ(name, wanted.kind, have.kind);
            }
            for interface in wanted.implements.difference(&have.implements) {
                self.different
                    .push(format!("{name} does not implement {interface}"));
            }
            self.compare_members(name, &wanted.members, &have.members);
            // A client of the contract would not know that these are required.
            let unknown = have.members.iter().filter(|(member, given)| {
                have.kind == "input" && !wanted.members.contains_key(*member) && given.is_required()
            });
            for (member, _) in unknown {
                self.different.push(format!(
                    "{name}.{member} is required and not in the contract"
                ));
            }
        }
    }

    fn compare_members(
        &mut self,
        of: &str,
        wanted: &BTreeMap<String, Member>,
        have: &BTreeMap<String, Member>,
    ) {
        for (name, wanted) in wanted {
            let path = format!("{of}.{name}");
            let Some(have) = have.get(name) else {
                self.missing.push(path);
                continue;
            };
            if wanted.ty != have.ty {
                self.differ(&path, &wanted.ty, &have.ty);
            }
            if wanted.default != have.default {
                let shown = |default: &Option<String>| default.clone().unwrap_or_default();
                let (wanted, have) = (shown(&wanted.default), shown(&have.default));
                self.differ(&path, &format!("= {wanted}"), &format!("= {have}"));
            }
            self.compare_members(&path, &wanted.arguments, &have.arguments);
            for (argument, _) in have.arguments.iter().filter(|(argument, given)| {
                !wanted.arguments.contains_key(*argument) && given.is_required()
            }) {
                self.different.push(format!(
                    "{path}({argument}:) is required and not in the contract"
                ));
            }
        }
    }

    fn differ(&mut self, path: &str, wanted: &str, have: &str) {
        self.different
            .push(format!("{path}: the contract says {wanted}, we say {have}"));
    }
}

impl Member {
    fn is_required(&self) -> bool {
        self.ty.ends_with('!') && self.default.is_none()
    }
}

#[test]
fn the_committed_schema_matches_the_code() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let committed = fs::read_to_string(file).unwrap_or_default();
    let ours = troupe::graphql::sdl();
    let differs = committed
        .lines()
        .zip(ours.lines())
        .position(|(committed, ours)| committed != ours);
    assert!(
        committed == ours,
        "schema.graphql is not what the code says (from line {}): run `make schema`, read the difference, commit it",
        differs.unwrap_or_else(|| committed.lines().count().min(ours.lines().count())) + 1
    );
}

#[test]
fn every_item_of_the_schema_has_a_description() {
    let mut silent = Vec::new();
    for (name, definition) in &Model::ours().0 {
        if !definition.described {
            silent.push(name.clone());
        }
        for (member, known) in &definition.members {
            if !known.described {
                silent.push(format!("{name}.{member}"));
            }
            let arguments = known.arguments.iter();
            let silent_ones = arguments.filter(|(_, argument)| !argument.described);
            silent.extend(silent_ones.map(|(argument, _)| format!("{name}.{member}({argument}:)")));
        }
    }
    assert!(silent.is_empty(), "without a description: {silent:#?}");
}

#[test]
fn the_schema_matches_every_item_of_the_contract() {
    let mut findings = Findings::default();
    findings.compare(&Model::read(CONTRACT), &Model::ours());
    let different = findings.different;
    assert!(different.is_empty(), "{different:#?}");
}

#[test]
fn the_schema_has_every_item_of_the_contract() {
    let mut findings = Findings::default();
    findings.compare(&Model::read(CONTRACT), &Model::ours());
    let missing = findings.missing;
    assert!(missing.is_empty(), "not in the schema: {missing:#?}");
}

#[test]
fn every_connection_has_the_relay_shape() {
    let ours = Model::ours();
    let connections: Vec<_> = ours
        .0
        .keys()
        .filter_map(|name| name.strip_suffix("Connection"))
        .collect();
    assert!(connections.len() > 3, "{connections:?}");
    for node in connections {
        let shape = [
            ("edges", format!("[{node}Edge!]!")),
            ("nodes", format!("[{node}!]!")),
            ("pageInfo", "PageInfo!".to_owned()),
            ("totalCount", "Int!".to_owned()),
        ];
        for (field, ty) in shape {
            let known = ours.0[&format!("{node}Connection")].members.get(field);
            assert_eq!(known.map(|field| &field.ty), Some(&ty), "{node}.{field}");
        }
        let edge = &ours.0[&format!("{node}Edge")].members;
        assert_eq!(edge["node"].ty, format!("{node}!"));
        assert_eq!(edge["cursor"].ty, "String!");
    }
}

#[test]
fn every_mutation_has_one_input_and_one_payload() {
    let ours = Model::ours();
    for (name, field) in &ours.0["Mutation"].members {
        let arguments: Vec<_> = field.arguments.keys().collect();
        assert_eq!(arguments, ["input"], "{name}");
        let input = &field.arguments["input"].ty;
        assert!(input.ends_with("Input!"), "{name}: {input}");
        assert!(field.ty.ends_with("Payload!"), "{name}: {}", field.ty);
        let noun = if name.starts_with("delete") || name.starts_with("remove") {
            "deletedId"
        } else {
            continue;
        };
        let payload = &ours.0[field.ty.trim_end_matches('!')];
        assert!(payload.members.contains_key(noun), "{name} has no {noun}");
    }
}
