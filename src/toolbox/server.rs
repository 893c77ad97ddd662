//! The trait of a built-in server.

use super::tool::Tool;

/// An MCP server that is part of this program.
pub(super) trait BuiltInServer: Send + Sync {
    /// The kind of tool set, as pricing tiers name it. The server's path ends with it.
    fn kind(&self) -> &'static str;

    /// The display name.
    fn name(&self) -> &'static str;

    /// The purpose of the server, written for a model.
    fn about(&self) -> &'static str;

    fn tools(&self) -> Vec<Tool>;
}
