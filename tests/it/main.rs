//! What Troupe promises, asked through the public protocol only: on SQLite, and on PostgreSQL when
//! `TROUPE_TEST_DATABASE_URL` is set.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken test should stop")]

mod cancel;
mod chat;
mod faults;
mod restart;
mod resume;
mod support;
