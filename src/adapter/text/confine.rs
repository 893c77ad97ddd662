//! Irrevocable limits that a process sets on itself before it reads a tenant's document.

use std::{io, time::Duration};

use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};

const MEBIBYTE: u64 = 1024 * 1024;
/// The number of open files: only standard input, output and error.
const STANDARD_FILES: u64 = 3;
/// The increment of the niceness of this process, which lowers its priority below that of the server. On a busy core
/// of Linux, the process then gets about a quarter of the CPU time.
const LOWER_PRIORITY: i32 = 5;

/// Limits the memory and the CPU time of this process. It can then open no files and write no file data, and it leaves
/// no core dump. On an error, the process must exit.
pub(super) fn confine_process(memory_mib: u32, time: Duration) -> io::Result<()> {
    // the mapping of the program itself is added to the limit
    #[cfg(target_os = "linux")]
    lower(
        Resource::As,
        mapped_bytes()? + u64::from(memory_mib) * MEBIBYTE,
    )?;
    // macOS accepts no memory limit below what it reserves for every process. There, only the budget, the CPU time and
    // the parent's deadline limit the process
    #[cfg(not(target_os = "linux"))]
    let _ = lower(Resource::Data, u64::from(memory_mib) * MEBIBYTE);
    nice(LOWER_PRIORITY)?;
    lower_in_two_steps(Resource::Cpu, time.as_secs().max(1))?;
    lower(Resource::Core, 0)?;
    lower(Resource::Fsize, 0)?;
    lower(Resource::Nofile, STANDARD_FILES)?;
    #[cfg(target_os = "linux")]
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

/// Forbids further processes and threads. The kernel does not enforce this for a privileged user.
pub(super) fn confine_to_this_process() -> io::Result<()> {
    lower(Resource::Nproc, 0)
}

/// Lowers the soft and the hard limit to `most`, so that it cannot be raised again.
fn lower(resource: Resource, most: u64) -> io::Result<()> {
    lower_to(resource, most, most)
}

/// Lowers the soft limit to `most` and the hard limit to one more: the excess first raises a signal that identifies the
/// limit, and one unit later SIGKILL.
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

/// The size of this process's mapped memory in bytes.
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
