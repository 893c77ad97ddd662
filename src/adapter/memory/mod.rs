//! What one process can do for itself, without anything beside it.

mod announcements;
mod cache;
mod rate_limiter;

pub use announcements::LocalAnnouncements;
pub use cache::LocalCache;
pub use rate_limiter::LocalRateLimiter;
