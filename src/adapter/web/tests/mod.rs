//! The egress guard against servers of this test: a canary that must never be reached, and misbehaving servers.

mod fetching;
mod refused;
pub(in crate::adapter) mod server;
#[path = "../../../../tests/it/support/shapes.rs"]
pub(in crate::adapter) mod shapes;

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Mutex,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Egress;

/// Resolves each name to its addresses in turn, and to the last one for ever after. Unknown names resolve to this
/// machine.
pub(in crate::adapter) struct FakeResolver(Mutex<HashMap<&'static str, Vec<IpAddr>>>);

impl FakeResolver {
    pub(in crate::adapter) fn new(
        names: impl IntoIterator<Item = (&'static str, Vec<IpAddr>)>,
    ) -> Self {
        Self(Mutex::new(names.into_iter().collect()))
    }
}

impl Resolve for FakeResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let mut names = self.0.lock().unwrap();
        let address = match names.get_mut(name.as_str()) {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0],
            None => Ipv4Addr::LOCALHOST.into(),
        };
        Box::pin(async move { Ok(Box::new([SocketAddr::new(address, 0)].into_iter()) as Addrs) })
    }
}

pub(in crate::adapter) fn egress(allow: &[&str], resolver: FakeResolver) -> Egress {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let allow: Vec<String> = allow.iter().map(|&entry| entry.to_owned()).collect();
    Egress::resolving_with(&allow, resolver).unwrap()
}

pub(in crate::adapter) fn nothing_known() -> FakeResolver {
    FakeResolver::new([])
}
