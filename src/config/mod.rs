//! What an operator can set, one struct per concern.

mod http;

pub use http::{BrowserConfig, ConnectionConfig, DocumentLimits, HttpConfig, SocketConfig};
