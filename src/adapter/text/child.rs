//! The child process that reads one document. It limits itself before it reads a byte, and ends with its parent.
//!
//! [`super::DocumentProcesses`] starts it without configuration, environment and open files. One thread reads its input
//! and then waits; when the input ends, the parent has ended, and the thread aborts the process.

use std::{
    io::{self, BufWriter, Read, Write},
    process::ExitCode,
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::Duration,
};

use documents::{Budget, ContentType, read};

use super::{
    confine::{confine_process, confine_to_this_process},
    wire,
};

/// The elapsed time that a process may take, as a multiple of its CPU time: it shares the cores with the server, at a lower
/// priority.
pub(super) const ELAPSED_PER_CPU: u32 = 2;

/// The exit code of a process that could not limit itself. It has read nothing.
pub(super) const NOT_CONFINED: u8 = 70;
/// The stack size in bytes of the input thread.
const INPUT_STACK: usize = 128 * 1024;
/// The size in bytes of the output buffer.
const OUTPUT_PART: usize = 64 * 1024;

/// The arguments of a process that reads a document.
#[derive(Debug, Clone, Copy)]
pub struct DocumentRequest {
    /// The media type of the document, with its declared charset.
    pub media_type: ContentType,
    /// The memory limit in MiB.
    pub memory_mib: u32,
    /// The limit of the CPU time. The elapsed time is limited to [`ELAPSED_PER_CPU`] times as much.
    pub time: Duration,
}

/// Reads the document on standard input and writes its text to standard output. The process first limits itself. Errors
/// that the document causes are part of the output.
pub fn read_document(request: &DocumentRequest) -> ExitCode {
    // a panic's message may contain text of the document, so only its location is logged
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let _ = writeln!(
            io::stderr(),
            "panicked at {}",
            place.as_deref().unwrap_or("an unknown place")
        );
    }));
    let confined = confine_process(request.memory_mib, request.time);
    let input = match confined.and_then(|()| start_input()) {
        Ok(input) => input,
        Err(error) => {
            let _ = writeln!(io::stderr(), "a bound could not be set: {error}");
            return ExitCode::from(NOT_CONFINED);
        }
    };
    // an error here is not reported: the parent has ended, or it has closed the input early
    let Ok(content) = input.recv() else {
        return ExitCode::FAILURE;
    };
    let answer = read(
        &content,
        request.media_type,
        Budget::new(request.time * ELAPSED_PER_CPU),
    );
    drop(content);
    let mut output = BufWriter::with_capacity(OUTPUT_PART, io::stdout().lock());
    match wire::send_answer(&mut output, answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Starts the input thread, the last thread that this process may start. The receiver gets the document.
fn start_input() -> io::Result<Receiver<Vec<u8>>> {
    let (confined, is_confined) = sync_channel(1);
    let (document, received) = sync_channel(1);
    let input = move || {
        let may_read = confine_to_this_process();
        let is_confined = may_read.is_ok();
        if confined.send(may_read).is_err() || !is_confined {
            return;
        }
        let mut input = io::stdin().lock();
        if let Ok(content) = wire::receive_document(&mut input) {
            let _ = document.send(content);
            wait_for_end(&mut input);
        }
        std::process::abort();
    };
    drop(
        thread::Builder::new()
            .stack_size(INPUT_STACK)
            .spawn(input)?,
    );
    match is_confined.recv() {
        Ok(Ok(())) => Ok(received),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(io::Error::other("the input's thread has ended")),
    }
}

/// Returns when the input is closed, at the latest when the parent ends.
fn wait_for_end(input: &mut impl Read) {
    loop {
        match input.read(&mut [0]) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
