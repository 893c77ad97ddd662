//! URLs from tenants: the egress guard, which blocks connections to addresses that are not public, and the fetcher of
//! documents that uses it.

mod address;
mod deliver;
mod disposition;
mod exceptions;
mod fetch;
mod guard;
#[cfg(test)]
pub(super) mod tests;

pub use deliver::GuardedSender;
pub use fetch::{FetchLimits, GuardedFetcher};
pub use guard::{Egress, EgressOptions, Forbidden};
