//! Authentication of end users by tokens of identity providers.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use moka::future::Cache;

use super::access::cached;
use crate::{
    domain::{
        EndUser, EndUserId, EndUserToken, IdentityProvider, IdentityProviderId, SessionLimits,
        TokenClaims, TokenId, TokenRevocation,
    },
    error::{Error, Result},
    port::{Clock, TokenVerifier},
    store::{Store, TokenHolder},
};

/// The time after which a token is verified again, with the keys that its provider has then.
const VERIFIED: Duration = Duration::from_mins(10);
/// The time for which revocations are remembered: longer than the result of an earlier lookup can stay in a cache.
const REMEMBERED: Duration = Duration::from_mins(1);

/// The settings of tokens.
#[derive(Debug, Clone, Copy)]
pub struct TokenSettings {
    /// The allowed difference between the clocks of this process and of identity providers.
    pub clock_skew: TimeDelta,
    /// The rate of messages of an end user whose token names none.
    pub messages_per_minute: u32,
}

/// Authenticates end users by tokens of identity providers.
#[derive(Clone)]
pub struct TokenAccess {
    store: Store,
    clock: Arc<dyn Clock>,
    verifier: Arc<dyn TokenVerifier>,
    settings: TokenSettings,
    /// The tokens whose signature was verified lately.
    verified: Cache<[u8; 32], Arc<EndUserToken>>,
    /// The end users whose earlier tokens were revoked lately.
    revoked: Cache<EndUserId, DateTime<Utc>>,
    /// The providers that were removed lately.
    removed: Cache<IdentityProviderId, ()>,
}

impl TokenAccess {
    /// Creates the service; identity providers are looked up in `store`.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        verifier: Arc<dyn TokenVerifier>,
        settings: TokenSettings,
    ) -> Self {
        Self {
            store,
            clock,
            verifier,
            settings,
            verified: cached(VERIFIED),
            revoked: cached(REMEMBERED),
            removed: cached(REMEMBERED),
        }
    }

    /// The end user whom a token names, as stored now. None for a credential that is no token of an identity provider;
    /// `UNAUTHENTICATED`, with the reason, for a token that cannot be used.
    pub(super) async fn look_up(
        &self,
        credential: &str,
        hash: [u8; 32],
    ) -> Result<Option<EndUserToken>> {
        if let Some(verified) = self.verified.get(&hash).await {
            let holder = self.store.platform().token_holder(&verified.id).await?;
            let holder = holder.ok_or_else(unknown_provider)?;
            check_revocation(&verified.id, holder.valid_from)?;
            return Ok(Some(EndUserToken {
                end_user: holder.end_user,
                ..EndUserToken::clone(&verified)
            }));
        }
        let Some(claims) = TokenClaims::unverified(credential)? else {
            return Ok(None);
        };
        let provider = self.provider_of(&claims).await?;
        let token = self.verify(credential, hash, &provider, &claims).await?;
        self.verified.insert(hash, Arc::new(token.clone())).await;
        Ok(Some(token))
    }

    /// Whether a token was revoked lately, also if a cache has it still.
    pub(super) async fn was_revoked(&self, token: &TokenId) -> bool {
        let valid_from = self.revoked.get(&token.end_user).await;
        valid_from.is_some_and(|from| token.is_issued_before(from))
            || self.removed.contains_key(&token.provider)
    }

    /// Refuses revoked tokens in this process.
    pub(super) async fn refuse(&self, revocation: TokenRevocation) {
        match revocation {
            TokenRevocation::OfEndUser {
                end_user,
                valid_from,
            } => self.revoked.insert(end_user, valid_from).await,
            TokenRevocation::OfProvider(provider) => self.removed.insert(provider, ()).await,
        }
    }

    /// The one provider with the issuer and an audience of the claims, whose signature is not verified yet. The reason for a
    /// refusal does not tell which of the two is unknown: other accounts' issuers are theirs to name.
    async fn provider_of(&self, claims: &TokenClaims) -> Result<IdentityProvider> {
        let audiences = claims.audiences();
        let (Some(issuer), false) = (claims.issuer(), audiences.is_empty()) else {
            return Err(Error::unauthenticated(
                "the token has no issuer (iss) or no audience (aud)",
            ));
        };
        let platform = self.store.platform();
        let mut found = platform.identity_providers_of(issuer, &audiences).await?;
        match (found.pop(), found.pop()) {
            (Some(provider), None) => Ok(provider),
            (Some(_), Some(_)) => Err(Error::unauthenticated(
                "the audiences (aud) of the token are those of several accounts, expected one",
            )),
            (None, _) => Err(unknown_provider()),
        }
    }

    async fn verify(
        &self,
        credential: &str,
        hash: [u8; 32],
        provider: &IdentityProvider,
        claims: &TokenClaims,
    ) -> Result<EndUserToken> {
        let now = self.clock.now();
        // before the signature, because most refused tokens have expired, and no key is needed for that
        let times = claims.check_times(now, self.settings.clock_skew)?;
        self.verifier.verify(provider, credential).await?;
        let identity = claims.identity(&provider.claims)?;
        let named = EndUser {
            id: EndUserId::new(self.clock.as_ref()),
            account: provider.account,
            external_id: identity.external_id,
            display_name: identity.display_name,
            anonymous: false,
            created_at: now,
            last_seen_at: Some(now),
            training_consent_at: None,
        };
        let store = self.store.tenant(provider.account);
        let TokenHolder {
            end_user,
            valid_from,
        } = store.admit_token_holder(&named).await?;
        let id = TokenId {
            provider: provider.id,
            end_user: end_user.id,
            issued_at: times.issued_at,
            hash,
        };
        check_revocation(&id, valid_from)?;
        let default_rate = self.settings.messages_per_minute;
        Ok(EndUserToken {
            id,
            account: provider.account,
            end_user,
            agents: identity.agents,
            limits: SessionLimits {
                messages_per_minute: identity.messages_per_minute.unwrap_or(default_rate),
                tokens: None,
            },
            expires_at: times.expires_at,
        })
    }
}

fn check_revocation(token: &TokenId, valid_from: Option<DateTime<Utc>>) -> Result<()> {
    if valid_from.is_some_and(|from| token.is_issued_before(from)) {
        return Err(Error::unauthenticated("the token was revoked"));
    }
    Ok(())
}

fn unknown_provider() -> Error {
    Error::unauthenticated(
        "the issuer (iss) and audience (aud) of the token are not those of a registered identity provider",
    )
}
