//! Composes the parts of knowledge from its adapters.

use std::sync::Arc;

use reqwest::Client;

use crate::{
    adapter::{
        pinecone::{PineconeLayout, PineconeOptions, PineconeTimeouts, PineconeVectorStore},
        text::{DocumentProcessOptions, DocumentProcesses},
        vault::KeyRingVault,
        web::{Egress, FetchLimits, GuardedFetcher, GuardedSender},
    },
    config::{Config, DatabaseKind, JobsConfig, KeyRing},
    domain::AuditKeys,
    error::Result,
    jobs::JobLimits,
    knowledge::{Knowledge, KnowledgeParts, VectorStores},
    metrics::JobMetrics,
    port::{Announcements, Clock, Embedder, Vault, VectorStore, WebhookSender},
    store::{EmbeddedVectors, PgVectors, Store},
};

/// What the knowledge of agents shares with other parts of the application.
pub(crate) struct KnowledgeInputs<'a> {
    pub(crate) store: &'a Store,
    pub(crate) client: &'a Client,
    pub(crate) clock: &'a Arc<dyn Clock>,
    pub(crate) embedder: &'a Arc<dyn Embedder>,
    pub(crate) announcements: &'a Arc<dyn Announcements>,
    pub(crate) metrics: &'a Arc<JobMetrics>,
}

/// The knowledge of agents over the configured stores.
pub(crate) fn knowledge(config: &Config, inputs: &KnowledgeInputs<'_>) -> Result<Knowledge> {
    let store = inputs.store;
    let egress = Egress::new(&config.egress_allow)?;
    Ok(Knowledge::new(KnowledgeParts {
        store: store.clone(),
        vectors: vector_stores(config, store, inputs.client),
        embedder: Arc::clone(inputs.embedder),
        extractor: Arc::new(DocumentProcesses::new(DocumentProcessOptions {
            program: config.program.clone(),
            memory_mib: config.knowledge.document_memory_mib,
            time: config.knowledge.document_time(),
            total_memory_mib: config.knowledge.reading_memory_mib,
        })),
        fetcher: Arc::new(GuardedFetcher::new(egress, FetchLimits::USUAL)),
        vault: vault(config),
        announcements: Arc::clone(inputs.announcements),
        clock: Arc::clone(inputs.clock),
        largest_document: config.knowledge.largest_document(),
        metrics: Arc::clone(inputs.metrics),
    }))
}

/// The vault that seals the secrets of accounts.
pub(crate) fn vault(config: &Config) -> Arc<dyn Vault> {
    let keys = config.encryption_keys.iter().flat_map(KeyRing::keys);
    Arc::new(KeyRingVault::new(
        keys.map(|key| (key.id.clone(), key.bytes)),
    ))
}

/// The sender of deliveries to webhooks.
pub(crate) fn webhook_sender(config: &Config) -> Result<Arc<dyn WebhookSender>> {
    let egress = Egress::new(&config.egress_allow)?;
    Ok(Arc::new(GuardedSender::new(egress)))
}

/// The keys that seal audit logs.
pub(crate) fn audit_keys(config: &Config) -> AuditKeys {
    let keys = config.encryption_keys.iter().flat_map(KeyRing::keys);
    AuditKeys::derived_from(keys.map(|key| (key.id.clone(), key.bytes)))
}

/// The limits of background jobs.
pub(crate) fn job_limits(config: &JobsConfig) -> JobLimits {
    JobLimits {
        concurrent: config.concurrent,
        concurrent_per_account: config.concurrent_per_account,
        lease: config.lease(),
        attempts: config.attempts,
    }
}

fn vector_stores(config: &Config, store: &Store, client: &Client) -> VectorStores {
    let pinecone = |layout| -> Arc<dyn VectorStore> {
        let options = PineconeOptions {
            url: config.pinecone.url.clone(),
            api_key: config.pinecone.api_key.clone(),
            cloud: config.pinecone.cloud.clone(),
            region: config.pinecone.region.clone(),
            timeouts: PineconeTimeouts::default(),
        };
        Arc::new(PineconeVectorStore::new(layout, client.clone(), options))
    };
    let memory = config.knowledge.vector_memory();
    let is_postgres = config.database.kind() == DatabaseKind::Postgres;
    VectorStores {
        embedded: Arc::new(EmbeddedVectors::new(store.clone(), memory)),
        pgvector: is_postgres
            .then(|| Arc::new(PgVectors::new(store.clone())) as Arc<dyn VectorStore>),
        namespaces: pinecone(PineconeLayout::Shared),
        dedicated: pinecone(PineconeLayout::Dedicated),
        has_pinecone: config.pinecone.api_key.is_some(),
    }
}
