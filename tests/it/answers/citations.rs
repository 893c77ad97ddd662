//! What an answer cites, among what its model was given.

use serde_json::{Value, json};

use crate::{
    chat::events,
    knowledge::{known, library},
    support::{Client, Script, TestApp},
};

const MESSAGE: &str = "id text sources { text document { title } }
    citations { number start end utf16Start utf16End passage { text document { title } } }
    parts { __typename ... on SourcePart { number offset utf16Offset passage { text } } ... on TextPart { text } }";

const RULES: &str =
    "# Shop\n\n## Warranty\n\nLamps carry a warranty of four years; batteries are excluded.\n";

async fn answer(app: &TestApp, client: &Client) -> Value {
    let query = format!(
        "subscription($input: ChatInput!) {{ chat(input: $input) {{ __typename ... on RunSucceeded {{ message {{ {MESSAGE} }} }} }} }}"
    );
    let input = json!({"message": "How long is the warranty of lamps?", "agentId": app.home.agent});
    let stream = client.subscribe(&query, json!({"input": input})).await;
    let seen = events("chat", &stream.rest().await);
    seen.last().unwrap()["message"].clone()
}

/// Each citation's text, sliced by code points and as JavaScript slices.
fn cited(message: &Value) -> Vec<(i64, String)> {
    let text = message["text"].as_str().unwrap();
    let units: Vec<u16> = text.encode_utf16().collect();
    let citations = message["citations"].as_array().unwrap().iter();
    let place =
        |citation: &Value, name: &str| usize::try_from(citation[name].as_u64().unwrap()).unwrap();
    let slice = |citation: &Value| {
        let (start, end) = (place(citation, "start"), place(citation, "end"));
        let slice: String = text.chars().skip(start).take(end - start).collect();
        let (start, end) = (place(citation, "utf16Start"), place(citation, "utf16End"));
        assert_eq!(String::from_utf16(&units[start..end]).unwrap(), slice);
        (citation["number"].as_i64().unwrap(), slice)
    };
    citations.map(slice).collect()
}

#[tokio::test]
async fn citations_are_the_references_of_the_text_to_sources_that_exist() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let input = json!({"agentId": home.agent, "title": "Rules", "text": RULES});
    let document = known(&home.admin, input).await;
    let said =
        "Grüße 🦀, four years [1], not [7] or [0].\n\n```\nlist[1]\n```\n\nAlso `a[1]` 🦀 [1, 9].";
    app.upstream.will(Script::says(&[said]));
    let message = answer(&app, &home.member).await;
    assert_eq!(message["text"], said);
    assert_eq!(
        cited(&message),
        [(1, "[1]".to_owned()), (1, "[1, 9]".to_owned())]
    );
    let passage = &message["citations"][0]["passage"];
    assert_eq!(passage["document"]["title"], "Rules");
    assert_eq!(passage["text"], message["sources"][0]["text"]);
    let part = &message["parts"][0];
    assert_eq!(
        (&part["__typename"], &part["number"], &part["offset"]),
        (&json!("SourcePart"), &json!(1), &json!(0))
    );
    assert_eq!(part["passage"]["text"], passage["text"]);

    let read = format!("query($id: ID!) {{ node(id: $id) {{ ... on Message {{ {MESSAGE} }} }} }}");
    let variables = json!({"id": message["id"]});
    let loaded = home.reader.ok(&read, variables.clone()).await;
    assert_eq!(loaded["node"], message);

    // the text stays when the document goes
    let delete = "mutation($id: ID!) { deleteDocument(input: {id: $id}) { deletedId } }";
    home.admin.ok(delete, json!({"id": document})).await;
    let left = home.reader.ok(&read, variables).await["node"].clone();
    assert_eq!(left["text"], said);
    assert_eq!(
        (&left["citations"], &left["sources"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(
        left["parts"],
        json!([{"__typename": "TextPart", "text": said}])
    );
}

#[tokio::test]
async fn an_answer_that_refers_to_nothing_has_sources_and_no_citations() {
    let (app, _worker) = library().await;
    let home = &app.home;
    let input = json!({"agentId": home.agent, "title": "Rules", "text": RULES});
    known(&home.admin, input).await;
    app.upstream.will(Script::says(&["Four years."]));
    let message = answer(&app, &home.member).await;
    assert_eq!(message["citations"], json!([]));
    assert_eq!(message["sources"][0]["document"]["title"], "Rules");
}
