//! The context of a call of a built-in tool: the account's rows, the time, and the call's idempotency key.

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

/// The number of entries in a list when the caller gives no limit.
const USUAL_LIMIT: u64 = 20;

/// The context of a call.
pub(super) struct ToolContext {
    /// The calling agent; `None` when the caller is not an agent.
    pub(super) agent: Option<AgentId>,
    pub(super) store: TenantStore,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) call: CallKey,
}

/// What identifies a call, so that repeating it has no second effect.
pub(super) struct CallKey {
    /// The name of the tool.
    pub(super) tool: String,
    /// The idempotency key, the same for each repetition of a call; empty when the caller gave none.
    pub(super) key: String,
    /// SHA-256 of the arguments, in hexadecimal.
    pub(super) digest: String,
}

impl ToolContext {
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The current day in UTC.
    pub(super) fn today(&self) -> NaiveDate {
        self.now().date_naive()
    }

    pub(super) fn id<K: IdKind>(&self) -> Id<K> {
        Id::new(self.clock.as_ref())
    }

    /// The record of this call's effect on a row. `None` when the call has no idempotency key.
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

    /// The row that an earlier call with the same idempotency key created or changed. CONFLICT when that call had
    /// another tool or other arguments.
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

/// The part of a list that the caller asks for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ListPage {
    limit: Option<u64>,
    after: Option<String>,
}

impl ListPage {
    /// The page request; `scope` is the name of the list that the cursor must belong to.
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

/// The first `limit` entries of a list.
pub(super) fn first(limit: u64) -> PageRequest {
    PageRequest {
        limit,
        after: None,
        before: None,
        from_end: false,
    }
}

/// The page of a list in a tool's result: the entries under `name`, and the cursor of the next page, if there is one.
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

/// The change of an optional field in an update.
#[derive(Debug, Default)]
pub(super) enum FieldUpdate<T> {
    /// The field is absent from the input and keeps its value.
    #[default]
    Keep,
    /// The field is null in the input and is cleared.
    Clear,
    /// The field gets this value.
    Set(T),
}

impl<T> FieldUpdate<T> {
    pub(super) fn apply(self, place: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *place = None,
            Self::Set(value) => *place = Some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for FieldUpdate<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Option::deserialize(deserializer)?;
        Ok(given.map_or(Self::Clear, Self::Set))
    }
}

/// The object without its null fields.
pub(super) fn known(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, field)| !field.is_null())
            .collect(),
        other => other,
    }
}

/// A time in RFC 3339 with whole seconds, as tools return it.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Parses a date such as `2026-12-31`; `path` names the argument in the error.
pub(super) fn day(path: &str, text: &str) -> Result<NaiveDate> {
    text.parse().map_err(|_| {
        Error::bad_input(
            path,
            format!("\"{text}\" is not a day, expected one such as 2026-12-31"),
        )
    })
}

/// The error for a row that another call changed after this call read it.
pub(super) fn overtaken(noun: &str) -> Error {
    Error::conflict(format!(
        "the {noun} was changed by somebody else at the same time; read it again and repeat the call"
    ))
}

/// An error with a single problem.
pub(super) fn wrong(problem: Problem) -> Error {
    Error::problems(vec![problem])
}
