//! In-process implementations of the ports, for a single process without external systems.

mod announcements;
mod cache;
mod circuits;
mod job_queue;
mod rate_limiter;

pub use announcements::LocalAnnouncements;
pub use cache::LocalCache;
pub(in crate::adapter) use circuits::CircuitRecord;
pub use circuits::LocalCircuits;
pub use job_queue::LocalJobQueue;
pub use rate_limiter::LocalRateLimiter;
