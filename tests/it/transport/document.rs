//! The limits of a document: each refuses with its number, and accepts the next smaller document.

use super::support::{Reply, Server, numbered};
use crate::support::PATIENCE;
use reqwest::header::AUTHORIZATION;
use serde_json::json;

/// The introspection query of graphql-js, GraphiQL and Apollo's tools.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description queryType { name kind } \
    mutationType { name kind } subscriptionType { name kind } types { ...FullType } \
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } } \
    fragment FullType on __Type { kind name description specifiedByURL isOneOf \
    fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } \
    type { ...TypeRef } isDeprecated deprecationReason } \
    inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } \
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } \
    possibleTypes { ...TypeRef } } \
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason } \
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

async fn is_too_complex(server: &Server, query: &str, said: &str) {
    let reply = server.query(query).await;
    assert_eq!(reply.code(), "TOO_COMPLEX", "{}", reply.text);
    assert!(reply.message().contains(said), "{}", reply.text);
    assert!(reply.text.len() < 4096, "{} bytes", reply.text.len());
}

async fn passes(server: &Server, query: &str) {
    let reply = server.query(query).await;
    assert_ne!(reply.code(), "TOO_COMPLEX", "{}", reply.text);
}

/// A server with these document limits.
async fn limited(limits: &str) -> Server {
    Server::with(&format!("{{ document: {{ {limits} }} }}")).await
}

fn nested(levels: usize) -> String {
    let inner = "{ fallback ".repeat(levels - 2);
    format!(
        "{{ agent(by: {{ slug: \"a\" }}) {inner}{{ id }} {}}}",
        "}".repeat(levels - 2)
    )
}

#[tokio::test]
async fn the_bytes_of_a_document_are_bounded() {
    let query = format!("{{ __typename }} #{}", "x".repeat(20 * 1024));
    is_too_complex(&Server::start().await, &query, "at most 20480").await;
    passes(&limited("bytes: 30000").await, &query).await;
}

#[tokio::test]
async fn the_tokens_of_a_document_are_bounded() {
    let query = format!("{{ {} }}", "a ".repeat(2_000));
    is_too_complex(&Server::start().await, &query, "2000 tokens").await;
    let free = limited("tokens: 9999, root_fields: 9999").await;
    passes(&free, &query).await;
}

#[tokio::test]
async fn brackets_cannot_exhaust_the_parsers_stack() {
    let query = format!("{{ a(b: {}1{}) }}", "[".repeat(900), "]".repeat(900));
    is_too_complex(&Server::start().await, &query, "64 levels").await;
    let types = format!(
        "query($a: {}Int{}) {{ b }}",
        "[".repeat(900),
        "]".repeat(900)
    );
    is_too_complex(&Server::start().await, &types, "64 levels").await;
}

#[tokio::test]
async fn the_depth_of_a_document_is_bounded() {
    let server = Server::start().await;
    passes(&server, &nested(12)).await;
    is_too_complex(&server, &nested(13), "13 levels of fields, at most 12").await;
    passes(&limited("depth: 13").await, &nested(13)).await;
}

#[tokio::test]
async fn aliases_are_counted_in_fragments_too() {
    let aliases = |count: usize| {
        let fields = numbered(count, "a", ": id ");
        format!(
            "{{ a: viewer {{ account {{ ...F }} }} b: viewer {{ account {{ ...F }} }} }} fragment F on Account {{ {fields} }}"
        )
    };
    let server = Server::start().await;
    passes(&server, &aliases(14)).await;
    is_too_complex(&server, &aliases(15), "32 aliases, at most 30").await;
    passes(&limited("aliases: 32").await, &aliases(15)).await;
}

#[tokio::test]
async fn the_root_fields_of_a_document_are_bounded() {
    let server = Server::start().await;
    passes(&server, &format!("{{ {} }}", "__typename ".repeat(20))).await;
    let query = format!("{{ {} }}", "__typename ".repeat(21));
    is_too_complex(&server, &query, "21 root fields, at most 20").await;
    passes(&limited("root_fields: 21").await, &query).await;
}

#[tokio::test]
async fn the_directives_of_a_document_are_bounded() {
    let query = format!("{{ __typename {} }}", "@include(if: true) ".repeat(11));
    is_too_complex(&Server::start().await, &query, "11 directives").await;
    passes(&limited("directives: 11").await, &query).await;
    let hidden = format!(
        "{{ __typename }} fragment F on Query {} {{ a }}",
        "@x ".repeat(11)
    );
    is_too_complex(&Server::start().await, &hidden, "11 directives").await;
}

#[tokio::test]
async fn the_cost_multiplies_pages_and_lists() {
    let server = Server::start().await;
    let page = |page: &str| {
        format!(
            "{{ conversations({page}) {{ nodes {{ messages(first: 100) {{ nodes {{ id }} }} }} }} }}"
        )
    };
    // 1 + 49 × (1 + 1 + 100)
    passes(&server, &page("first: 49")).await;
    is_too_complex(&server, &page("first: 50"), "5101 items, at most 5000").await;
    is_too_complex(&server, &page("last: 50"), "5101 items, at most 5000").await;
    let hidden = "query($n: Int = 50) { conversations(first: $n) { ...F } } \
        fragment F on ConversationConnection { edges { node { messages(first: 100) { nodes { id } } } } }";
    is_too_complex(&server, hidden, "items, at most 5000").await;
    let body = json!({ "query": hidden, "variables": { "n": 5 } });
    let reply = Reply::of(server.post(&body).send().await.unwrap()).await;
    assert_eq!(reply.code(), "UNAUTHENTICATED", "{}", reply.text);
    passes(&limited("cost: 6000").await, &page("first: 50")).await;
}

#[tokio::test]
async fn a_refusal_of_the_cost_has_its_figures_and_the_dearest_path() {
    let server = Server::start().await;
    let query = "{ viewer { role } all: conversations(first: 100) { pageInfo { hasNextPage } edges { node { id \
        messages(first: 50) { nodes { text } } } } } }";
    let reply = server.query(query).await;
    let extensions = &reply.json()["errors"][0]["extensions"];
    assert_eq!(
        extensions,
        &json!({ "code": "TOO_COMPLEX", "cost": 5201, "limit": 5000, "path": "all.edges.node.messages.nodes" })
    );
    assert!(
        reply.message().contains("all.edges.node.messages.nodes"),
        "{}",
        reply.text
    );
}

#[tokio::test]
async fn a_history_page_with_everything_that_a_chat_shows_is_allowed() {
    let server = Server::start().await;
    let run = server.ended_run().await;
    let query = "query($run: ID!) { run(id: $run) { conversation { id endUser agent { id name slug } \
        messages(last: 20) { totalCount pageInfo { hasPreviousPage startCursor } edges { cursor node { \
            id role text createdAt finishReason \
            parts { __typename ... on TextPart { text offset utf16Offset } ... on ReasoningPart { text } \
                ... on ToolCallPart { offset toolCall { id tool status } } ... on SourcePart { number passage { text } } } \
            sources { text headings score position document { id title source } } \
            citations { number start end passage { text document { title } } } \
            rating { value comment } \
            agent { id name slug description availability { state reasons { __typename } } } \
            run { id status attempt createdAt startedAt finishedAt error { code message } \
                usage { inputTokens outputTokens costUsd firstTokenMs durationMs } \
                route { reason confidence explanation agent { id name } candidates { score available agent { name } } } \
                toolCalls { id tool status arguments result error durationMs server { name type } } } \
        } } } handoffs { id reason from { name } to { name } carried { kind label why } dropped { kind label why } } } } }";
    let ask = async |extensions: serde_json::Value| {
        let body = json!({ "query": query, "variables": { "run": run }, "extensions": extensions });
        let request = server.post(&body).header(AUTHORIZATION, &server.key);
        Reply::of(request.send().await.unwrap()).await.json()
    };
    let page = ask(json!({})).await;
    assert_eq!(page["errors"], json!(null), "{page}");
    let messages = &page["data"]["run"]["conversation"]["messages"];
    assert_eq!(messages["totalCount"], 2, "{page}");
    assert_eq!(page["extensions"], json!(null));
    // The cost is reported on request: each message has six lists, and each handoff two.
    let page = ask(json!({ "cost": true })).await;
    let cost = &page["extensions"]["cost"];
    assert_eq!(cost["limit"], 5000);
    assert_eq!(cost["requested"], 1 + 20 * (1 + 6 * 10) + 10 * (1 + 2 * 10));
}

#[tokio::test]
async fn a_typename_has_no_arguments_no_fields_and_valid_conditions_only() {
    let server = Server::start().await;
    for (query, said) in [
        ("{ __typename @nothing }", "@nothing"),
        ("{ ... { kind: __typename @deprecated } }", "@deprecated"),
        ("{ viewer { __typename @nothing } }", "@nothing"),
        (
            "{ ...F } fragment F on Query { __typename @nothing }",
            "@nothing",
        ),
        ("{ __typename @skip }", "one argument"),
        ("{ __typename @skip(if: 1) }", "one argument"),
        (
            "{ __typename @include(if: true, unless: true) }",
            "one argument",
        ),
        ("{ __typename @include(when: true) }", "one argument"),
        ("{ __typename @skip(if: $missing) }", "one argument"),
        (
            "query($text: String) { __typename @skip(if: $text) }",
            "one argument",
        ),
        ("{ __typename @skip(if: true) @skip(if: true) }", "repeated"),
        ("{ __typename(of: 1) }", "unknown argument"),
        ("{ __typename { name } }", "no fields"),
    ] {
        let reply = server.query(query).await;
        assert_eq!(
            reply.code(),
            "GRAPHQL_VALIDATION_FAILED",
            "{query}: {}",
            reply.text
        );
        assert!(reply.message().contains(said), "{query}: {}", reply.text);
    }
    let query =
        "{ __typename @include(if: true) a: __typename @skip(if: true) @include(if: true) }";
    let reply = server.query(query).await;
    assert_eq!(reply.json(), json!({ "data": { "__typename": "Query" } }));
}

#[tokio::test]
async fn a_fragment_bomb_is_refused_at_once() {
    let bomb = |spread: &str, levels: usize| {
        let mut text = vec![format!(
            "{{ {spread} }} fragment F{levels} on Query {{ __typename }}"
        )];
        for level in 0..levels {
            let next = level + 1;
            text.push(format!(
                "fragment F{level} on Query {{ ...F{next} ...F{next} }}"
            ));
        }
        text.join(" ")
    };
    let server = Server::start().await;
    let refused = async {
        is_too_complex(&server, &bomb("...F0", 24), "use fewer fragments").await;
        // The framework walks fragments that nothing uses as well.
        is_too_complex(&server, &bomb("__typename", 24), "use fewer fragments").await;
        is_too_complex(&server, &bomb("...F0", 100), "use fewer fragments").await;
    };
    // An exhaustive walk would not end.
    tokio::time::timeout(PATIENCE, refused).await.unwrap();
}

#[tokio::test]
async fn circular_fragments_are_refused_at_once() {
    let server = Server::start().await;
    for query in [
        "{ ...A } fragment A on Query { ...A ...A }",
        "{ __typename } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }",
    ] {
        let reply = tokio::time::timeout(PATIENCE, server.query(query));
        let reply = reply.await.unwrap();
        assert_eq!(reply.code(), "GRAPHQL_VALIDATION_FAILED", "{}", reply.text);
    }
}

#[tokio::test]
async fn the_usual_introspection_passes_and_a_circular_one_does_not() {
    let server = Server::start().await;
    let ask = async |query: &str| {
        let request = server
            .post(&json!({ "query": query }))
            .header(AUTHORIZATION, &server.key);
        Reply::of(request.send().await.unwrap()).await
    };
    let schema = ask(INTROSPECTION).await;
    assert_eq!(
        (schema.status.as_u16(), schema.code().as_str()),
        (200, ""),
        "{}",
        schema.text
    );
    let circular =
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    assert_eq!(ask(circular).await.code(), "TOO_COMPLEX");
}
