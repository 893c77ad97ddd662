//! The process that reads one document: bounded before it reads a byte, and gone with its parent.
//!
//! It is started by [`super::DocumentProcesses`] and knows nothing: no settings, no environment, no other file. It has a
//! thread for its input, which never ends by itself; when the input ends, the parent has gone, and so does this process.

use std::{
    io::{self, BufWriter, Read, Write},
    process::ExitCode,
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::Duration,
};

use super::{
    budget::Budget,
    confine::{confine_process, confine_to_this_process},
    read, wire,
};
use crate::domain::MediaType;

/// The exit code of a process that could not bound itself, and has read nothing.
pub(super) const NOT_CONFINED: u8 = 70;
/// The input's thread does nothing that needs more.
const INPUT_STACK: usize = 128 * 1024;
/// The answer is written in parts of this size.
const OUTPUT_PART: usize = 64 * 1024;

/// What a process that reads a document is told by its parent.
#[derive(Debug, Clone, Copy)]
pub struct DocumentRequest {
    /// The kind of text.
    pub media_type: MediaType,
    /// The memory that it may take, MiB.
    pub memory_mib: u32,
    /// The time that it may take, by the clock and of one processor.
    pub time: Duration,
}

/// Reads the document on standard input and writes its text to standard output, within bounds that this process sets on
/// itself first. What the document is to blame for is part of the output.
pub fn read_document(request: &DocumentRequest) -> ExitCode {
    // what a panic says may be a part of the document: only its place is for the log
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
    // an error has no reader: the parent has gone, or has ended the input early
    let Ok(content) = input.recv() else {
        return ExitCode::FAILURE;
    };
    let answer = read(&content, request.media_type, Budget::new(request.time));
    drop(content);
    let mut output = BufWriter::with_capacity(OUTPUT_PART, io::stdout().lock());
    match wire::send_answer(&mut output, answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Starts the input's thread, the last one of this process; the receiver gets the document.
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

/// Returns when the parent has closed the input, which it does by ending.
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
