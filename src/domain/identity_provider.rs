//! Identity providers of an account: they issue the tokens with which its end users call the API.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    domain::{AccountId, IdentityProviderId, check_text, excerpt},
    error::Problem,
};

/// The maximum length of the name of a claim, in characters.
const LONGEST_CLAIM: usize = 200;

/// An identity provider that an account trusts to name its end users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    /// The provider's id.
    pub id: IdentityProviderId,
    /// The account.
    pub account: AccountId,
    /// The name that people know it by.
    pub name: String,
    /// The issuer, `iss`, of its tokens; unique within the account.
    pub issuer: String,
    /// The audience, `aud`, of the tokens that are for this account; together with the issuer unique in the installation.
    pub audience: String,
    /// The URL of its public keys.
    pub jwks_url: String,
    /// The algorithms of signatures that are accepted.
    pub algorithms: Vec<SignatureAlgorithm>,
    /// The claims that are read.
    pub claims: ClaimMap,
    /// The time of the registration.
    pub created_at: DateTime<Utc>,
}

/// An algorithm of signatures with a public key. `none` and the algorithms with a shared secret are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    #[serde(rename = "RS384")]
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    #[serde(rename = "RS512")]
    Rs512,
    /// RSASSA-PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
    /// RSASSA-PSS with SHA-384.
    #[serde(rename = "PS384")]
    Ps384,
    /// RSASSA-PSS with SHA-512.
    #[serde(rename = "PS512")]
    Ps512,
    /// ECDSA with P-256 and SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// ECDSA with P-384 and SHA-384.
    #[serde(rename = "ES384")]
    Es384,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl SignatureAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// The name in the header of a token.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }
}

/// The claims of a token that are read, by their names at the top level of the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimMap {
    /// The account's own id of the end user. Default: `sub`.
    pub end_user: String,
    /// The display name. Default: `name`.
    pub display_name: String,
    /// The ids of the agents that the end user may talk to; none for every active agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agents: Option<String>,
    /// The rate of messages; none for the installation's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages_per_minute: Option<String>,
}

impl Default for ClaimMap {
    fn default() -> Self {
        Self {
            end_user: "sub".to_owned(),
            display_name: "name".to_owned(),
            agents: None,
            messages_per_minute: None,
        }
    }
}

impl ClaimMap {
    /// The map as the API has it.
    pub fn to_json(&self) -> Value {
        let fields = [
            ("endUser", Some(&self.end_user)),
            ("displayName", Some(&self.display_name)),
            ("agents", self.agents.as_ref()),
            ("messagesPerMinute", self.messages_per_minute.as_ref()),
        ];
        let fields = fields
            .into_iter()
            .filter_map(|(field, claim)| Some((field.to_owned(), Value::String(claim?.clone()))));
        Value::Object(fields.collect())
    }

    /// Reads the map; what it does not name has its default. `path` is the input's path in problems.
    pub fn parse(path: &str, given: &Map<String, Value>) -> Result<Self, Vec<Problem>> {
        let mut map = Self::default();
        let mut problems = Vec::new();
        for (field, claim) in given {
            let path = format!("{path}.{}", excerpt(field));
            let Some(claim) = claim.as_str() else {
                problems.push(Problem::new(
                    path,
                    "is no text, expected the name of a claim",
                ));
                continue;
            };
            problems.extend(check_text(&path, claim, LONGEST_CLAIM));
            let claim = claim.to_owned();
            match field.as_str() {
                "endUser" => map.end_user = claim,
                "displayName" => map.display_name = claim,
                "agents" => map.agents = Some(claim),
                "messagesPerMinute" => map.messages_per_minute = Some(claim),
                _ => problems.push(Problem::new(
                    path,
                    "is unknown, expected endUser, displayName, agents or messagesPerMinute",
                )),
            }
        }
        if problems.is_empty() {
            Ok(map)
        } else {
            Err(problems)
        }
    }
}
