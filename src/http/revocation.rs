//! Enforces revocations and renewals of keys and sessions, in any process: callers can no longer use a revoked one, and
//! what it holds open is closed; what a renewed session holds open continues in the session that took its place.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream::BoxStream};

use super::OpenConnections;
use crate::{
    domain::{AccountId, CredentialId, KeyId, SessionId, TokenId},
    error::{Error, Result},
    port::{Announcement, Clock, SessionRenewal},
    service::Access,
};

/// The pause before a failed lookup is repeated.
const PAUSE: Duration = Duration::from_secs(1);

/// Ends and renews the open connections of this process.
pub struct RevocationTask {
    /// The callers that are refused.
    pub access: Access,
    /// What is open.
    pub connections: OpenConnections,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
}

impl RevocationTask {
    /// Handles revocations and renewals until the stream of announcements ends.
    pub async fn run(self, mut announced: BoxStream<'static, Announcement>) {
        while let Some(announcement) = announced.next().await {
            match announcement {
                Announcement::KeyRevoked(key) => self.close(CredentialId::Key(key)).await,
                Announcement::SessionRevoked(session) => {
                    self.close(CredentialId::Session(session)).await;
                }
                Announcement::TokensRevoked(revocation) => {
                    self.access.refuse_tokens(revocation).await;
                    self.connections.close_tokens(revocation);
                }
                Announcement::SessionRenewed(renewal) => {
                    while let Err(error) = self.renew(renewal).await {
                        pause(&error).await;
                    }
                }
                Announcement::AccountTermsChanged(account) => {
                    while let Err(error) = self.look_up_account(account).await {
                        pause(&error).await;
                    }
                }
                Announcement::Missed => {
                    while let Err(error) = self.look_up_all().await {
                        pause(&error).await;
                    }
                }
                Announcement::AgentChanged(_)
                | Announcement::RunBegun(_)
                | Announcement::RunQueued(_)
                | Announcement::ConversationDeleted(_)
                | Announcement::CancelRequested(_)
                | Announcement::ConversationChanged(_)
                | Announcement::DocumentChanged(_)
                | Announcement::PublicAccessChanged(_)
                | Announcement::OperationsChanged
                | Announcement::ToolCallChanged(_) => {}
            }
        }
    }

    async fn close(&self, credential: CredentialId) {
        self.access.refuse(credential).await;
        self.connections.close(credential);
    }

    /// Lets the connections of a session continue in the one that took its place; closes them when that one cannot be
    /// used any more.
    async fn renew(&self, SessionRenewal { old, new }: SessionRenewal) -> Result<()> {
        self.access.refuse(CredentialId::Session(old)).await;
        let Some(actor) = self.access.actor_of_session(new).await? else {
            self.connections.close(CredentialId::Session(old));
            return Ok(());
        };
        let expires_in = actor.expires_at().map(|at| at - self.clock.now());
        let expires_in = expires_in.and_then(|left| left.to_std().ok());
        self.connections
            .renew(old, actor, expires_in.unwrap_or_default());
        Ok(())
    }

    /// Closes the connections of an account that is suspended.
    async fn look_up_account(&self, account: AccountId) -> Result<()> {
        if self.access.is_suspended(account).await? {
            self.connections.close_account(account);
        }
        Ok(())
    }

    /// Looks up every account, key and session with open connections. Announcements during the lookup wait, or are missed and lead
    /// to another lookup.
    async fn look_up_all(&self) -> Result<()> {
        let (mut keys, mut sessions): (Vec<KeyId>, Vec<SessionId>) = Default::default();
        let mut tokens: Vec<TokenId> = Vec::new();
        for credential in self.connections.credentials() {
            match credential {
                CredentialId::Key(key) => keys.push(key),
                CredentialId::Session(session) => sessions.push(session),
                CredentialId::Token(token) => tokens.push(token),
            }
        }
        for key in self.access.revoked_among(&keys).await? {
            self.connections.close(CredentialId::Key(key));
        }
        for token in self.access.revoked_tokens_among(&tokens).await? {
            self.connections.close(CredentialId::Token(token));
        }
        for account in self.connections.accounts() {
            self.look_up_account(account).await?;
        }
        let found = self.access.sessions_among(&sessions).await?;
        for id in sessions {
            let session = found.iter().find(|found| found.session.id == id);
            match session.map(|found| (found.session.revoked_at, found.session.renewed_by)) {
                Some((None, None)) => {}
                Some((None, Some(new))) => self.renew(SessionRenewal { old: id, new }).await?,
                Some((Some(_), _)) | None => self.connections.close(CredentialId::Session(id)),
            }
        }
        Ok(())
    }
}

/// Waits before a failed lookup is repeated.
async fn pause(error: &Error) {
    tracing::warn!(
        cause = error.cause(),
        "looking up the keys and sessions of open connections failed; they are looked up again"
    );
    tokio::time::sleep(PAUSE).await;
}
