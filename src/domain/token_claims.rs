//! The claims of a token of an identity provider: read within bounds, checked against the clock, and mapped to an end
//! user.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use crate::{
    domain::{AgentId, ClaimMap, check_name, excerpt},
    error::{Error, Result},
};

/// The maximum length of a token, in bytes. Its claims are shorter, so that nothing larger is decoded.
const LONGEST_TOKEN: usize = 8 * 1024;
/// The maximum number of audiences of a token that are looked at.
const MOST_AUDIENCES: usize = 50;
/// The maximum number of agents of a token that are looked at.
const MOST_AGENTS: usize = 100;
/// The maximum rate of messages that a token can give.
const MOST_MESSAGES: i64 = 1_000;
/// The time after which a token has to be verified again, however long it is valid.
const LONGEST_LIFETIME: TimeDelta = TimeDelta::hours(24);

/// The claims of a token.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenClaims(Map<String, Value>);

/// When a token was issued and when it expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenTimes {
    /// The time of the issue, if the token names it.
    pub issued_at: Option<DateTime<Utc>>,
    /// The time from which on it is not valid any more: with the allowed difference of the clocks, and at most in 24 hours.
    pub expires_at: DateTime<Utc>,
}

/// The end user whom a token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenIdentity {
    /// The account's own id of the end user.
    pub external_id: String,
    /// The display name.
    pub display_name: Option<String>,
    /// The agents that the end user may talk to; none for every active agent.
    pub agents: Option<Vec<AgentId>>,
    /// The rate of messages; none for the installation's default.
    pub messages_per_minute: Option<u32>,
}

impl TokenClaims {
    /// Reads the claims of a token, whose signature was not verified. None for a credential that is no such token;
    /// `UNAUTHENTICATED` for a token that is too long or cannot be read.
    pub fn unverified(credential: &str) -> Result<Option<Self>> {
        let mut parts = credential.split('.');
        let (Some(header), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Ok(None);
        };
        if credential.len() > LONGEST_TOKEN {
            return Err(Error::unauthenticated(format!(
                "the token has over {LONGEST_TOKEN} bytes"
            )));
        }
        // another credential may have dots as well; only a token begins with a JSON object
        if json_object(header).is_none() {
            return Ok(None);
        }
        json_object(payload)
            .map(|claims| Some(Self(claims)))
            .ok_or_else(|| Error::unauthenticated("the claims of the token cannot be read"))
    }

    /// The issuer.
    pub fn issuer(&self) -> Option<&str> {
        self.0.get("iss")?.as_str()
    }

    /// The audiences: one, or the elements of a list.
    pub fn audiences(&self) -> Vec<&str> {
        let given = match self.0.get("aud") {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        let texts = given.iter().filter_map(Value::as_str);
        texts.take(MOST_AUDIENCES).collect()
    }

    /// Checks `exp`, `nbf` and `iat`. The clocks may differ by `skew`.
    pub fn check_times(&self, now: DateTime<Utc>, skew: TimeDelta) -> Result<TokenTimes> {
        let expires_at = self.time("exp")?;
        let expires_at =
            expires_at.ok_or_else(|| Error::unauthenticated("the token has no expiry (exp)"))?;
        let expires_at = expires_at.checked_add_signed(skew).unwrap_or(expires_at);
        if expires_at <= now {
            return Err(Error::unauthenticated("the token has expired"));
        }
        let latest = now + skew;
        if self.time("nbf")?.is_some_and(|from| from > latest) {
            return Err(Error::unauthenticated("the token is not valid yet (nbf)"));
        }
        let issued_at = self.time("iat")?;
        if issued_at.is_some_and(|at| at > latest) {
            return Err(Error::unauthenticated(
                "the token was issued in the future (iat)",
            ));
        }
        Ok(TokenTimes {
            issued_at,
            expires_at: expires_at.min(now + LONGEST_LIFETIME),
        })
    }

    /// The end user whom the claims name. `UNAUTHENTICATED` when a claim is missing or of the wrong kind.
    pub fn identity(&self, map: &ClaimMap) -> Result<TokenIdentity> {
        let external_id = match self.0.get(&map.end_user) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return Err(wrong(&map.end_user, "names no end user")),
        };
        if check_name("", &external_id).is_some() {
            return Err(wrong(
                &map.end_user,
                "is no id of 1 to 120 characters in one line",
            ));
        }
        let display_name = self.0.get(&map.display_name).and_then(Value::as_str);
        Ok(TokenIdentity {
            external_id,
            // a name is for display only: one that cannot be stored costs the name
            display_name: display_name
                .filter(|name| check_name("", name).is_none())
                .map(str::to_owned),
            agents: map
                .agents
                .as_ref()
                .map(|claim| self.agents(claim))
                .transpose()?,
            messages_per_minute: map
                .messages_per_minute
                .as_ref()
                .and_then(|claim| self.rate(claim)),
        })
    }

    /// The agents in a claim; what is no id of an agent is left out. A token without the claim names no agent: the
    /// restriction that the account asked for does not fall away.
    fn agents(&self, claim: &str) -> Result<Vec<AgentId>> {
        let list = match self.0.get(claim) {
            Some(Value::Array(list)) => list.as_slice(),
            None | Some(Value::Null) => &[],
            Some(_) => return Err(wrong(claim, "is no list of ids of agents")),
        };
        let texts = list.iter().take(MOST_AGENTS).filter_map(Value::as_str);
        Ok(texts
            .filter_map(|text| AgentId::parse(claim, text).ok())
            .collect())
    }

    fn rate(&self, claim: &str) -> Option<u32> {
        let rate = self.0.get(claim)?.as_i64()?;
        u32::try_from(rate.clamp(1, MOST_MESSAGES)).ok()
    }

    /// A time in seconds since 1970, possibly with a fraction. `UNAUTHENTICATED` for what is no such time.
    fn time(&self, claim: &str) -> Result<Option<DateTime<Utc>>> {
        let Some(value) = self.0.get(claim).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let seconds = value.as_i64();
        let milliseconds = match seconds {
            Some(seconds) => seconds.checked_mul(1_000),
            None => value.as_f64().and_then(whole_milliseconds),
        };
        milliseconds
            .and_then(DateTime::from_timestamp_millis)
            .map(Some)
            .ok_or_else(|| wrong(claim, "is no time in seconds"))
    }
}

/// The milliseconds of a number of seconds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "larger numbers are refused before"
)]
fn whole_milliseconds(seconds: f64) -> Option<i64> {
    (seconds.abs() < 1e12).then_some((seconds * 1e3) as i64)
}

fn json_object(encoded: &str) -> Option<Map<String, Value>> {
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(encoded).ok()?;
    serde_json::from_slice(&decoded).ok()
}

/// The claim's name is the account's own; its value is not repeated.
fn wrong(claim: &str, problem: &str) -> Error {
    Error::unauthenticated(format!(
        "the claim \"{}\" of the token {problem}",
        excerpt(claim)
    ))
}
