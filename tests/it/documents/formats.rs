//! Documents of many kinds, as files and from web servers, through the public API.

use std::io::{Cursor, Write};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{
    knowledge::{DOCUMENT, ingest, known, search, texts},
    support::{Client, EMBEDDINGS, TestApp, until},
    tools::LOCAL,
};

const SETTINGS: [(&str, &str); 2] = [EMBEDDINGS, LOCAL];

/// `退货政策：未拆封的商品可以在三十天内退货。` in GBK.
const RETURNS: &[u8] = b"\xcd\xcb\xbb\xf5\xd5\xfe\xb2\xdf\xa3\xba\xce\xb4\xb2\xf0\xb7\xe2\xb5\xc4\xc9\xcc\xc6\xb7\xbf\xc9\xd2\xd4\xd4\xda\xc8\xfd\xca\xae\xcc\xec\xc4\xda\xcd\xcb\xbb\xf5\xa1\xa3";

/// A Word document of these paragraphs, and a part whose content is not read.
fn word(paragraphs: &[&str]) -> Vec<u8> {
    let body: Vec<String> = paragraphs
        .iter()
        .map(|text| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"))
        .collect();
    let body = body.concat();
    let parts = [
        ("[Content_Types].xml", "<Types/>".to_owned()),
        ("word/document.xml", format!("<w:document><w:body>{body}</w:body></w:document>")),
        (
            "word/_rels/document.xml.rels",
            "<Relationships><Relationship Id=\"a\" Type=\"x/aFChunk\" Target=\"part.html\"/></Relationships>".to_owned(),
        ),
    ];
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn file(agent: &str, title: &str, content: &[u8], media_type: Option<&str>) -> Value {
    let content = BASE64_STANDARD.encode(content);
    json!({"agentId": agent, "title": title, "source": title, "contentBase64": content, "mediaType": media_type})
}

async fn document(client: &Client, id: &str) -> Value {
    let query =
        format!("query($id: ID!) {{ node(id: $id) {{ ... on Document {{ {DOCUMENT} }} }} }}");
    client.ok(&query, json!({"id": id})).await["node"].clone()
}

#[tokio::test]
async fn files_of_many_kinds_are_read_with_warnings() {
    let app = TestApp::with(&SETTINGS).await;
    let _worker = app.worker(&SETTINGS).await;
    let (admin, agent) = (&app.home.admin, app.home.agent.as_str());
    let id = known(
        admin,
        file(agent, "a.docx", &word(&["Herons wade at dawn."]), None),
    )
    .await;
    let found = document(admin, &id).await;
    let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    assert_eq!(found["mediaType"], docx);
    assert_eq!(
        found["warnings"],
        json!(["parts that were embedded from other files were not read"])
    );
    assert_eq!(
        texts(admin, agent, "When do herons wade?").await[0],
        "Herons wade at dawn."
    );

    known(
        admin,
        file(agent, "returns", RETURNS, Some("text/plain; charset=gbk")),
    )
    .await;
    let found = texts(admin, agent, "退货政策").await;
    assert!(
        found
            .iter()
            .any(|text| text.contains("未拆封的商品可以在三十天内退货")),
        "{found:?}"
    );

    let rows: Vec<String> = (0..200)
        .map(|row| {
            let name = if row == 177 { "Zephyr" } else { "Widget" };
            format!("SKU-{row:04};{name};{row}.50\n")
        })
        .collect();
    let rows = rows.concat();
    let table = format!("sku;product;price_eur\n{rows}");
    known(admin, file(agent, "stock.csv", table.as_bytes(), None)).await;
    let found = texts(admin, agent, "Zephyr").await;
    let row = found.iter().find(|text| text.contains("SKU-0177")).unwrap();
    assert!(row.starts_with("sku | product | price_eur\n"), "{row}");

    let data = json!({"agentId": agent, "title": "t".repeat(255), "contentBase64": "data:text/plain;base64,aGVsbG8gd29ybGQ="});
    let id = known(admin, data).await;
    assert_eq!(document(admin, &id).await["mediaType"], "text/plain");
}

#[tokio::test]
async fn the_same_bytes_of_another_type_are_read_anew() {
    let app = TestApp::with(&SETTINGS).await;
    let _worker = app.worker(&SETTINGS).await;
    let (admin, agent) = (&app.home.admin, app.home.agent.as_str());
    let content = b"# Returns\n\nParcels come back within thirty days.";
    let first = known(admin, file(agent, "rules.md", content, None)).await;
    assert_eq!(document(admin, &first).await["mediaType"], "text/markdown");
    let again = known(admin, file(agent, "rules.md", content, Some("text/html"))).await;
    assert_eq!(again, first);
    let found = document(admin, &first).await;
    assert_eq!(found["mediaType"], "text/html");
    assert!(texts(admin, agent, "parcels").await[0].starts_with("# Returns"));
}

/// Answers each path; every other one with an error of the server.
async fn serve() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::runtime::Handle::current().spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut head = [0; 4096];
            let read = socket.read(&mut head).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default();
            let page = [b"<html><p>".as_slice(), RETURNS, b"</p></html>"].concat();
            let (status, header, body): (_, _, &[u8]) = match path {
                "/page" => ("200 OK", "content-type: text/html; charset=GBK", &page),
                "/text" => ("200 OK", "content-type: text/plain; charset=gbk", RETURNS),
                "/download" => (
                    "200 OK",
                    "content-type: application/force-download\r\ncontent-disposition: attachment; filename*=UTF-8''rules.md",
                    b"# Ferries\n\nFerries sleep on Sundays.",
                ),
                _ => ("500 Oops", "content-type: text/plain", b"no"),
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\n{header}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = socket.write_all(head.as_bytes()).await;
            let _ = socket.write_all(body).await;
            let _ = socket.shutdown().await;
        }
    });
    (address, serving)
}

#[tokio::test]
async fn pages_of_web_servers_are_read_by_their_charset_and_name() {
    let app = TestApp::with(&SETTINGS).await;
    let _worker = app.worker(&SETTINGS).await;
    let (admin, agent) = (&app.home.admin, app.home.agent.as_str());
    let (address, serving) = serve().await;
    let url =
        |path: &str| json!({"agentId": agent, "title": path, "url": format!("{address}{path}")});
    for path in ["/page", "/text"] {
        let id = known(admin, url(path)).await;
        let found = search(admin, agent, "退货政策：未拆封的商品可以在三十天内退货。").await;
        let own = found
            .iter()
            .find(|passage| passage["document"]["id"] == *id)
            .unwrap();
        assert_eq!(
            own["text"], "退货政策：未拆封的商品可以在三十天内退货。",
            "{path}"
        );
    }
    let id = known(admin, url("/download")).await;
    assert_eq!(document(admin, &id).await["mediaType"], "text/markdown");
    // the last failure is shown while there are further attempts
    let taken = ingest(admin, url("/down")).await;
    let id = taken["id"].as_str().unwrap();
    until("the failure is shown", async || {
        document(admin, id).await["error"].is_string()
    })
    .await;
    let shown = document(admin, id).await;
    assert_eq!(shown["status"], "EMBEDDING");
    let error = shown["error"].as_str().unwrap();
    assert!(
        error.starts_with("the URL's server answered 500; try again later; it is tried again"),
        "{error}"
    );
    serving.abort();
}
