//! The dependencies on outside systems, as traits: the core uses these, an adapter implements them, `src/app` connects
//! the two.

mod announcements;
mod cache;
#[cfg(test)]
pub(crate) mod cases;
mod chat_model;
mod circuits;
mod clock;
mod embedder;
mod job_queue;
mod operation_checker;
mod rate_limiter;
mod run_log;
mod span_processor;
mod text_extractor;
mod token_verifier;
mod tool_host;
mod vault;
mod vector_store;
mod web_fetcher;
mod webhook_sender;

pub use announcements::{
    Announcement, Announcements, ConversationChangeKind, ConversationNotice, DocumentNotice,
    SessionRenewal,
};
pub use cache::Cache;
pub use chat_model::{
    ChatModel, ChatPrompt, ModelEvent, ModelStream, ModelTimeouts, OfferedTool, OutputSchema,
    PromptMessage, PromptRole, Readiness, TokenCounts,
};
pub use circuits::{CircuitLimits, CircuitState, CircuitTransitions, Circuits};
pub use clock::{Clock, SystemClock};
pub use embedder::{Embedded, Embedder, Purpose};
pub use job_queue::{JobQueue, Offer, Queue};
pub use operation_checker::OperationChecker;
pub use rate_limiter::{Rate, RateHolder, RateLimiter, RateWindow};
pub use run_log::{Append, EventPosition, RunLog};
pub use span_processor::{
    HandoffSpan, ModelCallSpan, ModelIdentity, RunSpan, ServerAddress, SpanDetails, SpanProcessor,
    SpanSubject, ToolCallSpan, TraceSpan,
};
pub use text_extractor::TextExtractor;
pub use token_verifier::TokenVerifier;
pub use tool_host::{
    RequestSecret, ToolAnswer, ToolEndpoint, ToolFailure, ToolHealth, ToolHost, ToolRequest,
};
pub use vault::{SecretLocation, Vault};
pub use vector_store::{
    Collection, CollectionLocation, VectorMatch, VectorQuery, VectorRecord, VectorStore,
};
pub use web_fetcher::{Fetched, WebFetcher};
pub use webhook_sender::{Delivery, WebhookSender};
