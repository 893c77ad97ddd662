//! Every list and every text that the schema accepts: too long a list is refused naming its argument, and no text
//! causes an internal error.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};

use crate::{
    schema::{Member, Model},
    support::{Client, Reply, TestApp},
};

/// An argument in the schema, and a document that passes it as the variable `$v`.
struct Argument {
    name: String,
    ty: String,
    document: String,
}

/// A position inside an argument: the names that lead to it, with `[0]` for the first item of a list.
type Steps = Vec<String>;

/// The type without list and non-null markers.
fn named(ty: &str) -> &str {
    ty.trim_matches(['[', ']', '!'])
}

fn is_list(ty: &str) -> bool {
    ty.starts_with('[')
}

impl Argument {
    /// Every argument of every field of every object that is reachable from a root without required arguments.
    fn all(schema: &Model) -> Vec<Self> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut waiting: VecDeque<(&str, String, Vec<String>)> = VecDeque::new();
        for (root, keyword) in [
            ("Query", "query"),
            ("Mutation", "mutation"),
            ("Subscription", "subscription"),
        ] {
            waiting.push_back((root, keyword.to_owned(), Vec::new()));
        }
        while let Some((ty, keyword, path)) = waiting.pop_front() {
            if !seen.insert(ty.to_owned()) {
                continue;
            }
            for (field, member) in &schema.0[ty].members {
                for (name, argument) in &member.arguments {
                    let document = document(schema, &keyword, &path, (field, member), name);
                    found.push(Self {
                        name: name.clone(),
                        ty: argument.ty.clone(),
                        document,
                    });
                }
                let below = named(&member.ty);
                let needs = member
                    .arguments
                    .values()
                    .any(|argument| argument.ty.ends_with('!') && argument.default.is_none());
                if !needs
                    && schema
                        .0
                        .get(below)
                        .is_some_and(|below| below.kind == "type")
                {
                    let path = [path.as_slice(), std::slice::from_ref(field)].concat();
                    waiting.push_back((below, keyword.clone(), path));
                }
            }
        }
        found
    }
}

/// A document that passes the argument `name` of a field as `$v`, and its other required arguments as `$o0`, `$o1`, ….
fn document(
    schema: &Model,
    keyword: &str,
    path: &[String],
    (field, member): (&str, &Member),
    name: &str,
) -> String {
    let mut variables = format!("$v: {}", member.arguments[name].ty);
    let mut given = format!("{name}: $v");
    for (index, (other, argument)) in others(member, name).into_iter().enumerate() {
        variables.extend([format!(", $o{index}: {}", argument.ty)]);
        given.extend([format!(", {other}: $o{index}")]);
    }
    let answers = schema.0.get(named(&member.ty));
    let is_leaf = answers.is_none_or(|answers| ["enum", "scalar"].contains(&answers.kind));
    let below = if is_leaf { "" } else { " { __typename }" };
    let mut document = format!("{field}({given}){below}");
    for outer in path.iter().rev() {
        document = format!("{outer} {{ {document} }}");
    }
    format!("{keyword}({variables}) {{ {document} }}")
}

/// The other required arguments of a field.
fn others<'m>(member: &'m Member, name: &str) -> Vec<(&'m String, &'m Member)> {
    let arguments = member.arguments.iter();
    arguments
        .filter(|(other, argument)| {
            other.as_str() != name && argument.ty.ends_with('!') && argument.default.is_none()
        })
        .collect()
}

/// The positions of a matching type inside an input type; each input object is visited once per path.
fn places(
    schema: &Model,
    ty: &str,
    wanted: &impl Fn(&str) -> bool,
    on_the_way: &[&str],
) -> Vec<Steps> {
    let mut found = Vec::new();
    if wanted(ty) {
        found.push(Vec::new());
    }
    let name = named(ty);
    let Some(object) = schema.0.get(name).filter(|object| object.kind == "input") else {
        return found;
    };
    if on_the_way.contains(&name) {
        return found;
    }
    let on_the_way = [on_the_way, &[name]].concat();
    for (field, member) in &object.members {
        for inner in places(schema, &member.ty, wanted, &on_the_way) {
            let item = is_list(ty).then(|| "[0]".to_owned());
            let steps = item.into_iter().chain([field.clone()]).chain(inner);
            found.push(steps.collect());
        }
    }
    found
}

/// For example `input.pricingTiers[0].tools`.
fn path_of(argument: &str, steps: &Steps) -> String {
    steps.iter().fold(argument.to_owned(), |path, step| {
        if step.starts_with('[') {
            format!("{path}{step}")
        } else {
            format!("{path}.{step}")
        }
    })
}

/// A value of this type that is valid by the schema, with `hostile` at this position.
fn value_at(
    schema: &Model,
    ids: &Ids,
    (name, ty): (&str, &str),
    steps: &[String],
    hostile: &Value,
) -> Value {
    let Some((step, rest)) = steps.split_first() else {
        return hostile.clone();
    };
    if step == "[0]" {
        let ty = ty.trim_end_matches('!');
        let inner = &ty[1..ty.len() - 1];
        return json!([value_at(schema, ids, (name, inner), rest, hostile)]);
    }
    let mut object = sample(schema, ids, (name, named(ty)));
    let definition = &schema.0[named(ty)];
    if definition.one_of {
        object = json!({});
    }
    let member = &definition.members[step];
    object[step] = value_at(schema, ids, (step, &member.ty), rest, hostile);
    object
}

/// Ids by the names of the arguments that accept them.
type Ids = BTreeMap<&'static str, String>;

/// A value of this type that is valid by the schema.
fn sample(schema: &Model, ids: &Ids, (name, ty): (&str, &str)) -> Value {
    if is_list(ty) {
        return json!([]);
    }
    let ty = named(ty);
    match ty {
        "ID" => json!(ids.get(name).unwrap_or_else(|| &ids["id"])),
        "String" => json!("text"),
        "Int" => json!(1),
        "Float" => json!(1.0),
        "Boolean" => json!(false),
        "DateTime" => json!("2100-01-01T00:00:00Z"),
        "JSON" => json!({}),
        _ => {
            let definition = &schema.0[ty];
            if definition.kind == "enum" {
                return json!(definition.members.keys().next().unwrap());
            }
            let members = definition.members.iter();
            members
                .filter(|(_, member)| member.ty.ends_with('!') && member.default.is_none())
                .map(|(name, member)| (name.clone(), sample(schema, ids, (name, &member.ty))))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
    }
}

fn ids(app: &TestApp) -> Ids {
    BTreeMap::from([
        ("id", app.home.agent.clone()),
        ("agentId", app.home.agent.clone()),
    ])
}

/// The variables for the other arguments of a document.
fn variables(schema: &Model, ids: &Ids, argument: &Argument, value: &Value) -> Value {
    let mut variables = json!({"v": value});
    let declared = argument.document.split(['(', ')']).nth(1).unwrap();
    for (name, ty) in declared.split(", ").filter_map(|one| one.split_once(": ")) {
        if name != "$v" {
            let name = name.trim_start_matches('$');
            variables[name] = sample(schema, ids, (name, ty));
        }
    }
    variables
}

#[tokio::test]
async fn every_list_argument_has_a_bound_and_reports_it() {
    let app = TestApp::start().await;
    let (schema, ids) = (Model::ours(), ids(&app));
    let mut tried = Vec::new();
    for argument in Argument::all(&schema) {
        for steps in places(&schema, &argument.ty, &is_list, &[]) {
            let path = path_of(&argument.name, &steps);
            for items in [5_000, 50_000] {
                let list = json!(vec!["ACTIVE"; items]);
                let at = (argument.name.as_str(), argument.ty.as_str());
                let value = value_at(&schema, &ids, at, &steps, &list);
                let variables = variables(&schema, &ids, &argument, &value);
                let reply = app.operator.ask(&argument.document, variables).await;
                let shown = format!("{}: {path}: {reply:?}", argument.document);
                assert_eq!(reply.code(), "BAD_USER_INPUT", "{shown}");
                if items == 5_000 {
                    assert_eq!(reply.problem_paths(), [path.as_str()], "{shown}");
                    assert!(reply.message().contains("at most 1000"), "{shown}");
                }
            }
            tried.push(path);
        }
    }
    for known in [
        "ids",
        "filter.status",
        "input.tools",
        "input.pricingTiers[0].tools",
        "input.skills[0].examples",
    ] {
        assert!(tried.iter().any(|path| path == known), "{known}: {tried:?}");
    }
}

#[tokio::test]
async fn equal_values_of_a_filter_count_once() {
    let app = TestApp::start().await;
    let query =
        "query($s: [AgentStatus!]) { agents(filter: {status: $s}) { totalCount nodes { id } } }";
    let many = json!({"s": vec!["ACTIVE"; 1_000]});
    let found = app.home.reader.ok(query, many).await;
    assert_eq!(found["agents"]["nodes"], json!([{"id": app.home.agent}]));
    let literal = format!(
        "{{ agents(filter: {{status: [{}]}}) {{ totalCount }} }}",
        "ACTIVE ".repeat(1_001)
    );
    let refused = app.home.reader.ask(&literal, json!({})).await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");
    assert_eq!(
        refused.message(),
        "filter.status: 1001 items, at most 1000 are allowed"
    );
}

async fn ask_each(clients: [&Client; 2], document: &str, variables: &Value) -> Vec<Reply> {
    let mut replies = Vec::new();
    for client in clients {
        replies.push(client.ask(document, variables.clone()).await);
    }
    replies
}

#[tokio::test]
async fn no_argument_text_causes_an_internal_error() {
    let app = TestApp::start().await;
    let (schema, ids) = (Model::ours(), ids(&app));
    let clients = [&app.home.owner, &app.operator];
    let (mut tried, mut internal) = (0, Vec::new());
    let is_text = |ty: &str| matches!(ty.trim_end_matches('!'), "String" | "ID" | "[String!]");
    for argument in Argument::all(&schema) {
        // A subscription cannot be sent over plain HTTP.
        if argument.document.starts_with("subscription") {
            continue;
        }
        for steps in places(&schema, &argument.ty, &is_text, &[]) {
            for text in [
                "x".repeat(300_000),
                "a\u{0}b".to_owned(),
                String::new(),
                "\u{202e}\u{feff}\u{fffe}".to_owned(),
                "'; DROP TABLE accounts; --%_\\".to_owned(),
            ] {
                let at = (argument.name.as_str(), argument.ty.as_str());
                let value = value_at(&schema, &ids, at, &steps, &json!(text));
                let variables = variables(&schema, &ids, &argument, &value);
                for reply in ask_each(clients, &argument.document, &variables).await {
                    let path = path_of(&argument.name, &steps);
                    let start: String = text.chars().take(20).collect();
                    if reply.code() == "INTERNAL" {
                        internal.push(format!("{}: {path} = {start:?}", argument.document));
                    }
                }
                tried += 1;
            }
        }
    }
    assert!(internal.is_empty(), "{internal:#?}");
    assert!(tried > 100, "{tried} were tried");
}
