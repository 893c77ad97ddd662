//! What a call of a built-in tool works with: the account's rows, the time, and the key that it has its effect once by.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    domain::{AgentId, Id, IdKind, Page, PageRequest, Position, ToolCallId},
    error::{Error, Problem, Result},
    port::Clock,
    store::{TenantStore, ToolEffect},
};

/// A list that nobody bounded has this many entries.
const USUAL_LIMIT: u64 = 20;

/// What a call works with.
pub(super) struct Desk {
    /// The agent that calls; none when somebody else does.
    pub(super) agent: Option<AgentId>,
    /// The account's rows.
    pub(super) store: TenantStore,
    /// The time.
    pub(super) clock: Arc<dyn Clock>,
    /// The call.
    pub(super) call: Call,
}

/// The call itself.
pub(super) struct Call {
    /// The tool.
    pub(super) tool: String,
    /// The same for the same call; empty when the caller gave none.
    pub(super) key: String,
    /// SHA-256 of the arguments, in hexadecimal.
    pub(super) digest: String,
}

impl Desk {
    /// Now.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Today, in UTC.
    pub(super) fn today(&self) -> NaiveDate {
        self.now().date_naive()
    }

    /// A new id.
    pub(super) fn id<K: IdKind>(&self) -> Id<K> {
        Id::new(self.clock.as_ref())
    }

    /// What is to be kept of this call's effect on a row; nothing without a key.
    pub(super) fn effect_on<K: IdKind>(&self, subject: Id<K>) -> Option<ToolEffect> {
        (!self.call.key.is_empty()).then(|| ToolEffect {
            id: ToolCallId::new(self.clock.as_ref()).uuid(),
            key: self.call.key.clone(),
            tool: self.call.tool.clone(),
            digest: self.call.digest.clone(),
            subject: subject.uuid(),
            at: self.now(),
        })
    }

    /// What this call made or changed when it was made before.
    pub(super) async fn done_before(&self) -> Result<Option<Uuid>> {
        if self.call.key.is_empty() {
            return Ok(None);
        }
        let Some(effect) = self.store.tool_effect(&self.call.key).await? else {
            return Ok(None);
        };
        if effect.tool != self.call.tool || effect.digest != self.call.digest {
            return Err(Error::conflict(
                "the idempotency key was used for another call; a new call takes a new key",
            ));
        }
        Ok(Some(effect.subject))
    }
}

/// Which part of a list is asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Part {
    limit: Option<u64>,
    after: Option<String>,
}

impl Part {
    /// The part, of the list that `scope` names.
    pub(super) fn of(&self, scope: &str) -> Result<PageRequest> {
        let after = self.after.as_deref();
        Ok(PageRequest {
            limit: self.limit.unwrap_or(USUAL_LIMIT),
            after: after
                .map(|text| Position::parse("after", scope, text))
                .transpose()?,
            before: None,
            from_end: false,
        })
    }
}

/// The first so many of a list.
pub(super) fn first(limit: u64) -> PageRequest {
    PageRequest {
        limit,
        after: None,
        before: None,
        from_end: false,
    }
}

/// A part of a list as a tool answers it: the entries under `name`, and where the next part begins.
pub(super) fn listed<T, K: IdKind>(
    name: &str,
    page: &Page<T>,
    id: fn(&T) -> Id<K>,
    show: fn(&T) -> Value,
) -> Value {
    let mut answer = Map::new();
    answer.insert(name.to_owned(), page.items.iter().map(show).collect());
    if let Some(last) = page.items.last().filter(|_| page.has_next) {
        let cursor = Position::of(id(last)).encode(name);
        answer.insert("nextCursor".to_owned(), cursor.into());
    }
    Value::Object(answer)
}

/// What is to happen to something that may be there or not.
#[derive(Debug, Default)]
pub(super) enum Change<T> {
    /// It was not mentioned, and stays.
    #[default]
    Keep,
    /// It was given as null, and goes.
    Clear,
    /// It becomes this.
    Set(T),
}

impl<T> Change<T> {
    /// Does it.
    pub(super) fn apply(self, place: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *place = None,
            Self::Set(value) => *place = Some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Option::deserialize(deserializer)?;
        Ok(given.map_or(Self::Clear, Self::Set))
    }
}

/// An object without what is null.
pub(super) fn known(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, field)| !field.is_null())
            .collect(),
        other => other,
    }
}

/// A moment as tools write it.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Reads a day such as `2026-12-31`.
pub(super) fn day(path: &str, text: &str) -> Result<NaiveDate> {
    text.parse().map_err(|_| {
        Error::bad_input(
            path,
            format!("\"{text}\" is not a day, expected one such as 2026-12-31"),
        )
    })
}

/// What another call did to a row while this one looked at it.
pub(super) fn overtaken(noun: &str) -> Error {
    Error::conflict(format!(
        "the {noun} was changed by somebody else at the same time; read it again and repeat the call"
    ))
}

/// One thing that is wrong, as an error.
pub(super) fn wrong(problem: Problem) -> Error {
    Error::problems(vec![problem])
}
