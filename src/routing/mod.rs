//! Ranks agents' templates by how well their skills fit a message ([decision 29](../../docs/decisions/0029-routing.md)).
//!
//! The skills' examples are embedded once per model and shared by all accounts. A classifier is fitted per set of
//! templates, in the background and off the async threads, and shared by the accounts whose agents have that set.

mod ranking;
mod recalled;
mod router;
mod skill_cache;

pub use ranking::{RankedTemplate, Ranking};
pub use router::{RoutableTemplate, Router, RouterParts};
