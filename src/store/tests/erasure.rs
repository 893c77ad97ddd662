//! Every table says what the erasure of a person does with it, and each step of an erasure can be repeated.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable, Statement};

use super::fixture::{
    a_claimed_run, an_account, an_agent, an_append, follow_up, id, note, now, on_each_database,
    success,
};
use crate::{
    domain::{ConversationId, EndUser, Erasure, ErasureId},
    error::{Kind, Result},
    store::{
        ErasureStart, Store, TenantStore,
        scoped::{ErasedBy, TableVisitor, TenantEntity, visit_tables},
    },
};

/// Tables that are in no list of tenants' tables, and why they hold nothing of a person.
const OTHER_TABLES: &[(&str, &str)] = &[
    ("health_probes", "times of probes"),
    ("seaql_migrations", "names of migrations"),
    ("agent_templates", "published agent types"),
    ("account_deletions", "counts of deleted accounts"),
    ("workers", "processes"),
    ("passages_text", "the index over passages of documents"),
    ("pgvectors", "vectors of documents"),
];

/// Collects the tables of the list.
#[derive(Default)]
struct Listed {
    tables: BTreeSet<String>,
    faults: Vec<String>,
}

impl TableVisitor for Listed {
    async fn visit<E: TenantEntity>(&mut self) -> Result<()> {
        let table = E::default().table_name().to_owned();
        let mut columns = <E as EntityTrait>::Column::iter();
        let of_conversation = columns.any(|column| {
            matches!(
                column.as_str(),
                "conversation_id" | "run_id" | "message_id" | "end_user_id"
            )
        });
        if of_conversation && matches!(E::ERASED_BY, ErasedBy::Nothing) {
            self.faults.push(format!(
                "{table} refers to a person's rows, and none is erased"
            ));
        }
        self.tables.insert(table);
        Ok(())
    }
}

#[tokio::test]
async fn every_table_says_what_an_erasure_does_with_it() {
    on_each_database(async |store| {
        let mut listed = Listed::default();
        visit_tables(&mut listed).await.unwrap();
        assert_eq!(listed.faults, Vec::<String>::new());
        let unlisted: Vec<String> = tables(store)
            .await
            .into_iter()
            .filter(|table| !listed.tables.contains(table))
            // the parts of an index, and the partitions of a table, begin with its name
            .filter(|table| !OTHER_TABLES.iter().any(|(name, _)| table.starts_with(name)))
            .collect();
        assert_eq!(
            unlisted,
            Vec::<String>::new(),
            "not in the list of `scoped.rs`"
        );
    })
    .await;
}

/// The names of the tables of a database.
async fn tables(store: &Store) -> Vec<String> {
    let database = store.database.primary();
    let backend = database.get_database_backend();
    let query = match backend {
        DbBackend::Postgres => {
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()"
        }
        _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    };
    let rows = database
        .query_all_raw(Statement::from_string(backend, query))
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect()
}

/// A person with two conversations, of which the first has an answer.
async fn a_person(store: &Store, tenant: &TenantStore) -> Vec<ConversationId> {
    let agent = an_agent(store, tenant).await;
    let mut conversations = Vec::new();
    for _ in 0..2 {
        let lease = a_claimed_run(tenant, &agent).await;
        let log = [an_append(lease, 1..=2)];
        assert!(store.platform().append_events(&log).await[0].is_ok());
        tenant
            .finish(&lease, &success(&lease, &agent))
            .await
            .unwrap();
        tenant
            .accept(&follow_up(tenant, &agent, lease.conversation))
            .await
            .unwrap();
        conversations.push(lease.conversation);
    }
    let people = "UPDATE conversations SET end_user = 'ada'";
    let database = tenant.database.primary();
    database.execute_unprepared(people).await.unwrap();
    let transaction = tenant.database.begin().await.unwrap();
    let person = EndUser {
        id: id(),
        account: tenant.account,
        external_id: "ada".to_owned(),
        display_name: None,
        anonymous: false,
        created_at: now(),
        last_seen_at: None,
        training_consent_at: None,
    };
    tenant
        .remember_end_user(&person, &transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    conversations
}

async fn the_erasure(tenant: &TenantStore, id: ErasureId) -> Erasure {
    tenant.erasure(id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_repeated_step_of_an_erasure_removes_and_counts_nothing_twice() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let conversations = a_person(store, &tenant).await;
        let erasure: ErasureId = id();
        let begun = tenant.begin_erasure(erasure, "ada", note()).await.unwrap();
        assert!(matches!(begun, ErasureStart::Begun { .. }), "{begun:?}");
        let again = tenant.begin_erasure(id(), "ada", note()).await.unwrap();
        assert_eq!(
            again,
            ErasureStart::Known(the_erasure(&tenant, erasure).await)
        );

        let early = tenant.erase_person(erasure).await.unwrap_err();
        assert_eq!(*early.kind(), Kind::Conflict);
        for conversation in &conversations {
            tenant
                .erase_conversation(erasure, *conversation)
                .await
                .unwrap();
            tenant
                .erase_conversation(erasure, *conversation)
                .await
                .unwrap();
        }
        tenant.erase_person(erasure).await.unwrap();
        let late = tenant.erase_person(erasure).await.unwrap_err();
        assert_eq!(*late.kind(), Kind::Conflict);
        store.platform().compact().await.unwrap();
        tenant.finish_erasure(erasure, now(), note()).await.unwrap();
        tenant.finish_erasure(erasure, now(), note()).await.unwrap();

        let done = the_erasure(&tenant, erasure).await;
        assert_eq!(done.end_user, None);
        assert!(done.finished_at.is_some());
        assert_eq!((done.removed["conversation"], done.removed["run"]), (2, 4));
        assert_eq!((done.removed["message"], done.removed["endUser"]), (6, 1));
        assert_eq!(tenant.erasure_of("ada").await.unwrap(), Some(done));
        assert_eq!(tenant.erasure_of("bob").await.unwrap(), None);
        let unknown = tenant.begin_erasure(id(), "bob", note()).await.unwrap();
        assert_eq!(unknown, ErasureStart::UnknownPerson);
    })
    .await;
}

#[tokio::test]
async fn an_erasure_of_another_account_is_not_found() {
    on_each_database(async |store| {
        let (tenant, stranger) = (an_account(store).await, an_account(store).await);
        let conversations = a_person(store, &tenant).await;
        let erasure: ErasureId = id();
        tenant.begin_erasure(erasure, "ada", note()).await.unwrap();
        assert_eq!(stranger.erasure(erasure).await.unwrap(), None);
        assert_eq!(stranger.erasure_of("ada").await.unwrap(), None);
        let start = stranger.begin_erasure(id(), "ada", note()).await.unwrap();
        assert_eq!(start, ErasureStart::UnknownPerson);
        let step = stranger.erase_conversation(erasure, conversations[0]).await;
        assert_eq!(*step.unwrap_err().kind(), Kind::Conflict);
        assert!(
            stranger
                .sessions_in_erasure(erasure)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            stranger
                .conversations_of_person("ada", 9)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            stranger
                .unfinished_runs_of_person("ada", 9)
                .await
                .unwrap()
                .is_empty()
        );
    })
    .await;
}
