//! Reads the PDF files of a folder and compares their words with those of another reader.
//!
//! `cargo run --release -p documents --example pdf_words -- FILES TEXTS [OUTPUT]` reads each `NAME.pdf` of the folder FILES and
//! prints the share of the words of `TEXTS/NAME.txt` that were read, worst first. `pdftotext NAME.pdf NAME.txt` of poppler
//! writes such texts. Words are letters and digits after NFKC and lower case, counted as often as they occur. The text
//! that was read is written to the folder OUTPUT, if there is one.
#![expect(clippy::print_stdout, reason = "the table is what the program is for")]

use std::{
    collections::HashMap,
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use documents::{Budget, DocumentText, MediaType, ReadingLimits};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

const LIMITS: ReadingLimits = ReadingLimits {
    memory_mib: 512,
    time: Duration::from_mins(1),
};
/// The share of words from which a file counts as read, and that below which it counts as lost.
const READ: f64 = 0.95;
const LOST: f64 = 0.5;

struct Measured {
    name: String,
    share: f64,
    words: usize,
    took: Duration,
    /// The warnings, or the reason why it was refused.
    remarks: String,
    is_read: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let [files, texts, output @ ..] = folders.as_slice() else {
        return Err("expected the folder of PDF files and that of their texts".into());
    };
    let mut measured = Vec::new();
    for file in fs::read_dir(files)? {
        let file = file?.path();
        if file.extension().is_some_and(|ending| ending == "pdf") {
            measured.extend(measure(&file, texts, output.first().map(PathBuf::as_path))?);
        }
    }
    measured.sort_by(|one, other| {
        one.share
            .total_cmp(&other.share)
            .then(one.name.cmp(&other.name))
    });
    for file in &measured {
        let Measured {
            name,
            share,
            words,
            took,
            remarks,
            ..
        } = file;
        println!(
            "{share:.3}\t{words}\t{} ms\t{name}\t{remarks}",
            took.as_millis()
        );
    }
    let count = |holds: fn(&&Measured) -> bool| measured.iter().filter(holds).count();
    println!(
        "{} files, median {:.3}, {} with at least {READ}, {} read with under {LOST}",
        measured.len(),
        measured
            .get(measured.len() / 2)
            .map_or(0.0, |file| file.share),
        count(|file| file.share >= READ),
        count(|file| file.is_read && file.share < LOST),
    );
    Ok(())
}

/// Reads a file. `None` when there is no text to compare with.
fn measure(
    file: &Path,
    texts: &Path,
    output: Option<&Path>,
) -> Result<Option<Measured>, Box<dyn Error>> {
    let name = file.file_stem().unwrap_or_default();
    let text_name = Path::new(name).with_added_extension("txt");
    let Ok(expected) = fs::read(texts.join(&text_name)) else {
        return Ok(None);
    };
    let content = fs::read(file)?;
    let start = Instant::now();
    let read = documents::read(&content, MediaType::Pdf, Budget::new(LIMITS.time));
    let took = start.elapsed();
    let (text, remarks) = match &read {
        Ok(read) => (plain(read), read.warnings.join("; ")),
        Err(problem) => (
            String::new(),
            format!("REFUSED: {}", problem.message(LIMITS)),
        ),
    };
    if let Some(output) = output {
        fs::create_dir_all(output)?;
        fs::write(output.join(&text_name), &text)?;
    }
    let expected = words(&String::from_utf8_lossy(&expected));
    let own = words(&text);
    let shared: usize = expected
        .iter()
        .map(|(word, count)| (*count).min(own.get(word).copied().unwrap_or(0)))
        .sum();
    let all: usize = expected.values().sum();
    Ok(Some(Measured {
        name: name.to_string_lossy().into_owned(),
        share: share(shared, all),
        words: all,
        took,
        remarks,
        is_read: read.is_ok(),
    }))
}

/// The innermost headings and the blocks, each in lines of its own.
fn plain(read: &DocumentText) -> String {
    let mut text = String::new();
    for section in &read.sections {
        let blocks = section.blocks.iter().map(|block| &block.text);
        for part in section.headings.iter().chain(blocks) {
            text.push_str(part);
            text.push_str("\n\n");
        }
    }
    text
}

fn words(text: &str) -> HashMap<String, usize> {
    let text: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let is_part = |c: char| (c.is_alphanumeric() && !is_combining_mark(c)) || c == '_';
    let mut words = HashMap::new();
    for word in text.split(|c| !is_part(c)).filter(|word| !word.is_empty()) {
        *words.entry(word.to_owned()).or_default() += 1;
    }
    words
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share needs no more than fifteen digits"
)]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}
