//! Words that stand in a document, in any script, find it.

use serde_json::json;

use super::{known, library};
use crate::support::Client;

const SEARCH: &str = "query($agent: ID!, $query: String!, $first: Int!) {
    searchKnowledge(agentId: $agent, query: $query, first: $first) { text } }";

async fn found(client: &Client, agent: &str, query: &str, first: i32) -> Vec<String> {
    let variables = json!({"agent": agent, "query": query, "first": first});
    let found = client.ok(SEARCH, variables).await;
    let texts = found["searchKnowledge"].as_array().unwrap().iter();
    texts
        .map(|passage| passage["text"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_word_of_a_passage_finds_it_however_far_its_meaning_is() {
    let (app, worker) = library().await;
    let (admin, agent) = (&app.home.admin, app.home.agent.as_str());
    // no vector is as close as this
    let strict = "mutation($id: ID!) { updateAgent(input: {id: $id, configuration: {knowledgeMinimumScore: 1}}) { agent { id } } }";
    admin.ok(strict, json!({"id": agent})).await;
    for (title, text) in [
        ("Visits", "Donald Knuth had lunch in the canteen."),
        ("People", "name,year\nGrace Hopper,1906\nAda Lovelace,1815"),
        ("Hours", "The canteen opens at noon and closes at two."),
    ] {
        let input = json!({"agentId": agent, "title": title, "text": text});
        known(admin, input).await;
    }
    let knuth = found(admin, agent, "Knuth", 4).await;
    assert!(knuth[0].contains("lunch in the canteen"), "{knuth:?}");
    assert_eq!(knuth.len(), 1, "{knuth:?}");
    let hopper = found(admin, agent, "When was Grace Hopper born?", 4).await;
    assert!(hopper[0].contains("1906"), "{hopper:?}");
    // one word of many is too little
    let other = "Which astronomers from Denmark discovered the canteen of the observatory?";
    assert_eq!(found(admin, agent, other, 4).await, Vec::<String>::new());
    worker.stop().await;
}

#[tokio::test]
async fn words_are_found_with_other_endings_and_without_accents_in_each_language() {
    let (app, worker) = library().await;
    let (admin, agent) = (&app.home.admin, app.home.agent.as_str());
    let strict = "mutation($id: ID!) { updateAgent(input: {id: $id, configuration: {knowledgeMinimumScore: 1}}) { agent { id } } }";
    admin.ok(strict, json!({"id": agent})).await;
    let german = "Die Rückgabe der Artikel ist innerhalb von dreißig Tagen möglich. Die Kosten trägt der Käufer selbst.";
    let french = "Les commandes sont livrées gratuitement à partir de cinquante euros d'achat, partout dans le pays.";
    let english =
        "The gates of the depot open at seven in the morning and close at seven in the evening.";
    for (title, text) in [("1", german), ("2", french), ("3", english)] {
        let input = json!({"agentId": agent, "title": title, "text": text});
        known(admin, input).await;
    }
    for (word, text) in [
        ("Artikeln", german),
        ("kaufern", german),
        ("commande", french),
        ("gate", english),
    ] {
        let first = found(admin, agent, word, 1).await;
        assert_eq!(first, [text], "{word}");
    }
    worker.stop().await;
}

#[tokio::test]
async fn a_word_inside_a_text_without_spaces_finds_it() {
    let (app, worker) = library().await;
    let (admin, agent) = (&app.home.admin, app.home.agent.as_str());
    let rows: [(&str, &str); 8] = [
        ("退货", "我们的退货政策是三十天内可以退货。"),
        ("保修", "水壶的保修期为两年，从购买之日起计算。"),
        ("运费", "订单超过一百元免收运费。"),
        ("发票", "您可以在订单页面下载发票。"),
        ("返品", "未開封の商品は三十日以内に返品できます。"),
        ("営業時間", "店舗の営業時間は午前十時から午後八時までです。"),
        (
            "반품",
            "개봉하지 않은 상품은 30일 이내에 반품할 수 있습니다.",
        ),
        ("배송비", "주문 금액이 5만원을 넘으면 배송비가 없습니다."),
    ];
    for (word, text) in rows {
        let input = json!({"agentId": agent, "title": format!("{word}?"), "text": text});
        known(admin, input).await;
    }
    for (word, text) in rows {
        let first = found(admin, agent, word, 1).await;
        assert_eq!(first, [text], "{word}");
    }
    // in a document of two languages, both are found
    let mixed = json!({"agentId": agent, "title": "Both", "text": "The gift card, 礼品卡, is valid for a year."});
    known(admin, mixed).await;
    for word in ["礼品卡", "gift card"] {
        let first = found(admin, agent, word, 1).await;
        assert!(first[0].contains("gift card"), "{word}: {first:?}");
    }
    worker.stop().await;
}
