//! The names of a collection's index and namespace; see `docs/decisions/0012-vector-store-names.md`.

use super::PineconeLayout;
use crate::{
    domain::{Id, IdKind},
    port::Collection,
};

/// The index that all accounts share.
const SHARED: &str = "shared-multi-tenant";

/// The names of the collection's index: the usual one, and the alternative for when the usual one has another number of
/// dimensions. Pinecone allows at most 45 characters of `a-z`, `0-9` and `-`.
pub(super) fn index_names(layout: PineconeLayout, collection: &Collection) -> [String; 2] {
    let usual = match layout {
        PineconeLayout::Shared => SHARED.to_owned(),
        PineconeLayout::Dedicated => format!("dedicated-{}", short(collection.account)),
    };
    let other = format!("{usual}-{}", collection.dimensions);
    [usual, other]
}

pub(super) fn namespace(collection: &Collection) -> String {
    let (account, agent) = (short(collection.account), short(collection.agent));
    match collection.generation {
        ..=1 => format!("account-{account}-{agent}"),
        generation => format!("account-{account}-{agent}-g{generation}"),
    }
}

/// An id without its prefix: 26 characters of `a-z` and `0-9`, which contain all its bits.
fn short<K: IdKind>(id: Id<K>) -> String {
    let id = id.to_string();
    let short = id.rsplit_once('_').map(|(_, short)| short.to_owned());
    short.unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        domain::{AccountId, AgentId},
        port::CollectionLocation,
    };

    #[test]
    fn names_are_valid_for_pinecone_and_unique() {
        let collection = Collection {
            account: AccountId::from_uuid(Uuid::max()),
            agent: AgentId::from_uuid(Uuid::from_u128(1)),
            generation: 1,
            dimensions: 20_000,
            place: CollectionLocation::default(),
        };
        let [usual, other] = index_names(PineconeLayout::Dedicated, &collection);
        assert_eq!(usual, "dedicated-7zzzzzzzzzzzzzzzzzzzzzzzzz");
        assert_eq!(other, "dedicated-7zzzzzzzzzzzzzzzzzzzzzzzzz-20000");
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(other.len() <= 45 && other.chars().all(allowed));
        assert_eq!(
            index_names(PineconeLayout::Shared, &collection),
            ["shared-multi-tenant", "shared-multi-tenant-20000"]
        );
        assert_eq!(
            namespace(&collection),
            "account-7zzzzzzzzzzzzzzzzzzzzzzzzz-00000000000000000000000001"
        );
        let next = Collection {
            generation: 12,
            ..collection
        };
        assert_eq!(
            namespace(&next),
            "account-7zzzzzzzzzzzzzzzzzzzzzzzzz-00000000000000000000000001-g12"
        );
    }
}
