//! Settings of the process: its address, its data folder, and the operator's key.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use super::{DatabaseConfig, Mode, Source, reader::Section};
use crate::domain::{Secret, excerpt};

/// The default port.
const USUAL_PORT: u16 = 8080;
/// The minimum length of an operator's key in characters, to make it unguessable.
const SHORTEST_OPERATOR_KEY: usize = 32;

/// Reads the address from the command line, then `TROUPE_ADDR`, then `PORT` as platforms set it, then the file.
pub(super) fn read_addr(source: &Source, top: &mut Section<'_, '_>) -> SocketAddr {
    let platform = read_port(source.mode, top);
    let given = top.text("addr").and_then(|text| {
        let addr = text.parse().ok();
        if addr.is_none() {
            let shown = excerpt(&text);
            top.problem(
                "addr",
                &format!(
                    "\"{shown}\" given, expected an address and a port such as 127.0.0.1:8080"
                ),
            );
        }
        addr
    });
    let everywhere = |port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    let (by_variable, by_file) = if top.is_given_by_variable("addr") {
        (given, None)
    } else {
        (None, given)
    };
    source
        .addr
        .or(by_variable)
        .or_else(|| platform.map(everywhere))
        .or(by_file)
        .unwrap_or_else(|| match source.mode {
            Mode::Dev => SocketAddr::from((Ipv4Addr::LOCALHOST, USUAL_PORT)),
            Mode::Serve | Mode::Worker | Mode::Migrate | Mode::Check | Mode::Fetch => {
                everywhere(USUAL_PORT)
            }
        })
}

/// The port that the platform assigns to a production role.
fn read_port(mode: Mode, top: &mut Section<'_, '_>) -> Option<u16> {
    if !mode.is_production() {
        return None;
    }
    let text = top.variable("PORT")?;
    let port = text.parse().ok();
    if port.is_none() {
        let shown = excerpt(&text);
        top.problem_with(
            "PORT",
            &format!("\"{shown}\" given, expected a whole number from 0 to 65535"),
        );
    }
    port
}

/// Reads the data folder from the command line, then `TROUPE_DATA_DIR`, then the file; else `data`.
pub(super) fn read_data_dir(source: &Source, top: &mut Section<'_, '_>) -> PathBuf {
    let given = top.path("data_dir");
    let folder = source.data_dir.clone().or(given);
    source
        .folder
        .join(folder.unwrap_or_else(|| PathBuf::from("data")))
}

pub(super) fn read_operator_key(top: &mut Section<'_, '_>) -> Option<Secret> {
    let key = top.secret("operator_key")?;
    let characters = key.reveal().chars().count();
    if characters < SHORTEST_OPERATOR_KEY {
        top.problem(
            "operator_key",
            &format!(
                "{characters} characters, expected at least {SHORTEST_OPERATOR_KEY}; `openssl rand -base64 32` makes one"
            ),
        );
    }
    Some(key)
}

/// Reports the required settings of a production role that are missing.
pub(super) fn check_needs(mode: Mode, database: &DatabaseConfig, top: &mut Section<'_, '_>) {
    let needs_database = mode.is_production() || mode == Mode::Migrate;
    if needs_database && database.is_default {
        top.problem_with(
            "TROUPE_DATABASE_URL",
            &format!(
                "is not set, and `{}` needs a database; set it to postgres://user:password@host/name",
                mode.command()
            ),
        );
    }
}
