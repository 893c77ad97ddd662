//! Ids: `TypeID`s outside (`agent_` and 26 characters, jetify specification 0.3), `UUIDv7` inside, one Rust type per
//! noun.

use std::{
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    sync::{Mutex, PoisonError},
};

use type_safe_id::{DynamicType, TypeSafeId};
use uuid::{ContextV7, Timestamp, Uuid};

use crate::{
    domain::text::excerpt,
    error::{Error, Result},
    port::Clock,
};

/// Orders the ids that one process makes within the same millisecond.
static SEQUENCE: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// A kind of id: its prefix, and its noun in error texts.
pub trait IdKind {
    /// The text before the underscore.
    const PREFIX: &'static str;
    /// The noun with its article, for error texts.
    const NOUN: &'static str;
}

/// The id of a `K`; ids sort by creation time.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

impl<K: IdKind> Id<K> {
    /// A new id with the clock's current time.
    pub fn new(clock: &dyn Clock) -> Self {
        let now = clock.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        let sequence = SEQUENCE.lock().unwrap_or_else(PoisonError::into_inner);
        let timestamp = Timestamp::from_unix(&*sequence, seconds, now.timestamp_subsec_nanos());
        Self::from_uuid(Uuid::new_v7(timestamp))
    }

    /// The id as the tables store it.
    pub fn uuid(self) -> Uuid {
        self.uuid
    }

    /// An id as the tables store it.
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self {
            uuid,
            kind: PhantomData,
        }
    }

    /// Parses an id; `field` is the input's path in errors. An id of another kind is `BAD_USER_INPUT` with the kind's
    /// name.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        let any = NodeId::parse(field, text)?;
        if any.prefix == K::PREFIX {
            return Ok(Self::from_uuid(any.uuid));
        }
        let given = noun_of(&any.prefix).map_or_else(
            || "of an unknown kind".to_owned(),
            |noun| format!("{noun} id"),
        );
        Err(Error::bad_input(
            field,
            format!("\"{}\" is {given}, expected {} id", excerpt(text), K::NOUN),
        ))
    }
}

impl<K: IdKind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DynamicType::new(K::PREFIX) {
            Ok(kind) => write!(f, "{}", TypeSafeId::from_type_and_uuid(kind, self.uuid)),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl<K: IdKind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<K> serde::Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        self.uuid.serialize(serializer)
    }
}

impl<'de, K: IdKind> serde::Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::from_uuid)
    }
}

/// An id of any kind, as `node(id:)` accepts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeId {
    /// The kind's prefix; may be unknown.
    pub prefix: String,
    /// The id without its prefix.
    pub uuid: Uuid,
}

impl NodeId {
    /// Parses an id of any kind; `field` is the input's path in errors.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        let id: TypeSafeId<DynamicType> = text.parse().map_err(|_| {
            Error::bad_input(
                field,
                format!(
                    "\"{}\" is not an id, expected one like agent_01h455vb4pex5vsknk084sn02q",
                    excerpt(text)
                ),
            )
        })?;
        Ok(Self {
            prefix: id.type_prefix().to_owned(),
            uuid: id.uuid(),
        })
    }

    /// The kind's noun with its article, for error texts; none for an unknown prefix.
    pub fn noun(&self) -> Option<&'static str> {
        noun_of(&self.prefix)
    }

    /// The id as one of kind `K`; none for another kind.
    pub fn of<K: IdKind>(&self) -> Option<Id<K>> {
        (self.prefix == K::PREFIX).then(|| Id::from_uuid(self.uuid))
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident as $id:ident = $prefix:literal, $noun:literal;)*) => {
        $(
            #[doc = concat!("Marks the id of ", $noun, ".")]
            #[derive(Debug)]
            pub enum $kind {}
            impl IdKind for $kind {
                const PREFIX: &'static str = $prefix;
                const NOUN: &'static str = $noun;
            }
            $(#[$doc])*
            pub type $id = Id<$kind>;
        )*
        fn noun_of(prefix: &str) -> Option<&'static str> {
            match prefix {
                $($prefix => Some($noun),)*
                _ => None,
            }
        }
    };
}

kinds! {
    /// `account_…`
    AccountKind as AccountId = "account", "an account";
    /// `activity_…`
    ActivityKind as ActivityId = "activity", "an activity";
    /// `agent_…`
    AgentKind as AgentId = "agent", "an agent";
    /// `audit_…`
    AuditKind as AuditId = "audit", "an audit entry";
    /// `comment_…`
    CommentKind as CommentId = "comment", "a comment";
    /// `contact_…`
    ContactKind as ContactId = "contact", "a contact";
    /// `conversation_…`
    ConversationKind as ConversationId = "conversation", "a conversation";
    /// `deal_…`
    DealKind as DealId = "deal", "a deal";
    /// `document_…`
    DocumentKind as DocumentId = "document", "a document";
    /// `enduser_…`
    EndUserKind as EndUserId = "enduser", "an end user";
    /// `erasure_…`
    ErasureKind as ErasureId = "erasure", "an erasure";
    /// `event_…`
    EventKind as EventId = "event", "an event";
    /// `handoff_…`
    HandoffKind as HandoffId = "handoff", "a handoff";
    /// `idp_…`
    IdentityProviderKind as IdentityProviderId = "idp", "an identity provider";
    /// `key_…`
    KeyKind as KeyId = "key", "a key";
    /// `lead_…`
    LeadKind as LeadId = "lead", "a lead";
    /// `mcp_…`
    McpServerKind as McpServerId = "mcp", "an MCP server";
    /// `message_…`
    MessageKind as MessageId = "message", "a message";
    /// `passage_…`
    PassageKind as PassageId = "passage", "a passage";
    /// `personaitem_…`
    PersonaItemKind as PersonaItemId = "personaitem", "a persona item";
    /// `price_…`
    PriceItemKind as PriceItemId = "price", "a price";
    /// `pricelist_…`
    PriceListKind as PriceListId = "pricelist", "a price list";
    /// `providerkey_…`
    ProviderKeyKind as ProviderKeyId = "providerkey", "a provider key";
    /// `quote_…`
    QuoteKind as QuoteId = "quote", "a quote";
    /// `operation_…`
    RegisteredOperationKind as RegisteredOperationId = "operation", "a registered operation";
    /// `request_…`
    RequestKind as RequestId = "request", "a request";
    /// `correction_…`
    RouteCorrectionKind as RouteCorrectionId = "correction", "a correction";
    /// `run_…`
    RunKind as RunId = "run", "a run";
    /// `session_…`
    SessionKind as SessionId = "session", "a session";
    /// `template_…`
    TemplateKind as TemplateId = "template", "a template";
    /// `ticket_…`
    TicketKind as TicketId = "ticket", "a ticket";
    /// `toolcall_…`
    ToolCallKind as ToolCallId = "toolcall", "a tool call";
    /// `webhook_…`
    WebhookKind as WebhookId = "webhook", "a webhook";
}
