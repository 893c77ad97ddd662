//! The protocol between a document process and its parent; both are the same version of the program.
//!
//! A document is its length (8 bytes, big-endian) and its bytes. An answer is a sequence of frames: a tag, the length
//! of the text (4 bytes, big-endian), the text. `W` is a warning, `S` begins a section, `H` is one of its headings, `B` one
//! of its blocks, `T` with one byte says how many of the last block's lines are its header, `E` ends the answer, and `P`
//! with the number of a problem ends it as well.

use std::io::{self, Read, Write};

use documents::{
    Block, DocumentText, LONGEST_WARNING, MOST_CHARACTERS, MOST_PARTS, MOST_WARNINGS, Problem,
    Section,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const SECTION: u8 = b'S';
const HEADING: u8 = b'H';
const BLOCK: u8 = b'B';
const TABLE: u8 = b'T';
const WARNING: u8 = b'W';
const END: u8 = b'E';
const PROBLEM: u8 = b'P';
/// The maximum number of frames of an answer: a block may have two.
const MOST_FRAMES: usize = 2 * MOST_PARTS + MOST_WARNINGS;
/// The maximum size of an answer's text in bytes.
const LARGEST_ANSWER: usize = 4 * MOST_CHARACTERS;

/// Writes the document to the process that reads it.
pub(super) async fn send_document(
    mut input: impl AsyncWrite + Unpin,
    content: &[u8],
) -> io::Result<()> {
    let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
    input.write_all(&length.to_be_bytes()).await?;
    input.write_all(content).await?;
    input.flush().await
}

/// Reads the document from the parent process.
pub(super) fn receive_document(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let length = usize::try_from(u64::from_be_bytes(length)).map_err(io::Error::other)?;
    let mut content = vec![0; length];
    input.read_exact(&mut content)?;
    Ok(content)
}

/// Writes the answer to the parent process.
pub(super) fn send_answer(
    output: &mut impl Write,
    answer: Result<DocumentText, Problem>,
) -> io::Result<()> {
    match answer {
        Ok(text) => {
            for warning in text.warnings {
                send_frame(output, WARNING, warning.as_bytes())?;
            }
            for section in text.sections {
                send_frame(output, SECTION, b"")?;
                for heading in section.headings {
                    send_frame(output, HEADING, heading.as_bytes())?;
                }
                for block in section.blocks {
                    send_frame(output, BLOCK, block.text.as_bytes())?;
                    if block.header_lines > 0 {
                        send_frame(output, TABLE, &[block.header_lines])?;
                    }
                }
            }
            send_frame(output, END, b"")?;
        }
        Err(problem) => send_frame(output, PROBLEM, &[problem.code()])?,
    }
    output.flush()
}

fn send_frame(output: &mut impl Write, tag: u8, text: &[u8]) -> io::Result<()> {
    let length = u32::try_from(text.len()).map_err(io::Error::other)?;
    output.write_all(&[tag])?;
    output.write_all(&length.to_be_bytes())?;
    output.write_all(text)
}

/// Reads the answer of a document process. An error when it is incomplete or invalid: a document may have taken control
/// of its process, which can then write anything.
pub(super) async fn receive_answer(
    mut output: impl AsyncRead + Unpin,
) -> io::Result<Result<DocumentText, Problem>> {
    let mut answer = DocumentText::default();
    let mut left = LARGEST_ANSWER;
    for _ in 0..=MOST_FRAMES {
        let tag = output.read_u8().await?;
        let length = usize::try_from(output.read_u32().await?).map_err(io::Error::other)?;
        left = left.checked_sub(length).ok_or_else(not_an_answer)?;
        let mut text = vec![0; length];
        output.read_exact(&mut text).await?;
        match (tag, text.as_slice(), answer.sections.last_mut()) {
            (WARNING, warning, None) => {
                if warning.len() > LONGEST_WARNING || answer.warnings.len() >= MOST_WARNINGS {
                    break;
                }
                answer.warnings.push(as_text(text)?);
            }
            (SECTION, [], _) => answer.sections.push(Section::default()),
            (HEADING, _, Some(section)) => section.headings.push(as_text(text)?),
            (BLOCK, _, Some(section)) => section.blocks.push(Block::new(as_text(text)?)),
            (TABLE, [lines], Some(section)) => {
                let block = section.blocks.last_mut().ok_or_else(not_an_answer)?;
                block.header_lines = *lines;
            }
            (END, [], _) => return Ok(Ok(answer)),
            (PROBLEM, [code], _) => {
                return Problem::from_code(*code).map(Err).ok_or_else(not_an_answer);
            }
            _ => break,
        }
    }
    Err(not_an_answer())
}

fn as_text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(io::Error::other)
}

fn not_an_answer() -> io::Error {
    io::Error::other("what the process wrote is no answer")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn received(answer: &[u8]) -> io::Result<Result<DocumentText, Problem>> {
        receive_answer(answer).await
    }

    #[tokio::test]
    async fn a_reply_survives_encoding_and_decoding() {
        let text = DocumentText {
            sections: vec![Section {
                headings: vec!["Über".to_owned(), String::new()],
                blocks: vec![Block::new("eins"), Block::table("a | b\n1 | 2", 1)],
            }],
            warnings: vec!["page 2 could not be read".to_owned()],
        };
        let mut answer = Vec::new();
        send_answer(&mut answer, Ok(text.clone())).unwrap();
        assert_eq!(received(&answer).await.unwrap(), Ok(text));
        for code in 0..=u8::MAX {
            let Some(problem) = Problem::from_code(code) else {
                continue;
            };
            let mut answer = Vec::new();
            send_answer(&mut answer, Err(problem)).unwrap();
            assert_eq!(received(&answer).await.unwrap(), Err(problem));
        }
    }

    #[tokio::test]
    async fn a_malformed_reply_is_an_error() {
        let many = b"S\0\0\0\0".repeat(MOST_FRAMES + 2);
        let warnings = [
            b"W\0\0\0\x01a".repeat(MOST_WARNINGS + 1),
            b"E\0\0\0\0".to_vec(),
        ]
        .concat();
        for answer in [
            b"".as_slice(),
            b"S\0\0\0\0",
            b"B\0\0\0\x01aE\0\0\0\0",
            b"S\0\0\0\0B\0\0\0\x01\xffE\0\0\0\0",
            b"S\0\0\0\0B\0\0\0\x05ab",
            b"S\0\0\0\0B\xff\xff\xff\xffab",
            b"P\0\0\0\x01\xff",
            b"P\0\0\0\0",
            b"running 0 tests\n",
            &many,
            &warnings,
            b"S\0\0\0\0T\0\0\0\x01\x01E\0\0\0\0",
            b"S\0\0\0\0W\0\0\0\x01aE\0\0\0\0",
        ] {
            assert!(received(answer).await.is_err(), "{:?}", answer.get(..12));
        }
    }
}
