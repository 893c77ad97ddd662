//! Generated documents that select the events of a subscription in every supported form.

use std::fmt::Write;

use proptest::{collection::vec, prelude::*, sample::select};

/// The type condition of a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    RunEvent,
    TokenDelta,
    ReasoningDelta,
    RunStarted,
    RunFailed,
    ToolCallUpdated,
}

impl Scope {
    fn fields(self) -> Vec<&'static str> {
        let mut fields = vec!["__typename", "runId", "cursor", "sequence", "at"];
        fields.extend(match self {
            Self::RunEvent => &[][..],
            // Repeated names are generated more often.
            Self::TokenDelta => &["text", "offset", "utf16Offset", "text", "offset"],
            Self::ReasoningDelta => &["text"],
            Self::RunStarted => &["attempt"],
            Self::RunFailed => &["error { m: message code }"],
            Self::ToolCallUpdated => &["toolCall { id }"],
        });
        fields
    }

    /// The types of fragments that are valid inside this type.
    fn inside(self) -> &'static [Self] {
        match self {
            Self::RunEvent => &[
                Self::TokenDelta,
                Self::TokenDelta,
                Self::ReasoningDelta,
                Self::RunEvent,
                Self::RunStarted,
                Self::RunFailed,
                Self::ToolCallUpdated,
            ],
            Self::TokenDelta => &[Self::TokenDelta, Self::RunEvent],
            Self::ReasoningDelta => &[Self::ReasoningDelta, Self::RunEvent],
            Self::RunStarted => &[Self::RunStarted, Self::RunEvent],
            Self::RunFailed => &[Self::RunFailed],
            Self::ToolCallUpdated => &[Self::ToolCallUpdated],
        }
    }
}

/// An element of a selection set.
#[derive(Debug, Clone)]
enum Item {
    Field {
        alias: String,
        name: &'static str,
        when: String,
    },
    Fragment {
        /// The type condition, required for named fragments.
        on: Option<Scope>,
        named: bool,
        /// The number of times that the fragment is used in the set.
        uses: usize,
        when: String,
        items: Vec<Item>,
    },
}

/// A subscription with its fragments and variables.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) text: String,
    /// The value of the variable `$given`, which can be omitted.
    pub(super) given: Option<bool>,
}

/// Generates any document. A few are invalid, because two different fields can have the same alias.
pub(super) fn document() -> impl Strategy<Value = Document> {
    let key = select(vec!["", "", "answer: "]);
    let items = vec(item(Scope::RunEvent, 3), 1..5);
    (key, items, any::<Option<bool>>()).prop_map(|(key, items, given)| Document {
        text: written(key, &items),
        given,
    })
}

fn item(scope: Scope, depth: u32) -> BoxedStrategy<Item> {
    let field = (select(scope.fields()), alias(), when())
        .prop_map(|(name, alias, when)| Item::Field {
            alias: alias.replace("NAME", name.split(' ').next().unwrap_or_default()),
            name,
            when,
        })
        .boxed();
    if depth == 0 {
        return field;
    }
    let on = prop_oneof![Just(None), select(scope.inside()).prop_map(Some)];
    let fragment = on.prop_flat_map(move |on| {
        let items = vec(item(on.unwrap_or(scope), depth - 1), 1..3);
        (items, any::<bool>(), 1..3_usize, when()).prop_map(move |(items, named, uses, when)| {
            Item::Fragment {
                on,
                named: named && on.is_some(),
                uses,
                when,
                items,
            }
        })
    });
    prop_oneof![3 => field, 2 => fragment].boxed()
}

fn alias() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => Just(String::new()),
        6 => Just("NAME_0: ".to_owned()),
        6 => Just("NAME_1: ".to_owned()),
        1 => Just("_: ".to_owned()),
        1 => Just("text: ".to_owned()),
    ]
}

fn when() -> impl Strategy<Value = String> {
    let condition = || select(vec!["true", "false", "$yes", "$no", "$given"]);
    prop_oneof![
        8 => Just(String::new()),
        1 => condition().prop_map(|value| format!(" @skip(if: {value})")),
        1 => condition().prop_map(|value| format!(" @include(if: {value})")),
        1 => (condition(), condition()).prop_map(|(one, other)| {
            format!(" @include(if: {one}) @skip(if: {other})")
        }),
    ]
}

fn written(key: &str, items: &[Item]) -> String {
    let mut fragments = Vec::new();
    let set = set(items, &mut fragments);
    let body = format!("{{ {key}chat {set} }}\n{}", fragments.join("\n"));
    let variables: Vec<_> = [
        ("$yes", "$yes: Boolean!"),
        ("$no", "$no: Boolean!"),
        ("$given", "$given: Boolean = true"),
    ]
    .into_iter()
    .filter(|(name, _)| body.contains(name))
    .map(|(_, definition)| definition)
    .collect();
    if variables.is_empty() {
        return format!("subscription {body}");
    }
    format!("subscription Chat({}) {body}", variables.join(", "))
}

fn set(items: &[Item], fragments: &mut Vec<String>) -> String {
    let mut text = "{".to_owned();
    for item in items {
        match item {
            Item::Field { alias, name, when } => {
                // Directives precede the selection set of a field.
                let (name, rest) = name.split_once(' ').unwrap_or((name, ""));
                write!(text, " {alias}{name}{when} {rest}").unwrap();
            }
            Item::Fragment {
                on,
                named,
                uses,
                when,
                items,
            } => {
                let inner = set(items, fragments);
                let on = on.map_or_else(String::new, |on| format!(" on {on:?}"));
                let spread = if *named {
                    let name = format!("F{}", fragments.len());
                    fragments.push(format!("fragment {name}{on} {inner}"));
                    format!(" ...{name}{when}")
                } else {
                    format!(" ...{on}{when} {inner}")
                };
                text.push_str(&spread.repeat(*uses));
            }
        }
    }
    text + " }"
}
