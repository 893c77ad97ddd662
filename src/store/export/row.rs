//! A row of any table as JSON, with the ids and the names of the API.

use chrono::SecondsFormat;
use sea_orm::{EntityTrait, IdenStatic, Iterable, ModelTrait, Value as ColumnValue};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    domain::{
        ActivityId, AgentId, CommentId, ContactId, ConversationId, DealId, DocumentId, EndUserId,
        HandoffId, LeadId, McpServerId, MessageId, PassageId, QuoteId, RunId, SessionId, TicketId,
        ToolCallId,
    },
    store::{erasure::kind_of, scoped::TenantEntity},
};

/// Columns that no export shows: secrets, and what the program needs for its own work.
const LEFT_OUT: [&str; 12] = [
    "account_id",
    "arguments_digest",
    "epoch",
    "erasure_id",
    "excused_attempts",
    "extra",
    "folded",
    "folded_customer",
    "hash",
    "idempotency_key",
    "lease_expires_at",
    "lease_owner",
];

/// The columns of a row by the names of the API.
pub(super) fn exported<E: TenantEntity>(row: &E::Model) -> Map<String, Value> {
    <E as EntityTrait>::Column::iter()
        .filter_map(|column| {
            let name = column.as_str();
            if LEFT_OUT.contains(&name) {
                return None;
            }
            let noun = match name.strip_suffix("_id") {
                Some(noun) => noun,
                None if name == "id" => E::NOUN,
                None => "",
            };
            let value = json_of(row.get(column), noun)?;
            Some((kind_of(name), value))
        })
        .collect()
}

/// A value of a column; none for bytes. `noun` names what an id is of.
fn json_of(value: ColumnValue, noun: &str) -> Option<Value> {
    match value {
        ColumnValue::Bytes(_) => None,
        ColumnValue::Uuid(Some(id)) => Some(Value::from(typed_id(noun, id))),
        ColumnValue::ChronoDateTimeUtc(Some(at)) => {
            Some(Value::from(at.to_rfc3339_opts(SecondsFormat::Micros, true)))
        }
        ColumnValue::String(text) => Some(text.map_or(Value::Null, Value::from)),
        ColumnValue::Json(json) => Some(json.map_or(Value::Null, |json| *json)),
        ColumnValue::Bool(truth) => Some(truth.map_or(Value::Null, Value::from)),
        ColumnValue::Int(number) => Some(number.map_or(Value::Null, Value::from)),
        ColumnValue::BigInt(number) => Some(number.map_or(Value::Null, Value::from)),
        ColumnValue::Double(number) => Some(number.map_or(Value::Null, Value::from)),
        other => Some(sea_orm::sea_query::sea_value_to_json_value(&other)),
    }
}

/// An id as the API writes it.
fn typed_id(noun: &str, id: Uuid) -> String {
    match noun {
        "activity" => ActivityId::from_uuid(id).to_string(),
        "agent" | "from_agent" | "to_agent" => AgentId::from_uuid(id).to_string(),
        "contact" => ContactId::from_uuid(id).to_string(),
        "conversation" => ConversationId::from_uuid(id).to_string(),
        "deal" => DealId::from_uuid(id).to_string(),
        "document" => DocumentId::from_uuid(id).to_string(),
        "end_user" => EndUserId::from_uuid(id).to_string(),
        "handoff" => HandoffId::from_uuid(id).to_string(),
        "lead" => LeadId::from_uuid(id).to_string(),
        "server" => McpServerId::from_uuid(id).to_string(),
        "message" | "question" | "answer" => MessageId::from_uuid(id).to_string(),
        "passage" => PassageId::from_uuid(id).to_string(),
        "quote" => QuoteId::from_uuid(id).to_string(),
        "run" => RunId::from_uuid(id).to_string(),
        "session" => SessionId::from_uuid(id).to_string(),
        "ticket" => TicketId::from_uuid(id).to_string(),
        "ticket_comment" => CommentId::from_uuid(id).to_string(),
        "tool_call" => ToolCallId::from_uuid(id).to_string(),
        _ => id.to_string(),
    }
}
