//! What tenants' URLs name: a guard that keeps the program from connecting to what is not public, and the fetcher of
//! documents behind it.

mod address;
mod exceptions;
mod fetch;
mod guard;
#[cfg(test)]
pub(super) mod tests;

pub use fetch::{FetchLimits, GuardedFetcher};
pub use guard::{Egress, Forbidden, Patience};
