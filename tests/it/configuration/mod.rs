//! The configuration of processes that run: its files are followed, and checked before a start.

mod check;
mod watch;
