//! What we need from outside, as traits: the core names these, an adapter implements them, `app.rs` joins the two.

mod announcements;
mod cache;
mod chat_model;
mod clock;
mod job_queue;
mod rate_limiter;
mod run_log;

pub use announcements::{Announcement, Announcements};
pub use cache::Cache;
pub use chat_model::{
    ChatModel, ChatPrompt, FinishReason, ModelEvent, ModelStream, ModelTimeouts, PromptMessage,
    PromptRole, Readiness,
};
pub use clock::{Clock, SystemClock};
pub use job_queue::{JobQueue, Offer, Queue};
pub use rate_limiter::{Rate, RateLimiter};
pub use run_log::{EventBatches, RunLog};
