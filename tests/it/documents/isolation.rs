//! The process that reads a document: its limits, its sandbox, and its end.

use std::{fs, path::PathBuf, time::Duration};

use troupe::{
    adapter::text::DocumentProcesses,
    domain::MediaType,
    error::{Error, Kind},
    port::TextExtractor,
};

use super::{pdf::PdfFile, processes};
use crate::support::until;

/// A page that takes minutes to parse: each attribute is compared with all earlier ones.
pub(crate) fn slow_page() -> String {
    let attributes: Vec<String> = (0..90_000).map(|index| format!("a{index}")).collect();
    format!("<p {}>late", attributes.join(" "))
}

fn read(
    processes: &DocumentProcesses,
    content: &[u8],
    kind: MediaType,
) -> impl Future<Output = Result<String, Error>> {
    let content = content.to_vec();
    async move {
        let text = processes.extract(content, kind.into()).await?;
        let blocks: Vec<String> = text
            .sections
            .into_iter()
            .flat_map(|section| section.blocks)
            .map(|block| block.text)
            .collect();
        Ok(blocks.join("\n"))
    }
}

async fn refused(processes: &DocumentProcesses, content: &[u8], kind: MediaType) -> String {
    let error = read(processes, content, kind).await.unwrap_err();
    assert!(matches!(error.kind(), Kind::BadInput(_)), "{error:?}");
    let message = error.message();
    message
        .strip_prefix("content: ")
        .unwrap_or(message)
        .to_owned()
}

/// The processes with this text in their arguments, as Linux lists them; none on other systems.
pub(crate) fn running(argument: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| {
            let arguments = fs::read(path.join("cmdline")).unwrap_or_default();
            let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
            arguments.contains("read-document") && arguments.contains(argument)
        })
        .collect()
}

#[tokio::test]
async fn extracted_text_is_unchanged() {
    let processes = processes(256, Duration::from_mins(1), 1);
    let text = "# Über\n\nEins – “zwei”\n\n## Drei\n\n- vier";
    let text = processes
        .extract(text.into(), MediaType::Markdown.into())
        .await
        .unwrap();
    let found: Vec<_> = text
        .sections
        .iter()
        .map(|section| (section.headings.join(">"), section.blocks[0].text.clone()))
        .collect();
    let expected = [("Über", "Eins – “zwei”"), ("Über>Drei", "- vier")];
    assert_eq!(
        found,
        expected.map(|(headings, blocks)| (headings.to_owned(), blocks.to_owned()))
    );
    let page = PdfFile::of_one_page(b"BT /F 12 Tf (text) Tj ET").bytes();
    assert_eq!(
        read(&processes, &page, MediaType::Pdf).await.unwrap(),
        "text"
    );
    assert_eq!(
        refused(&processes, b" ", MediaType::Text).await,
        "has no text"
    );
}

#[tokio::test]
async fn memory_and_time_are_bounded_and_the_error_names_the_limit() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let patient = processes(64, Duration::from_mins(1), 1);
    // A value of two bytes takes fifty once it is parsed, and outside of streams only the memory limit counts values.
    let mut file = PdfFile::of_one_page(b"");
    file.add(format!("[{}]", "0 ".repeat(4_000_000)));
    assert_eq!(
        refused(&patient, &file.bytes(), MediaType::Pdf).await,
        "takes more memory than 64 MiB to read; split it"
    );
    let processes = processes(64, Duration::from_secs(2), 1);
    assert_eq!(
        refused(&processes, slow_page().as_bytes(), MediaType::Html).await,
        "takes longer than 2 s to read; split it"
    );
    // The next document is read.
    assert_eq!(
        read(&processes, b"next", MediaType::Text).await.unwrap(),
        "next"
    );
}

#[tokio::test]
async fn an_extraction_process_is_isolated_and_ends_with_its_caller() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let processes = processes(128, Duration::from_millis(600_123), 1);
    let page = slow_page();
    let reading = read(&processes, page.as_bytes(), MediaType::Html);
    let watching = async {
        until("it is being read", async || running("600123").len() == 1).await;
        let path = running("600123").remove(0);
        until("its bounds are set", async || {
            fs::read_to_string(path.join("limits")).is_ok_and(|limits| {
                let limit = |name: &str| {
                    let line = limits.lines().find(|line| line.starts_with(name));
                    let line = line.unwrap_or_default().trim_start_matches(name);
                    line.split_whitespace()
                        .next()
                        .unwrap_or_default()
                        .to_owned()
                };
                let memory: u64 = limit("Max address space").parse().unwrap_or(u64::MAX);
                limit("Max cpu time") == "600"
                    && limit("Max core file size") == "0"
                    && limit("Max open files") == "3"
                    && limit("Max file size") == "0"
                    && limit("Max processes") == "0"
                    && memory < 1024 * 1024 * 1024
            })
        })
        .await;
        let environment = fs::read(path.join("environ")).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&environment),
            "MALLOC_ARENA_MAX=1\0"
        );
        for standard in ["0", "1", "2"] {
            let file = fs::read_link(path.join("fd").join(standard)).unwrap();
            assert!(file.to_string_lossy().starts_with("pipe:"), "{file:?}");
        }
    };
    tokio::select! {
        done = reading => panic!("it was read: {done:?}"),
        () = watching => {}
    }
    // The caller was dropped.
    until("its process has ended", async || {
        running("600123").is_empty()
    })
    .await;
}

#[tokio::test]
async fn documents_are_extracted_in_order_of_arrival() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let processes = processes(64, Duration::from_millis(600_456), 1);
    let page = slow_page();
    let mut first = Box::pin(read(&processes, page.as_bytes(), MediaType::Html));
    let started = until("the first one is being read", async || {
        running("600456").len() == 1
    });
    tokio::select! {
        done = &mut first => panic!("it was read: {done:?}"),
        () = started => {}
    }
    let mut second = Box::pin(read(&processes, b"second", MediaType::Text));
    assert!(futures::poll!(&mut second).is_pending());
    assert_eq!(running("600456").len(), 1, "two were read at once");
    drop(first);
    assert_eq!(second.await.unwrap(), "second");
}
