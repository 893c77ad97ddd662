//! Identity providers: registered and removed by an account's administrators.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Map, Value, json};

use super::{Access, audit::audit_note, refuse, tables::Tables};
use crate::{
    domain::{
        AccountId, Actor, AuditNote, ClaimMap, IdentityProvider, IdentityProviderId, Operation,
        Permission, SignatureAlgorithm, TokenRevocation, check_name, check_text, excerpt,
    },
    error::{Error, Problem, Result},
    port::{Clock, TokenVerifier},
};

/// The noun in error messages.
const NOUN: &str = "identity provider";
/// The maximum number of identity providers of an account.
const MOST_PROVIDERS: u64 = 5;
/// The maximum length of an issuer or an audience, in characters.
const LONGEST_IDENTIFIER: usize = 500;

/// The input of an identity provider to register.
#[derive(Debug, Clone)]
pub struct NewIdentityProvider {
    /// The name that people know it by.
    pub name: String,
    /// The issuer of its tokens.
    pub issuer: String,
    /// The audience of the tokens that are for this account.
    pub audience: String,
    /// The URL of its public keys; none to discover it.
    pub jwks_url: Option<String>,
    /// The names of the algorithms that are accepted.
    pub algorithms: Vec<String>,
    /// The claims to read; none for the defaults.
    pub claims: Option<Map<String, Value>>,
}

/// Manages accounts' identity providers.
#[derive(Clone)]
pub struct IdentityProviderService {
    pub(super) tables: Tables,
    pub(super) access: Access,
    pub(super) verifier: Arc<dyn TokenVerifier>,
    pub(super) clock: Arc<dyn Clock>,
}

impl IdentityProviderService {
    /// The account's identity providers, oldest first.
    pub async fn list(&self, actor: &Actor, account: AccountId) -> Result<Vec<IdentityProvider>> {
        let permission = actor
            .acting_in(account)?
            .authorize(Operation::IdentityProviders)?;
        self.tables.tenant(&permission).identity_providers().await
    }

    /// An identity provider of the actor's account.
    pub async fn get(
        &self,
        actor: &Actor,
        id: IdentityProviderId,
    ) -> Result<Option<IdentityProvider>> {
        let permission = actor.authorize(Operation::IdentityProviders)?;
        let providers = self.tables.tenant(&permission).identity_providers().await?;
        Ok(providers.into_iter().find(|provider| provider.id == id))
    }

    /// Registers an identity provider, whose tokens act as end users of the actor's account from now on. `QUOTA_EXCEEDED`
    /// when the account has five; CONFLICT when it has one with this issuer, or when issuer and audience are taken
    /// together, perhaps by another account.
    pub async fn register(
        &self,
        actor: &Actor,
        new: NewIdentityProvider,
    ) -> Result<IdentityProvider> {
        let permission = actor.authorize(Operation::RegisterIdentityProvider)?;
        let store = self.tables.tenant(&permission);
        let mut problems = new.problems();
        let algorithms = algorithms(&new.algorithms, &mut problems);
        let claims = match &new.claims {
            Some(claims) => ClaimMap::parse("input.claims", claims),
            None => Ok(ClaimMap::default()),
        };
        let claims = claims.unwrap_or_else(|more| {
            problems.extend(more);
            ClaimMap::default()
        });
        refuse(problems)?;
        let jwks_url = self
            .verifier
            .find_keys(&new.issuer, new.jwks_url.as_deref())
            .await?;
        let clock = self.clock.as_ref();
        let provider = IdentityProvider {
            id: IdentityProviderId::new(clock),
            account: permission.account(),
            name: new.name,
            issuer: new.issuer,
            audience: new.audience,
            jwks_url,
            algorithms,
            claims,
            created_at: clock.now(),
        };
        let note = self.audit_note(&permission, &provider);
        store
            .insert_identity_provider(&provider, MOST_PROVIDERS, note)
            .await?;
        Ok(provider)
    }

    /// Removes an identity provider of the actor's account: its tokens are refused at once, and their connections closed.
    pub async fn remove(&self, actor: &Actor, id: IdentityProviderId) -> Result<()> {
        let permission = actor.authorize(Operation::RemoveIdentityProvider)?;
        let store = self.tables.tenant(&permission);
        let providers = store.identity_providers().await?;
        let provider = providers.iter().find(|provider| provider.id == id);
        let provider = provider.ok_or_else(|| Error::not_found(NOUN))?;
        let note = self.audit_note(&permission, provider);
        if !store.delete_identity_provider(id, note).await? {
            return Err(Error::not_found(NOUN));
        }
        let revocation = TokenRevocation::OfProvider(id);
        self.access
            .revoke_tokens(permission.account(), revocation)
            .await;
        Ok(())
    }

    fn audit_note(&self, permission: &Permission, provider: &IdentityProvider) -> AuditNote {
        let detail = json!({
            "name": provider.name,
            "issuer": provider.issuer,
            "audience": provider.audience,
            "jwksUrl": provider.jwks_url,
            "algorithms": provider.algorithms,
            "claims": provider.claims,
        });
        audit_note(self.clock.as_ref(), permission, provider.id, detail)
    }
}

impl NewIdentityProvider {
    fn problems(&self) -> Vec<Problem> {
        let texts = [
            ("input.issuer", &self.issuer),
            ("input.audience", &self.audience),
        ];
        let texts = texts.iter().filter_map(|(path, text)| {
            if text.chars().any(char::is_whitespace) {
                return Some(Problem::new(*path, "has a blank or a line break"));
            }
            check_text(path, text, LONGEST_IDENTIFIER)
        });
        check_name("input.name", &self.name)
            .into_iter()
            .chain(texts)
            .collect()
    }
}

/// The algorithms with these names, each once.
fn algorithms(names: &[String], problems: &mut Vec<Problem>) -> Vec<SignatureAlgorithm> {
    if names.is_empty() {
        problems.push(Problem::new(
            "input.algorithms",
            "is empty, expected at least one algorithm",
        ));
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match SignatureAlgorithm::named(name) {
            Some(algorithm) if seen.insert(algorithm.name()) => found.push(algorithm),
            Some(_) => {}
            None => problems.push(Problem::new(
                format!("input.algorithms[{index}]"),
                format!(
                    "\"{}\" is not accepted, expected one of: {}",
                    excerpt(name),
                    SignatureAlgorithm::ALL
                        .map(SignatureAlgorithm::name)
                        .join(", ")
                ),
            )),
        }
    }
    found
}
