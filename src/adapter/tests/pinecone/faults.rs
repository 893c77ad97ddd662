//! Which calls are retried, how often, and the final error of the caller.

use std::time::{Duration, Instant};

use super::{
    Pinecone, PineconeLayout::Shared, a_collection, options, prepared, records, store, store_with,
    timeouts,
};
use crate::{
    adapter::{
        pinecone::{PineconeOptions, PineconeTimeouts},
        tests::fake_pinecone::Fault,
    },
    error::Kind,
    port::VectorStore,
};

const UPSERT: &str = "POST /vectors/upsert";

#[tokio::test]
async fn a_call_is_attempted_at_most_three_times() {
    let pinecone = Pinecone::start().await;
    let store = store(Shared, &pinecone);
    let collection = prepared(&store, a_collection()).await;
    let passing = [
        Fault::TooMany(None),
        Fault::TooMany(Some(0)),
        Fault::Broken,
        Fault::Page,
        Fault::Cut,
    ];
    for fault in passing {
        for (times, works) in [(2, true), (3, false)] {
            let before = pinecone.asked(UPSERT).len();
            for _ in 0..times {
                pinecone.will(UPSERT, 0, fault);
            }
            let kept = store.upsert(&collection, &records(8, 1)).await;
            assert_eq!(pinecone.asked(UPSERT).len() - before, 3, "{fault:?}");
            assert_eq!(kept.is_ok(), works, "{fault:?}: {kept:?}");
            if let Err(error) = kept {
                assert_eq!(*error.kind(), Kind::Unavailable, "{error:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_retry_after_is_honoured_unless_it_is_too_long() {
    let pinecone = Pinecone::start().await;
    let store = store(Shared, &pinecone);
    let collection = prepared(&store, a_collection()).await;
    pinecone.will(UPSERT, 0, Fault::TooMany(Some(1)));
    let begun = Instant::now();
    store.upsert(&collection, &records(8, 1)).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));

    pinecone.will(UPSERT, 0, Fault::TooMany(Some(3_600)));
    let before = pinecone.asked(UPSERT).len();
    let error = store.upsert(&collection, &records(8, 1)).await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert!(error.message().contains("too often"), "{error:?}");
    assert_eq!(pinecone.asked(UPSERT).len() - before, 1);
}

#[tokio::test]
async fn a_silent_pinecone_times_out() {
    let pinecone = Pinecone::start().await;
    let timeouts = PineconeTimeouts {
        request: Duration::from_secs(2),
        ..timeouts()
    };
    let store = store_with(
        Shared,
        PineconeOptions {
            timeouts,
            ..options(&pinecone)
        },
    );
    let collection = prepared(&store, a_collection()).await;
    pinecone.will("POST /query", 0, Fault::Hang);
    let asked = super::limits::query_for(&records(8, 1)[0]);
    assert_eq!(store.query(&collection, &asked).await.unwrap(), []);
    for _ in 0..3 {
        pinecone.will("POST /query", 0, Fault::Hang);
    }
    let error = store.query(&collection, &asked).await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert!(error.message().contains("silent"), "{error:?}");

    let timeouts = PineconeTimeouts {
        call: Duration::from_secs(1),
        ..timeouts
    };
    let store = store_with(
        Shared,
        PineconeOptions {
            timeouts,
            ..options(&pinecone)
        },
    );
    pinecone.will("GET /indexes", 0, Fault::Hang);
    let error = store.health(None).await.unwrap_err();
    assert_eq!(*error.kind(), Kind::Unavailable);
    assert_eq!(
        pinecone
            .asked("GET /indexes")
            .iter()
            .filter(|a| a.what == "GET /indexes")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_malformed_response_is_unavailable() {
    let pinecone = Pinecone::start().await;
    let store = store(Shared, &pinecone);
    let collection = prepared(&store, a_collection()).await;
    for (fault, words) in [
        (Fault::Endless, "more than"),
        (Fault::Nonsense, "not its API"),
    ] {
        pinecone.will("describe_index_stats", 0, fault);
        let error = store.count(&collection).await.unwrap_err();
        assert_eq!(*error.kind(), Kind::Unavailable);
        assert!(error.message().contains(words), "{error:?}");
    }
    assert_eq!(pinecone.asked("describe_index_stats").len(), 2);
    assert_eq!(store.count(&collection).await.unwrap(), 0);
}

#[tokio::test]
async fn an_unreachable_pinecone_is_unavailable() {
    let pinecone = Pinecone::start().await;
    let options = PineconeOptions {
        // No process listens on the discard port.
        url: "http://127.0.0.1:9".to_owned(),
        ..options(&pinecone)
    };
    let store = store_with(Shared, options);
    for error in [
        store.health(None).await.unwrap_err(),
        store.prepare(&a_collection()).await.unwrap_err(),
        store.count(&a_collection()).await.unwrap_err(),
    ] {
        assert_eq!(*error.kind(), Kind::Unavailable);
        assert!(error.message().contains("cannot be reached"), "{error:?}");
        assert!(!format!("{error:?}").contains("127.0.0.1:9/"), "{error:?}");
    }
}
