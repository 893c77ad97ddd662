//! The vector stores of this installation by kind, and the choice among them for an agent.

use std::sync::Arc;

use crate::{
    domain::{AccountTier, VectorStoreKind},
    error::{Error, Result},
    port::VectorStore,
};

/// The vector stores of this installation.
pub struct VectorStores {
    /// The store inside the database's tables.
    pub embedded: Arc<dyn VectorStore>,
    /// PostgreSQL with pgvector; `None` on SQLite.
    pub pgvector: Option<Arc<dyn VectorStore>>,
    /// The store of namespaces in a shared Pinecone index.
    pub namespaces: Arc<dyn VectorStore>,
    /// The store of dedicated Pinecone indexes, one per account.
    pub dedicated: Arc<dyn VectorStore>,
    /// Whether the operator has configured a Pinecone key.
    pub has_pinecone: bool,
}

impl VectorStores {
    /// The store of that kind; `own_key` says whether the account has its own Pinecone key. UNAVAILABLE, naming
    /// what is missing, when this installation has no such store.
    pub fn of(&self, kind: VectorStoreKind, own_key: bool) -> Result<&Arc<dyn VectorStore>> {
        let pinecone = self.has_pinecone || own_key;
        match kind {
            VectorStoreKind::Embedded => Ok(&self.embedded),
            VectorStoreKind::Pgvector => self.pgvector.as_ref().ok_or_else(|| {
                Error::unavailable(
                    "this installation has no pgvector, which takes PostgreSQL; ask the operator",
                )
            }),
            VectorStoreKind::PineconeNamespace if pinecone => Ok(&self.namespaces),
            VectorStoreKind::PineconeDedicated if pinecone => Ok(&self.dedicated),
            VectorStoreKind::PineconeNamespace | VectorStoreKind::PineconeDedicated => {
                Err(Error::unavailable(
                    "this installation has no key for Pinecone; give the account's own, or ask the operator",
                ))
            }
        }
    }

    /// The kind that a new agent gets: that of its pricing tier, but none above the account's tier. When this
    /// installation does not have it, the next simpler kind.
    pub fn choose(&self, account: AccountTier, tier: VectorStoreKind) -> VectorStoreKind {
        let most = match account {
            AccountTier::Entry => VectorStoreKind::Pgvector,
            AccountTier::Standard => VectorStoreKind::PineconeNamespace,
            AccountTier::Premium => VectorStoreKind::PineconeDedicated,
        };
        let wanted = if rank(tier) <= rank(most) { tier } else { most };
        SIMPLEST_LAST
            .into_iter()
            .filter(|kind| rank(*kind) <= rank(wanted))
            .find(|kind| self.of(*kind, false).is_ok())
            .unwrap_or(VectorStoreKind::Embedded)
    }
}

const SIMPLEST_LAST: [VectorStoreKind; 4] = [
    VectorStoreKind::PineconeDedicated,
    VectorStoreKind::PineconeNamespace,
    VectorStoreKind::Pgvector,
    VectorStoreKind::Embedded,
];

fn rank(kind: VectorStoreKind) -> u8 {
    match kind {
        VectorStoreKind::Embedded => 0,
        VectorStoreKind::Pgvector => 1,
        VectorStoreKind::PineconeNamespace => 2,
        VectorStoreKind::PineconeDedicated => 3,
    }
}
