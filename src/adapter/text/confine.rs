//! Bounds that a process sets on itself, for good, before it reads what a tenant gave.

use std::{io, time::Duration};

use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};

/// A mebibyte.
const MEBIBYTE: u64 = 1024 * 1024;
/// Standard input, output and error: nothing else can be open.
const STANDARD_FILES: u64 = 3;
/// The lowest scheduling priority: a document waits for the processor, an answer that is being streamed does not.
const LOWEST_PRIORITY: i32 = 19;

/// Bounds the memory and the processor time of this process, and gives it the lowest scheduling priority. It can open no file, write to none, and leaves no image of
/// its memory when it dies. An error means that it must not go on.
pub(super) fn confine_process(memory_mib: u32, time: Duration) -> io::Result<()> {
    // the program itself is mapped already: the bound is for what comes on top
    #[cfg(target_os = "linux")]
    lower(
        Resource::As,
        mapped_bytes()? + u64::from(memory_mib) * MEBIBYTE,
    )?;
    // macOS takes no bound below what it has reserved for every process: there, the budgets, the processor time and the
    // parent's deadline bound a reader
    #[cfg(not(target_os = "linux"))]
    let _ = lower(Resource::Data, u64::from(memory_mib) * MEBIBYTE);
    nice(LOWEST_PRIORITY)?;
    lower_in_two_steps(Resource::Cpu, time.as_secs().max(1))?;
    lower(Resource::Core, 0)?;
    lower(Resource::Fsize, 0)?;
    lower(Resource::Nofile, STANDARD_FILES)?;
    #[cfg(target_os = "linux")]
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

/// Forbids further processes and threads; a privileged user is not bound by it.
pub(super) fn confine_to_this_process() -> io::Result<()> {
    lower(Resource::Nproc, 0)
}

/// Lowers a bound to `most`, so that it cannot be raised again.
fn lower(resource: Resource, most: u64) -> io::Result<()> {
    lower_to(resource, most, most)
}

/// Lowers a bound whose excess is first answered with a signal of its own, and a second later with SIGKILL.
fn lower_in_two_steps(resource: Resource, most: u64) -> io::Result<()> {
    lower_to(resource, most, most + 1)
}

fn lower_to(resource: Resource, current: u64, maximum: u64) -> io::Result<()> {
    let allowed = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let bound = Rlimit {
        current: Some(current.min(allowed)),
        maximum: Some(maximum.min(allowed)),
    };
    Ok(setrlimit(resource, bound)?)
}

/// The bytes of addresses that this process has mapped.
#[cfg(target_os = "linux")]
fn mapped_bytes() -> io::Result<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = pages
        .split(' ')
        .next()
        .and_then(|pages| pages.parse().ok())
        .ok_or_else(|| io::Error::other("/proc/self/statm is unreadable"))?;
    let page = u64::try_from(rustix::param::page_size()).map_err(io::Error::other)?;
    Ok(pages * page)
}
