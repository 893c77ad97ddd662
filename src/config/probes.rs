//! The address of the probes.

use std::net::SocketAddr;

use super::reader::Section;
use crate::domain::excerpt;

/// The probes; section `probes` of `app.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProbesConfig {
    /// `TROUPE_PROBES_ADDR`: the address where the process answers `/healthz`, `/readyz` and `/metrics` and nothing else.
    /// Default: none. A worker then answers no probes, and the other roles answer them on the port of the API.
    pub addr: Option<SocketAddr>,
}

impl ProbesConfig {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let addr = section.text("addr").and_then(|text| {
            let addr = text.parse().ok();
            if addr.is_none() {
                let shown = excerpt(&text);
                let problem = format!(
                    "\"{shown}\" given, expected an address and a port such as 0.0.0.0:9464"
                );
                section.problem("addr", &problem);
            }
            addr
        });
        Self { addr }
    }
}
