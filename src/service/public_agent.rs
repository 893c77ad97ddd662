//! Public agents: opened and closed by an account's administrators.

use std::sync::Arc;

use serde_json::json;

use super::{PublicOrigins, audit::audit_note, refuse, session_input::is_origin, tables::Tables};
use crate::{
    domain::{Actor, AgentId, Operation, Permission, PublicAccess},
    error::{Error, Problem, Result},
    port::{Announcement, Announcements, Clock},
};

/// The shortest and the longest session, in seconds.
const SECONDS: std::ops::RangeInclusive<i64> = 60..=86_400;
/// The maximum rate of messages of one person.
const MOST_MESSAGES: i64 = 60;
/// The maximum of tokens of one session.
const MOST_TOKENS: i64 = 1_000_000;
/// The maximum number of origins of an agent.
const MOST_ORIGINS: usize = 20;

/// The input of an agent's public access.
#[derive(Debug, Clone)]
pub struct PublicAccessInput {
    /// The agent.
    pub agent: AgentId,
    /// The origins of the pages that may begin a session.
    pub origins: Vec<String>,
    /// The rate of messages of one person.
    pub messages_per_minute: i64,
    /// The maximum of tokens of one session.
    pub tokens: i64,
    /// The time to the expiry of a session, in seconds.
    pub expires_in_seconds: i64,
}

/// Opens agents to callers without credentials, and closes them.
#[derive(Clone)]
pub struct PublicAgentService {
    pub(super) tables: Tables,
    pub(super) origins: PublicOrigins,
    pub(super) announcements: Arc<dyn Announcements>,
    pub(super) clock: Arc<dyn Clock>,
}

impl PublicAgentService {
    /// Makes an agent of the actor's account public, or changes the terms on which it is. Sessions that have begun keep
    /// their terms.
    pub async fn set(&self, actor: &Actor, input: PublicAccessInput) -> Result<PublicAccess> {
        let permission = actor.authorize(Operation::SetPublicAccess)?;
        let store = self.tables.tenant(&permission);
        refuse(input.problems())?;
        if store.agents_by_ids(&[input.agent]).await?.is_empty() {
            return Err(Error::not_found("agent"));
        }
        let rate = u32::try_from(input.messages_per_minute);
        let access = PublicAccess {
            account: permission.account(),
            agent: input.agent,
            origins: without_repetitions(input.origins),
            messages_per_minute: rate.unwrap_or(1),
            tokens: input.tokens,
            expires_in_seconds: input.expires_in_seconds,
            updated_at: self.clock.now(),
        };
        let detail = json!({
            "origins": access.origins,
            "messagesPerMinute": access.messages_per_minute,
            "tokens": access.tokens,
            "expiresInSeconds": access.expires_in_seconds,
        });
        let mut note = audit_note(self.clock.as_ref(), &permission, access.agent, detail);
        note.agent = Some(access.agent);
        store.put_public_access(&access, note).await?;
        self.announce(&permission, access.agent);
        Ok(access)
    }

    /// Ends the public access of an agent of the actor's account: no session begins any more, and its pages are refused.
    /// `NOT_FOUND` when the agent is not public.
    pub async fn remove(&self, actor: &Actor, agent: AgentId) -> Result<()> {
        let permission = actor.authorize(Operation::RevokePublicAccess)?;
        let store = self.tables.tenant(&permission);
        let mut note = audit_note(self.clock.as_ref(), &permission, agent, json!({}));
        note.agent = Some(agent);
        if !store.delete_public_access(agent, note).await? {
            return Err(Error::not_found("public agent"));
        }
        self.announce(&permission, agent);
        Ok(())
    }

    fn announce(&self, permission: &Permission, agent: AgentId) {
        self.origins.forget();
        let changed = Announcement::PublicAccessChanged(agent);
        self.announcements.publish(permission.account(), changed);
    }
}

impl PublicAccessInput {
    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (field, number, range) in [
            (
                "messagesPerMinute",
                self.messages_per_minute,
                1..=MOST_MESSAGES,
            ),
            ("tokens", self.tokens, 1..=MOST_TOKENS),
            ("expiresInSeconds", self.expires_in_seconds, SECONDS),
        ] {
            if !range.contains(&number) {
                problems.push(Problem::new(
                    format!("input.{field}"),
                    format!("{number}, expected {} to {}", range.start(), range.end()),
                ));
            }
        }
        match self.origins.len() {
            0 => problems.push(Problem::new(
                "input.origins",
                "is empty, expected at least one origin",
            )),
            number if number > MOST_ORIGINS => problems.push(Problem::new(
                "input.origins",
                format!("{number} origins, at most {MOST_ORIGINS}"),
            )),
            _ => {}
        }
        let indexed = self.origins.iter().take(MOST_ORIGINS).enumerate();
        let wrong = indexed.filter(|(_, origin)| !is_origin(origin));
        problems.extend(wrong.map(|(index, _)| {
            Problem::new(
                format!("input.origins[{index}]"),
                "is not an origin, expected one like https://www.example.com, without a path",
            )
        }));
        problems
    }
}

fn without_repetitions(origins: Vec<String>) -> Vec<String> {
    let mut once = Vec::with_capacity(origins.len());
    for origin in origins {
        if !once.contains(&origin) {
            once.push(origin);
        }
    }
    once
}
