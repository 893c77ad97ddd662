//! Documents as programs write them, and as nobody should. The PDF samples were made with reportlab, fpdf2 and pypdf.

mod kinds;
mod markup;
mod pdfs;
mod texts;

use std::time::Duration;

use super::TextFiles;
use crate::{
    domain::MediaType,
    error::Kind,
    port::{Section, TextExtractor},
};

async fn read(content: &[u8], kind: MediaType) -> Vec<Section> {
    let files = TextFiles::new();
    files.extract(content.to_vec(), kind).await.unwrap()
}

/// The blocks, each after its headings.
async fn outline(content: &str, kind: MediaType) -> Vec<String> {
    read(content.as_bytes(), kind)
        .await
        .into_iter()
        .flat_map(|section| {
            let headings = section.headings.join(" > ");
            section
                .blocks
                .into_iter()
                .map(move |block| format!("[{headings}] {block}"))
        })
        .collect()
}

/// The message of a document that is the giver's to change.
async fn refused(content: &[u8], kind: MediaType) -> String {
    refused_within(Duration::from_mins(1), content, kind).await
}

async fn refused_within(time: Duration, content: &[u8], kind: MediaType) -> String {
    let error = TextFiles { time }
        .extract(content.to_vec(), kind)
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), Kind::BadInput(_)), "{error:?}");
    error.message().to_owned()
}
