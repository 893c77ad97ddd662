//! The input of a session of an end user.

use crate::{
    domain::{AgentId, check_name},
    error::Problem,
};

/// The shortest and the longest session, in seconds.
const SECONDS: std::ops::RangeInclusive<i64> = 10..=86_400;
/// The maximum rate of messages of a session.
const MOST_MESSAGES: i64 = 1_000;
/// The maximum number of agents that a session may name.
const MOST_AGENTS: usize = 100;
/// The maximum number of origins that a session may name.
const MOST_ORIGINS: usize = 20;
/// The input of a session to begin.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The account's own id of the end user.
    pub end_user: String,
    /// The display name of the end user; none leaves it as it is.
    pub display_name: Option<String>,
    /// The agents that the end user may talk to; none for every active agent.
    pub agents: Option<Vec<AgentId>>,
    /// The origins of the pages that may use the session; empty for every origin that the installation allows.
    pub origins: Vec<String>,
    /// The time to the expiry, in seconds.
    pub expires_in_seconds: i64,
    /// The rate of messages; none for the installation's default.
    pub messages_per_minute: Option<i64>,
    /// The maximum of tokens that the session's runs may use together.
    pub tokens: Option<i64>,
    /// Whether the person consents to the export of rated conversations; none leaves the consent as it is.
    pub training_consent: Option<bool>,
}

impl NewSession {
    /// Everything that is wrong with the input.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = check_name("input.endUser", &self.end_user)
            .into_iter()
            .collect();
        let name = self.display_name.as_deref();
        problems.extend(name.and_then(|name| check_name("input.displayName", name)));
        if !SECONDS.contains(&self.expires_in_seconds) {
            problems.push(Problem::new(
                "input.expiresInSeconds",
                format!(
                    "{}, expected {} to {}",
                    self.expires_in_seconds,
                    SECONDS.start(),
                    SECONDS.end()
                ),
            ));
        }
        if let Some(rate) = self.messages_per_minute
            && !(1..=MOST_MESSAGES).contains(&rate)
        {
            problems.push(Problem::new(
                "input.messagesPerMinute",
                format!("{rate}, expected 1 to {MOST_MESSAGES}"),
            ));
        }
        if let Some(tokens) = self.tokens
            && tokens < 1
        {
            problems.push(Problem::new(
                "input.tokens",
                format!("{tokens}, expected at least 1; leave it out for no budget"),
            ));
        }
        let agents = self.agents.as_ref();
        match agents.map(Vec::len) {
            Some(0) => problems.push(Problem::new(
                "input.agentIds",
                "is empty, expected at least one agent; leave it out for every active agent",
            )),
            Some(number) if number > MOST_AGENTS => problems.push(Problem::new(
                "input.agentIds",
                format!("{number} agents, at most {MOST_AGENTS}"),
            )),
            _ => {}
        }
        problems.extend(self.origin_problems());
        problems
    }

    fn origin_problems(&self) -> Vec<Problem> {
        if self.origins.len() > MOST_ORIGINS {
            let message = format!("{} origins, at most {MOST_ORIGINS}", self.origins.len());
            return vec![Problem::new("input.origins", message)];
        }
        let indexed = self.origins.iter().enumerate();
        let wrong = indexed.filter(|(_, origin)| !is_origin(origin));
        wrong
            .map(|(index, _)| {
                Problem::new(
                    format!("input.origins[{index}]"),
                    "is not an origin, expected one like https://www.example.com, without a path",
                )
            })
            .collect()
    }
}

/// Whether a text is an origin as browsers send it: a scheme, a host, and a port that is not the usual one. Apps have
/// schemes of their own, such as `capacitor://localhost`.
pub(super) fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else {
        return false;
    };
    let is_of = |text: &str, others: &str| {
        let is_known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || others.contains(c);
        !text.is_empty() && text.chars().all(is_known)
    };
    is_of(scheme, "+-.") && is_of(host, "-._:[]")
}
