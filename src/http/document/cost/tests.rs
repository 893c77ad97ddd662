//! The cost of operations on a small schema.

use async_graphql::{Variables, parser};
use serde_json::json;

use super::{DocumentLimits, Types, Violation, check};

const SCHEMA: &str = "
    schema { query: Query }
    type Query { things(first: Int, last: Int): ThingConnection! search(first: Int = 8): [Thing!]! grid: [[Thing!]!]! any: Any }
    type ThingConnection { nodes: [Thing!]! edges: [ThingEdge!]! pageInfo: PageInfo! total: Int! }
    type ThingEdge { node: Thing! }
    type PageInfo { hasNextPage: Boolean! }
    interface Any { tags: [Thing!]! }
    type Thing implements Any { id: ID! tags: [Thing!]! things(first: Int): ThingConnection! }
    union Either = Thing | PageInfo";

/// The cost of a query that no limit accepts, or 0.
fn cost(query: &str, variables: serde_json::Value) -> u64 {
    let types = Types::of(parser::parse_schema(SCHEMA).unwrap());
    let document = parser::parse_query(query).unwrap();
    let limits = DocumentLimits {
        cost: 0,
        ..DocumentLimits::default()
    };
    let variables = Variables::from_json(variables);
    match check(&document, &types, &limits, &variables) {
        Err(Violation::TooCostly(excess)) => excess.cost,
        Err(other) => panic!("{other:?}"),
        Ok(_) => 0,
    }
}

#[test]
fn a_page_counts_its_requested_size_and_its_other_fields_once() {
    let page = |arguments| {
        format!("{{ things{arguments} {{ nodes {{ id }} total pageInfo {{ hasNextPage }} }} }}")
    };
    for (arguments, items) in [
        ("", 20),
        ("(first: 5)", 5),
        ("(last: 7)", 7),
        ("(first: 5, last: 7)", 7),
        ("(first: 0)", 1),
        ("(first: -3)", 1),
        ("(first: 1000000)", 100),
        ("(first: null)", 20),
    ] {
        assert_eq!(cost(&page(arguments), json!({})), 1 + items, "{arguments}");
    }
}

#[test]
fn a_variable_counts_by_its_value_or_its_default() {
    let query = "query($n: Int = 30) { things(first: $n) { nodes { id } } }";
    assert_eq!(cost(query, json!({})), 31);
    assert_eq!(cost(query, json!({ "n": 3 })), 4);
    assert_eq!(cost(query, json!({ "n": null })), 21);
    assert_eq!(cost(query, json!({ "n": "many" })), 21);
}

#[test]
fn a_list_without_pages_counts_as_ten_or_by_its_first_argument() {
    assert_eq!(cost("{ search { id } }", json!({})), 8);
    assert_eq!(cost("{ search(first: 3) { id } }", json!({})), 3);
    assert_eq!(cost("{ grid { id } }", json!({})), 100);
    assert_eq!(cost("{ search { tags { id } } }", json!({})), 8 * 11);
}

#[test]
fn pages_in_pages_multiply_through_edges_and_fragments() {
    let inside = "things(first: 10) { edges { node { things(first: 10) { nodes { id } } } } }";
    let plain = cost(&format!("{{ {inside} }}"), json!({}));
    assert_eq!(plain, 1 + 10 * (1 + 1 + 10));
    let spread = "{ things(first: 10) { ...P } } fragment P on ThingConnection { ... { edges { node { ...T } } } } \
        fragment T on Thing { things(first: 10) { nodes { id } } }";
    assert_eq!(cost(spread, json!({})), plain);
}

#[test]
fn a_fragment_is_counted_at_each_use_with_its_enclosing_page() {
    let query = "{ a: things(first: 10) { ...P } b: things(first: 30) { ...P } } fragment P on ThingConnection { nodes { id } }";
    assert_eq!(cost(query, json!({})), 11 + 31);
}

#[test]
fn lists_behind_interfaces_are_counted() {
    assert_eq!(cost("{ any { tags { id } } }", json!({})), 10);
    assert_eq!(
        cost(
            "{ any { ... on Thing { tags { tags { id } } } } }",
            json!({})
        ),
        10 * 11
    );
}

#[test]
fn values_and_single_objects_are_free() {
    let query = "{ any { __typename } things(first: 10) { totals: total pageInfo { hasNextPage } edges { node { id } } } }";
    assert_eq!(cost(query, json!({})), 1 + 10);
}

#[test]
fn the_path_leads_to_the_most_expensive_list() {
    for (query, path) in [
        (
            "{ search { id } all: things(first: 50) { nodes { id } } }",
            "all.nodes",
        ),
        (
            "{ things(first: 2) { ...P } search { id } } fragment P on ThingConnection { edges { node { ... { tags { id } \
             inner: things(first: 90) { nodes { id } } } } } }",
            "things.edges.node.inner.nodes",
        ),
        ("{ search { id } grid { id } }", "grid"),
    ] {
        let types = Types::of(parser::parse_schema(SCHEMA).unwrap());
        let limits = DocumentLimits {
            cost: 1,
            ..DocumentLimits::default()
        };
        let document = parser::parse_query(query).unwrap();
        let refused = check(&document, &types, &limits, &Variables::default());
        let Err(Violation::TooCostly(excess)) = refused else {
            panic!("{query}: {refused:?}");
        };
        assert_eq!(excess.path, path, "{query}");
    }
}

#[test]
fn the_highest_cost_does_not_wrap_around() {
    let depth = 40;
    let query = format!(
        "{{ grid {}{{ id }}{} }}",
        "{ tags ".repeat(depth),
        " }".repeat(depth)
    );
    assert_eq!(cost(&query, json!({})), u64::MAX);
}

#[test]
fn introspection_is_counted_once_and_circular_introspection_is_not() {
    let schema = "{ __schema { types { fields { args { type { name } } } } } }";
    assert_eq!(cost(schema, json!({})), 6);
}
