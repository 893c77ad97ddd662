//! Exports of end users: a link that expires, and behind it everything that the person gave and got, in JSON Lines.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{audit::audit_note, export_reader::ExportReader, refuse, tables::Tables};
use crate::{
    domain::{AccountId, Actor, AuditId, EndUserId, Operation, Secret, check_name},
    error::{Error, Result},
    port::{Clock, SecretLocation, Vault},
    store::Store,
};

/// How long a link leads to its export.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// The path before the token of a link.
const PATH: &str = "/exports/";
/// The length of a token's readable part: the ids of the account and of the link.
const HEADER_BYTES: usize = 32;

/// A link to an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportLink {
    /// The path on this server, with a token that is the permission.
    pub path: String,
    /// The time from which on it leads to nothing.
    pub expires_at: DateTime<Utc>,
}

/// What the token of a link is sealed over.
#[derive(Serialize, Deserialize)]
struct ExportClaims {
    end_user: EndUserId,
    expires_at: DateTime<Utc>,
}

/// Makes links to exports and reads what is behind them.
#[derive(Clone)]
pub struct ExportService {
    pub(super) tables: Tables,
    /// For readers without another permission than their link.
    pub(super) store: Store,
    pub(super) vault: Arc<dyn Vault>,
    pub(super) clock: Arc<dyn Clock>,
}

impl ExportService {
    /// Makes a link to the export of the end user whom the account names so. `NOT_FOUND` when the account has never named
    /// the person; UNAVAILABLE when the installation has no key to seal the link.
    pub async fn link(&self, actor: &Actor, end_user: &str) -> Result<ExportLink> {
        let permission = actor.authorize(Operation::ExportEndUser)?;
        let store = self.tables.tenant(&permission);
        refuse(check_name("input.endUser", end_user).into_iter().collect())?;
        let person = store.end_user(end_user).await?;
        let person = person.ok_or_else(|| Error::not_found("end user"))?;
        let clock = self.clock.as_ref();
        let claims = ExportClaims {
            end_user: person.id,
            expires_at: clock.now() + LIFETIME,
        };
        let note = audit_note(clock, &permission, person.id, json!({}));
        let path = self.seal(permission.account(), note.id, &claims)?;
        store.add_audit_entry(note).await?;
        Ok(ExportLink {
            path,
            expires_at: claims.expires_at,
        })
    }

    /// The lines of the export that a link's token leads to, read page by page as they are taken. The last line counts the
    /// lines before it. `NOT_FOUND` for a token that is not ours, has expired, or whose person is being or was erased.
    pub async fn open(&self, token: &str) -> Result<BoxStream<'static, Result<String>>> {
        let (account, claims) = self.unseal(token).ok_or_else(no_export)?;
        let store = self.store.tenant(account);
        let person = store.end_users_by_ids(&[claims.end_user]).await?.pop();
        let person = person.ok_or_else(no_export)?;
        if claims.expires_at <= self.clock.now() || store.is_in_erasure(person.id).await? {
            return Err(no_export());
        }
        let reader = ExportReader::new(store, person);
        let lines = stream::try_unfold(reader, |mut reader| async move {
            Ok(reader.next_lines().await?.map(|lines| (lines, reader)))
        });
        Ok(lines.boxed())
    }

    /// The path of a link; `link` is the id of the audit entry that records it.
    fn seal(&self, account: AccountId, link: AuditId, claims: &ExportClaims) -> Result<String> {
        let claims = serde_json::to_string(claims)
            .map_err(|cause| Error::internal("write the claims of a link").with_source(cause))?;
        let sealed = self
            .vault
            .seal(location(account, link), &Secret::new(claims))?;
        let mut token = Vec::with_capacity(HEADER_BYTES + sealed.len());
        token.extend_from_slice(account.uuid().as_bytes());
        token.extend_from_slice(link.uuid().as_bytes());
        token.extend_from_slice(&sealed);
        Ok(format!("{PATH}{}", BASE64URL_NOPAD.encode(&token)))
    }

    /// The account and the claims of a token; none when this installation did not make it.
    fn unseal(&self, token: &str) -> Option<(AccountId, ExportClaims)> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (header, sealed) = bytes.split_at_checked(HEADER_BYTES)?;
        let (account, link) = header.split_at_checked(HEADER_BYTES / 2)?;
        let account = AccountId::from_uuid(Uuid::from_slice(account).ok()?);
        let link = AuditId::from_uuid(Uuid::from_slice(link).ok()?);
        let claims = self.vault.open(location(account, link), sealed).ok()?;
        let claims = serde_json::from_str(claims.reveal()).ok()?;
        Some((account, claims))
    }
}

/// What a link is sealed for: no other secret of the installation can stand for it.
fn location(account: AccountId, link: AuditId) -> SecretLocation<'static> {
    SecretLocation {
        table: "exports",
        column: "link",
        account,
        row: link.uuid(),
    }
}

fn no_export() -> Error {
    Error::not_found("export")
}
