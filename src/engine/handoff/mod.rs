//! Handoffs: the tool with which an agent asks for one, and what is written when the agent of a conversation changes.

mod between;
mod plan;
mod summarize;
mod tool;

pub use between::NewHandoff;
pub(super) use plan::{HandoffRequest, Sender, plan, rejected};
pub(super) use summarize::summarize;
pub(super) use tool::{HAND_OFF, HandOffTool, MOST_TARGETS};
