//! Fresh databases, and the rows that most tests need.

use std::{env, fs, panic, panic::AssertUnwindSafe, path::PathBuf, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use serde_json::json;
use uuid::Uuid;

use super::server;
use crate::{
    domain::{
        Account, AccountId, AccountTier, Agent, AgentId, AgentStatus, ApiKey, AuditEntry,
        AuditNote, AuditRow, Billing, BudgetEnforcement, Ceiling, Conversation, ConversationId,
        EventBody, FinishReason, Id, IdKind, KeyId, LatencyClass, Lease, Message, MessageId,
        MessagePart, MessageRole, PageRequest, Prompts, Role, Route, RouteReason, Run, RunEvent,
        RunId, RunStatus, Secret, Skill, Template, TemplateId, TemplateSpec, Usage, UsageShare,
    },
    error::Result,
    port::{Append, Clock, SystemClock},
    store::{
        Claimant, NewExchange, RunOutcome, Store, StoreOptions, TargetConversation, TenantStore,
    },
};

/// Runs a test on a fresh, migrated database of each configured kind.
pub(super) async fn on_each_database(test: impl AsyncFn(&Store)) {
    on_sqlite(&async |store: &Store| {
        store.migrate_up().await.unwrap();
        test(store).await;
    })
    .await;
    on_postgres(&test).await;
}

/// Runs a test on a fresh database without tables of each configured kind.
pub(super) async fn on_each_empty_database(test: impl AsyncFn(&Store)) {
    on_sqlite(&test).await;
    if let Some(server) = server::address() {
        let name = server::create(&server, None).await;
        on_database(&server, &name, &test).await;
    }
}

/// Runs a test on a fresh SQLite database without tables.
pub(super) async fn on_sqlite(test: &impl AsyncFn(&Store)) {
    let directory = Directory::new();
    let file = directory.0.join("test.db");
    let store = open(&format!("sqlite://{}?mode=rwc", file.display())).await;
    test(&store).await;
    store.close().await.unwrap();
}

/// Runs a test on a fresh, migrated PostgreSQL database, when one is configured.
pub(super) async fn on_postgres(test: &impl AsyncFn(&Store)) {
    let Some(server) = server::address() else {
        return;
    };
    let name = migrated(&server).await;
    on_database(&server, &name, test).await;
}

/// Creates a migrated database; returns its name.
pub(super) async fn migrated(server: &str) -> String {
    let template = server::template(server, async |url| {
        let store = open(&url).await;
        store.migrate_up().await.unwrap();
        store.close().await.unwrap();
    });
    server::create(server, Some(&template.await)).await
}

/// Runs a test on the database with this name, and deletes the database afterwards.
pub(super) async fn on_database(server: &str, name: &str, test: &impl AsyncFn(&Store)) {
    let store = open(&server::url_of(server, name)).await;
    let outcome = AssertUnwindSafe(test(&store)).catch_unwind().await;
    store.close().await.unwrap();
    server::remove(server, name).await;
    if let Err(failure) = outcome {
        panic::resume_unwind(failure);
    }
}

async fn open(url: &str) -> Store {
    let options = StoreOptions {
        url: Secret::new(url),
        read_url: None,
        max_connections: 8,
    };
    Store::open(&options).await.unwrap()
}

/// A folder that is removed at the end of its test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let directory = env::temp_dir().join(format!("troupe-store-{}", Uuid::now_v7().simple()));
        fs::create_dir(&directory).unwrap();
        Self(directory)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // The system cleans up what cannot be removed.
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(super) fn id<K: IdKind>() -> Id<K> {
    Id::new(&SystemClock)
}

pub(super) fn now() -> DateTime<Utc> {
    SystemClock.now()
}

/// The first page with `limit` items.
pub(super) fn first(limit: u64) -> PageRequest {
    PageRequest {
        limit,
        after: None,
        before: None,
        from_end: false,
    }
}

/// The entries of rows, all of which must be readable.
pub(super) fn entries_of(rows: &[AuditRow]) -> Vec<AuditEntry> {
    let entry = |row: &AuditRow| match row {
        AuditRow::Entry(entry) => (**entry).clone(),
        AuditRow::Unreadable { .. } => panic!("{row:?}"),
    };
    rows.iter().map(entry).collect()
}

/// A stored account with a key.
pub(super) async fn an_account(store: &Store) -> TenantStore {
    let account = account(id());
    let key = api_key(account.id);
    let hash = unique_hash();
    store
        .platform()
        .create_account(&account, &key, hash, note())
        .await
        .unwrap();
    store.tenant(account.id)
}

pub(super) fn account(id: AccountId) -> Account {
    Account {
        id,
        name: "Acme".to_owned(),
        tier: AccountTier::Standard,
        billing: Billing {
            monthly_token_budget: Some(1_000_000),
            monthly_cost_budget_usd: Some(12.5),
            enforcement: BudgetEnforcement::Block,
        },
        ceiling: Ceiling {
            tokens: Some(2_000_000),
            cost_usd: None,
        },
        configuration: json!({"voice": {"tone": "warm"}}),
        routes_by_model: true,
        suspended_at: None,
        end_user_operations: crate::domain::EndUserOperations::Registered,
        created_at: now(),
    }
}

pub(super) fn api_key(account: AccountId) -> ApiKey {
    ApiKey {
        id: id::<_>(),
        account,
        name: "first".to_owned(),
        prefix: "troupe_abcd".to_owned(),
        role: Role::Owner,
        created_at: now(),
        last_used_at: None,
        expires_at: None,
        revoked_at: None,
    }
}

/// A unique value of 32 bytes.
pub(super) fn unique_hash() -> [u8; 32] {
    let id: KeyId = id();
    let mut hash = [7; 32];
    hash[..16].copy_from_slice(id.uuid().as_bytes());
    hash
}

pub(super) fn template(name: &str, version: &str) -> Template {
    Template {
        id: id(),
        spec: TemplateSpec {
            name: name.to_owned(),
            version: version.to_owned(),
            workflow: "SalesAgentWorkflow".to_owned(),
            description: "sells".to_owned(),
            latency_class: LatencyClass::Interactive,
            config_schema: json!({"type": "object"}),
            context_schema: json!({"type": "object"}),
            configuration: serde_json::Map::new(),
            pricing_tiers: Vec::new(),
            skills: vec![Skill {
                id: format!("{name}_skill"),
                name: "A skill".to_owned(),
                description: "does something".to_owned(),
                examples: vec!["do it".to_owned()],
            }],
            prompts: Prompts {
                system: "You sell.".to_owned(),
            },
        },
        created_at: now(),
        deprecated_at: None,
    }
}

/// A stored template.
pub(super) async fn a_template(store: &Store) -> TemplateId {
    let template = template(&format!("t{}", Uuid::now_v7().simple()), "1.0.0");
    assert!(store.platform().publish(&template).await.unwrap());
    template.id
}

/// A new agent, not stored.
pub(super) fn agent(tenant: &TenantStore, template: TemplateId, name: &str) -> Agent {
    let now = now();
    let id: AgentId = id();
    Agent {
        id,
        account: tenant.account,
        template,
        slug: format!("a-{}", id.uuid().simple()),
        name: name.to_owned(),
        tier: "startup".to_owned(),
        configuration: json!({"a": 1}),
        status: AgentStatus::Active,
        fallback: None,
        created_at: now,
        updated_at: now,
        deleted_at: None,
    }
}

/// A stored agent.
pub(super) async fn an_agent(store: &Store, tenant: &TenantStore) -> Agent {
    let template = a_template(store).await;
    let agent = agent(tenant, template, "Ann");
    assert!(tenant.insert_agent(&agent, &[], note()).await.unwrap());
    agent
}

/// The audit note of a change that a test makes.
pub(super) fn note() -> AuditNote {
    note_at(now())
}

pub(super) fn note_at(at: DateTime<Utc>) -> AuditNote {
    AuditNote {
        id: id(),
        at,
        actor: "key".to_owned(),
        action: "test".to_owned(),
        subject: None,
        agent: None,
        conversation: None,
        detail: json!({}),
    }
}

/// A first message to an agent, not stored.
pub(super) fn opening(tenant: &TenantStore, agent: &Agent) -> NewExchange {
    let exchange = follow_up(tenant, agent, id());
    let conversation = Conversation::begun_by(
        &exchange.question,
        tenant.account,
        agent.id,
        json!({"caseId": "1"}),
        Some("eve".to_owned()),
    );
    NewExchange {
        conversation: TargetConversation::New(conversation),
        ..exchange
    }
}

/// A message in an existing conversation; not stored yet.
pub(super) fn follow_up(
    tenant: &TenantStore,
    agent: &Agent,
    conversation: ConversationId,
) -> NewExchange {
    let run: RunId = id();
    let question = Message::of_user(id(), conversation, run, "how much?".to_owned(), now());
    NewExchange {
        conversation: TargetConversation::Existing(conversation),
        context: None,
        switch: None,
        correction: None,
        run: queued(tenant, agent, &question),
        question,
        sender: None,
        end_user: None,
        claimant: None,
        branch: None,
    }
}

fn queued(tenant: &TenantStore, agent: &Agent, question: &Message) -> Run {
    Run {
        id: question.run,
        account: tenant.account,
        conversation: question.conversation,
        agent: Some(agent.id),
        question: question.id,
        answer: None,
        client_message_id: None,
        session: None,
        status: RunStatus::Queued,
        latency_class: LatencyClass::Interactive,
        attempt: 0,
        epoch: 0,
        cancel_requested: false,
        route: Route {
            agent: agent.id,
            skill: None,
            confidence: 1.0,
            threshold: None,
            reason: RouteReason::Requested,
            explanation: "The message asks for it.".to_owned(),
            replaced: None,
            candidates: Vec::new(),
        },
        allow_tools: None,
        failed_model: None,
        usage: Usage::default(),
        finish_reason: None,
        error: None,
        last_sequence: None,
        created_at: question.created_at,
        started_at: None,
        finished_at: None,
    }
}

/// A run whose lease lasts for one minute.
pub(super) async fn a_claimed_run(tenant: &TenantStore, agent: &Agent) -> Lease {
    let exchange = opening(tenant, agent);
    tenant.accept(&exchange).await.unwrap();
    let conversation = exchange.run.conversation;
    let claimed = claimed_by(tenant, conversation, Uuid::now_v7(), now()).await;
    claimed.unwrap().unwrap().0
}

/// All latency classes.
pub(super) const CLASSES: [LatencyClass; 2] = [LatencyClass::Interactive, LatencyClass::Deep];

/// A process that answers every latency class, with leases of one minute.
pub(super) fn claimant(owner: Uuid) -> Claimant {
    Claimant {
        owner,
        classes: CLASSES.to_vec(),
        lease: TimeDelta::minutes(1),
    }
}

/// The lease that such a process gets when it claims the next run of a conversation at this time.
pub(super) async fn claimed_by(
    tenant: &TenantStore,
    conversation: ConversationId,
    owner: Uuid,
    at: DateTime<Utc>,
) -> Result<Option<(Lease, Run)>> {
    tenant.claim_next(conversation, &claimant(owner), at).await
}

/// The outcome of a successful run.
pub(super) fn success(lease: &Lease, agent: &Agent) -> RunOutcome {
    let at = now();
    let answer: MessageId = id();
    let usage = Usage {
        input_tokens: 100,
        output_tokens: 20,
        cost_usd: 0.25,
        first_token_ms: Some(30),
        duration_ms: Some(400),
    };
    RunOutcome {
        state: None,
        status: RunStatus::Succeeded,
        answer: Some(Message {
            id: answer,
            conversation: lease.conversation,
            role: MessageRole::Assistant,
            text: "ten dollars".to_owned(),
            finish_reason: Some(FinishReason::Stop),
            parts: vec![MessagePart::Text { characters: 11 }],
            citations: Vec::new(),
            agent: Some(agent.id),
            run: lease.run,
            rating: None,
            demo_quality: true,
            private: false,
            sections: Vec::new(),
            created_at: at,
        }),
        sources: Vec::new(),
        finish_reason: Some(FinishReason::Stop),
        usage,
        shares: vec![UsageShare {
            agent: Some(agent.id),
            model: Some("small".to_owned()),
            usage,
        }],
        model: Some("small".to_owned()),
        error: None,
        has_calls: false,
        has_holds: false,
        resolves_handoffs: false,
        last_sequence: 3,
        at,
    }
}

/// An append of events with these sequences.
pub(super) fn an_append(lease: Lease, sequences: impl IntoIterator<Item = i64>) -> Append {
    let events = events(lease.run, sequences).into_iter();
    let events = events.map(Arc::new).collect();
    Append { lease, events }
}

/// Events of a run with these sequences.
pub(super) fn events(run: RunId, sequences: impl IntoIterator<Item = i64>) -> Vec<RunEvent> {
    sequences
        .into_iter()
        .map(|sequence| RunEvent {
            run,
            sequence,
            at: now(),
            body: EventBody::TokenDelta {
                // One code point per token, so that the offsets are correct.
                text: char::from(b'a' + u8::try_from(sequence % 26).unwrap()).to_string(),
                offset: sequence,
                utf16_offset: sequence,
            },
        })
        .collect()
}
