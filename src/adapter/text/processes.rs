//! Reads each document in a child process of this program, and derives the document's problem from how the process
//! ended.

use std::{
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use documents::{
    ContentType, DocumentLabel, DocumentText, MediaType, Problem, ReadingLimits, detect,
};
use rustix::process::Signal;
use tokio::{
    io::{AsyncRead, AsyncReadExt, BufReader},
    process::{Child, Command},
    sync::Semaphore,
};

use super::{
    child::{ELAPSED_PER_CPU, NOT_CONFINED},
    wire,
};
use crate::{
    error::{Error, Result},
    port::TextExtractor,
};

/// The input field that a problem with a document is reported for.
const FIELD: &str = "content";
/// The time that a process may take in addition to its elapsed time: to start, and to receive the document.
const SLACK: Duration = Duration::from_secs(5);
/// The memory of a process for documents that are not compressed: at least this many MiB, plus the size of the document
/// multiplied by [`MEMORY_PER_BYTE`].
const LEAST_MEMORY_MIB: u32 = 64;
const MEMORY_PER_BYTE: u32 = 64;
/// The maximum number of bytes of standard error that are read.
const LONGEST_COMPLAINT: u64 = 4 * 1024;
/// The message of the standard library before it aborts because an allocation failed.
const NO_MEMORY: &str = "memory allocation of";
/// The exit code of a panic.
const PANICKED: i32 = 101;

/// The program that reads documents, and its limits.
#[derive(Debug, Clone)]
pub struct DocumentProcessOptions {
    /// The path of this program's executable.
    pub program: PathBuf,
    /// The memory limit of one process in MiB.
    pub memory_mib: u32,
    /// The limit of one document's CPU time; its elapsed time is limited to [`ELAPSED_PER_CPU`] times as much.
    pub time: Duration,
    /// The memory limit of all concurrent processes together in MiB.
    pub total_memory_mib: u32,
}

/// Reads each document in a process of its own. The total memory limits the number of concurrent processes. Further
/// documents wait in order of arrival, each at most as long as the elapsed time limits of those before it.
#[derive(Debug, Clone)]
pub struct DocumentProcesses {
    options: DocumentProcessOptions,
    /// One permit per MiB.
    memory: Arc<Semaphore>,
}

impl DocumentProcesses {
    /// Starts no process yet.
    pub fn new(options: DocumentProcessOptions) -> Self {
        let permits = usize::try_from(options.total_memory_mib).unwrap_or(usize::MAX);
        Self {
            memory: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))),
            options,
        }
    }

    /// The memory limit in MiB for a document of this size, which does not indicate the size of what is compressed in it.
    fn memory_for(&self, bytes: usize, media_type: MediaType) -> u32 {
        let most = self.options.memory_mib;
        if media_type.is_compressed() {
            return most;
        }
        let mebibytes = u32::try_from(bytes.div_ceil(1024 * 1024)).unwrap_or(u32::MAX);
        LEAST_MEMORY_MIB
            .saturating_add(MEMORY_PER_BYTE.saturating_mul(mebibytes))
            .min(most)
    }

    fn start(&self, media_type: ContentType, limits: ReadingLimits) -> Result<Child> {
        Command::new(&self.options.program)
            .arg0("troupe")
            .arg("read-document")
            .args(["--media-type", &media_type.name()])
            .args(["--memory-mib", &limits.memory_mib.to_string()])
            .args(["--milliseconds", &limits.time.as_millis().to_string()])
            .current_dir("/")
            .env_clear()
            // glibc would reserve address space for the second thread, which counts as memory
            .env("MALLOC_ARENA_MAX", "1")
            // signals of the terminal go to the server only, which ends its child processes itself
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|cause| {
                Error::unavailable("a document cannot be read now; it is tried again")
                    .with_source(cause)
            })
    }
}

#[async_trait]
impl TextExtractor for DocumentProcesses {
    fn media_type(
        &self,
        field: &str,
        content: &[u8],
        label: DocumentLabel<'_>,
    ) -> Result<ContentType> {
        detect(content, label).map_err(|problem| Error::bad_input(field, problem))
    }

    async fn extract(&self, content: Vec<u8>, media_type: ContentType) -> Result<DocumentText> {
        let limits = ReadingLimits {
            memory_mib: self.memory_for(content.len(), media_type.media_type),
            time: self.options.time,
        };
        let _memory = self
            .memory
            .acquire_many(limits.memory_mib)
            .await
            .map_err(|cause| Error::internal("wait to read a document").with_source(cause))?;
        let mut process = self.start(media_type, limits)?;
        let elapsed = limits.time * ELAPSED_PER_CPU + SLACK;
        let reading = tokio::time::timeout(elapsed, converse(&mut process, content));
        let outcome = if let Ok(outcome) = reading.await {
            outcome?
        } else {
            // also waits for the process, so that no zombie is left
            let _ = process.kill().await;
            Err(Problem::TooSlow)
        };
        outcome.map_err(|problem| Error::bad_input(FIELD, problem.message(limits)))
    }
}

/// Sends the document to the process, receives its answer, and waits for its end.
async fn converse(process: &mut Child, content: Vec<u8>) -> Result<Result<DocumentText, Problem>> {
    let (Some(mut input), Some(output), Some(complaint)) = (
        process.stdin.take(),
        process.stdout.take(),
        process.stderr.take(),
    ) else {
        return Err(Error::internal("talk to the process that reads a document"));
    };
    // a process that has ended does not read the document; how it ended is evaluated below
    let _ = wire::send_document(&mut input, &content).await;
    drop(content);
    let answer = wire::receive_answer(BufReader::with_capacity(64 * 1024, output)).await;
    let complaint = complaint_of(complaint).await;
    let status = process.wait().await.map_err(|cause| {
        Error::internal("wait for the process that reads a document").with_source(cause)
    })?;
    // kept open until here, because the process aborts when its input is closed
    drop(input);
    let cause = match answer {
        Ok(answer) => return Ok(answer),
        Err(cause) => cause,
    };
    tracing::warn!(%status, complaint = complaint.trim(), "a process that read a document ended before its answer");
    match blame(status, &complaint) {
        Some(problem) => Ok(Err(problem)),
        None => Err(Error::internal("read a document in a process of its own").with_source(cause)),
    }
}

/// The beginning of the process's standard error.
async fn complaint_of(output: impl AsyncRead + Unpin) -> String {
    let mut complaint = Vec::new();
    let mut output = output.take(LONGEST_COMPLAINT);
    // what cannot be read is only missing in the log
    let _ = output.read_to_end(&mut complaint).await;
    String::from_utf8_lossy(&complaint).into_owned()
}

/// The document's problem when its process ended early; `None` when the document did not cause the end.
fn blame(status: ExitStatus, complaint: &str) -> Option<Problem> {
    if let Some(signal) = status.signal() {
        let is = |expected: Signal| signal == expected.as_raw();
        return Some(if is(Signal::XCPU) {
            Problem::TooSlow
        } else if is(Signal::KILL) || (is(Signal::ABORT) && complaint.contains(NO_MEMORY)) {
            // the kernel kills a process when the machine runs out of memory
            Problem::TooMuchMemory
        } else if is(Signal::TERM) || is(Signal::INT) || is(Signal::HUP) {
            return None;
        } else {
            Problem::Damaged
        });
    }
    match status.code() {
        Some(code) if code == i32::from(NOT_CONFINED) => None,
        Some(PANICKED) => Some(Problem::Damaged),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_of_a_process_gives_the_problem_of_the_document() {
        let killed = |signal: Signal| ExitStatus::from_raw(signal.as_raw());
        let exited = |code: i32| ExitStatus::from_raw(code << 8);
        let no_memory = "memory allocation of 536870912 bytes failed\n";
        let overflow = "thread 'main' has overflowed its stack\n";
        for (status, complaint, expected) in [
            (killed(Signal::XCPU), "", Some(Problem::TooSlow)),
            (killed(Signal::KILL), "", Some(Problem::TooMuchMemory)),
            (
                killed(Signal::ABORT),
                no_memory,
                Some(Problem::TooMuchMemory),
            ),
            (killed(Signal::ABORT), overflow, Some(Problem::Damaged)),
            (killed(Signal::SEGV), "", Some(Problem::Damaged)),
            (exited(PANICKED), "panicked at a.rs", Some(Problem::Damaged)),
            (killed(Signal::TERM), "", None),
            (exited(i32::from(NOT_CONFINED)), "", None),
            (exited(0), "", None),
        ] {
            assert_eq!(blame(status, complaint), expected, "{status} {complaint}");
        }
    }

    #[test]
    fn a_pdf_reserves_all_memory_and_other_types_by_their_size() {
        let processes = DocumentProcesses::new(DocumentProcessOptions {
            program: PathBuf::new(),
            memory_mib: 512,
            time: Duration::from_secs(1),
            total_memory_mib: 1024,
        });
        for (bytes, media_type, expected) in [
            (10, MediaType::Pdf, 512),
            (10, MediaType::Text, 128),
            (2 << 20, MediaType::Html, 192),
            (32 << 20, MediaType::Markdown, 512),
            (usize::MAX, MediaType::Html, 512),
        ] {
            assert_eq!(processes.memory_for(bytes, media_type), expected);
        }
    }
}
