//! The protocol between a document process and its parent; both are the same version of the program.
//!
//! A document is its length (8 bytes, big-endian) and its bytes. An answer is a sequence of frames: a tag, the length
//! of the text (4 bytes, big-endian), the text. `S` begins a section, `H` is one of its headings, `B` one of its
//! blocks, `E` ends the answer, and `P` with the number of a problem ends it as well.

use std::io::{self, Read, Write};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{
    Section,
    budget::{MOST_CHARACTERS, MOST_PARTS},
    problem::Problem,
};

const SECTION: u8 = b'S';
const HEADING: u8 = b'H';
const BLOCK: u8 = b'B';
const END: u8 = b'E';
const PROBLEM: u8 = b'P';
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
    answer: Result<Vec<Section>, Problem>,
) -> io::Result<()> {
    match answer {
        Ok(sections) => {
            for section in sections {
                send_frame(output, SECTION, b"")?;
                for heading in section.headings {
                    send_frame(output, HEADING, heading.as_bytes())?;
                }
                for block in section.blocks {
                    send_frame(output, BLOCK, block.as_bytes())?;
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
) -> io::Result<Result<Vec<Section>, Problem>> {
    let mut sections: Vec<Section> = Vec::new();
    let mut left = LARGEST_ANSWER;
    for _ in 0..=MOST_PARTS {
        let tag = output.read_u8().await?;
        let length = usize::try_from(output.read_u32().await?).map_err(io::Error::other)?;
        left = left.checked_sub(length).ok_or_else(not_an_answer)?;
        let mut text = vec![0; length];
        output.read_exact(&mut text).await?;
        match (tag, text.as_slice(), sections.last_mut()) {
            (SECTION, [], _) => sections.push(Section {
                headings: Vec::new(),
                blocks: Vec::new(),
            }),
            (HEADING, _, Some(section)) => section.headings.push(as_text(text)?),
            (BLOCK, _, Some(section)) => section.blocks.push(as_text(text)?),
            (END, [], _) => return Ok(Ok(sections)),
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

    async fn received(answer: &[u8]) -> io::Result<Result<Vec<Section>, Problem>> {
        receive_answer(answer).await
    }

    #[tokio::test]
    async fn a_reply_survives_encoding_and_decoding() {
        let sections = vec![Section {
            headings: vec!["Über".to_owned(), String::new()],
            blocks: vec!["eins".to_owned(), "zwei\n".to_owned()],
        }];
        let mut answer = Vec::new();
        send_answer(&mut answer, Ok(sections.clone())).unwrap();
        assert_eq!(received(&answer).await.unwrap(), Ok(sections));
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
        let many = b"S\0\0\0\0".repeat(MOST_PARTS + 2);
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
        ] {
            assert!(received(answer).await.is_err(), "{:?}", answer.get(..12));
        }
    }
}
