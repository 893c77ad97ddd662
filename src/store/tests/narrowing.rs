//! Which rows of every table a store sees, for an account and for an end user: one row of each of three owners is planted in
//! every table of `scoped.rs`, and the tables that a store reads, changes and deletes them in are listed here.

use std::{
    fmt::Write,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ColumnType, Condition, ConnectionTrait, DbBackend, IdenStatic, Iterable,
    PrimaryKeyToColumn, QueryFilter, QuerySelect, Value,
    sea_query::{Expr, Query},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    fixture::{id, on_each_database},
    row_security::seen_by_database,
};
use crate::{
    domain::{AccountId, AgentId, EndUserId, EndUserScope},
    error::Result,
    store::{
        Store, TenantStore,
        connection::Transaction,
        scoped::{SeenBy, TableVisitor, TenantEntity, visit_tables},
    },
};

/// Whose rows are seen by the account, by its end user Bob, and by the other account.
const TABLE: &str = include_str!("narrowing.txt");

/// The owner of planted rows: two people of one account, and one of another account who has the name of one of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    pub(super) name: &'static str,
    pub(super) account: AccountId,
    number: u8,
    external_id: &'static str,
}

impl Owner {
    /// The id of the owner's row of a table.
    pub(super) fn uuid(self, noun: &str) -> Uuid {
        let mut hasher = DefaultHasher::new();
        noun.hash(&mut hasher);
        Uuid::from_u64_pair(u64::from(self.number), hasher.finish())
    }

    /// The value of a column in the owner's rows; the columns that refer to a row refer to the owner's.
    fn value<E: TenantEntity>(self, column: &E::Column) -> Value {
        let name = column.as_str();
        if name == E::ACCOUNT.as_str() {
            return self.account.uuid().into();
        }
        let names_person = matches!(E::SEEN_BY, SeenBy::ExternalId(seen) if seen.as_str() == name);
        if names_person || name == "external_id" {
            return self.external_id.into();
        }
        let number = self.number;
        match column.def().get_column_type() {
            ColumnType::Uuid if name == "id" => self.uuid(E::NOUN).into(),
            ColumnType::Uuid => self.uuid(name.trim_end_matches("_id")).into(),
            ColumnType::Json | ColumnType::JsonBinary => json!({}).into(),
            ColumnType::SmallInteger => i16::from(number).into(),
            ColumnType::Integer => i32::from(number).into(),
            ColumnType::BigInteger => i64::from(number).into(),
            ColumnType::Float => f32::from(number).into(),
            ColumnType::Double => f64::from(number).into(),
            ColumnType::Boolean => false.into(),
            // the same for each use: a time may be a part of the key
            ColumnType::Timestamp | ColumnType::TimestampWithTimeZone => {
                DateTime::<Utc>::UNIX_EPOCH.into()
            }
            ColumnType::Blob | ColumnType::Binary(_) | ColumnType::VarBinary(_) => {
                vec![number; 32].into()
            }
            _ => format!("{}-{name}", self.name).into(),
        }
    }
}

/// Plants a row of each owner in every table.
struct Planter<'a> {
    owners: &'a [Owner],
    transaction: &'a Transaction,
}

impl TableVisitor for Planter<'_> {
    async fn visit<E: TenantEntity>(&mut self) -> Result<()> {
        for owner in rows_of::<E>(self.owners) {
            let columns: Vec<E::Column> = <E::Column as Iterable>::iter()
                .filter(|column| !column.def().is_null() || refers(column.as_str()))
                .collect();
            let values = columns.iter().map(|column| owner.value::<E>(column));
            let values: Vec<Expr> = values.map(Expr::val).collect();
            let insert = Query::insert()
                .into_table(E::default())
                .columns(columns.iter().copied())
                .values(values)
                .unwrap()
                .take();
            let planted = self.transaction.execute(&insert).await;
            assert!(planted.is_ok(), "{}: {planted:?}", E::NOUN);
        }
        Ok(())
    }
}

/// Whether a column may refer to a row or to a person.
fn refers(column: &str) -> bool {
    column.ends_with("_id") || column == "end_user"
}

/// The owners of a table's rows: an account has one row of itself.
pub(super) fn rows_of<E: TenantEntity>(owners: &[Owner]) -> Vec<Owner> {
    let is_account = E::NOUN == "account";
    let owners = owners.iter().copied();
    owners
        .filter(|owner| !is_account || owner.name != "bob")
        .collect()
}

/// Lists whose rows of each table a store reads, and checks that it changes and deletes the same ones.
struct Lister<'a> {
    owners: &'a [Owner],
    stores: &'a [&'a TenantStore],
    transaction: &'a Transaction,
    table: String,
}

impl TableVisitor for Lister<'_> {
    async fn visit<E: TenantEntity>(&mut self) -> Result<()> {
        write!(self.table, "{:<21}", E::NOUN).unwrap();
        for store in self.stores {
            let mut seen = Vec::new();
            for owner in rows_of::<E>(self.owners) {
                let [reads, changes, deletes] = self.touched::<E>(store, owner).await?;
                assert_eq!([reads; 2], [changes, deletes], "{} of {owner:?}", E::NOUN);
                if reads == 1 {
                    seen.push(owner.name);
                }
            }
            write!(self.table, "{:<9}", seen.join(" ")).unwrap();
        }
        self.table.truncate(self.table.trim_end().len());
        self.table.push('\n');
        Ok(())
    }
}

impl Lister<'_> {
    /// The number of the owner's rows that the store reads, changes and deletes.
    async fn touched<E: TenantEntity>(
        &self,
        store: &TenantStore,
        owner: Owner,
    ) -> Result<[u64; 3]> {
        let row = key_of::<E>(owner);
        let transaction = &**self.transaction;
        let read: Vec<Uuid> = store
            .rows::<E>()
            .filter(row.clone())
            .select_only()
            .column(E::ACCOUNT)
            .into_tuple()
            .all(transaction)
            .await?;
        let reads = u64::try_from(read.len()).unwrap();
        if E::NOUN == "audit_entry" {
            // entries are only ever added
            return Ok([reads; 3]);
        }
        transaction.execute_unprepared("SAVEPOINT touched").await?;
        let changed = store
            .change::<E>()
            .col_expr(E::ACCOUNT, Expr::col(E::ACCOUNT))
            .filter(row.clone())
            .exec(transaction)
            .await?;
        let deleted = store.delete::<E>().filter(row).exec(transaction).await?;
        let undo = "ROLLBACK TO SAVEPOINT touched";
        transaction.execute_unprepared(undo).await?;
        Ok([reads, changed.rows_affected, deleted.rows_affected])
    }
}

/// The condition of the owner's row of a table.
pub(super) fn key_of<E: TenantEntity>(owner: Owner) -> Condition {
    let key = <E::PrimaryKey as Iterable>::iter().map(PrimaryKeyToColumn::into_column);
    key.fold(Condition::all(), |row, column| {
        row.add(column.eq(owner.value::<E>(&column)))
    })
}

/// Lets rows refer to rows that do not exist, until the transaction is rolled back.
async fn without_references(transaction: &Transaction) {
    let sql = match transaction.get_database_backend() {
        DbBackend::Postgres => {
            "DO $$ DECLARE known record; BEGIN \
             FOR known IN SELECT conrelid::regclass AS place, conname FROM pg_constraint \
             WHERE contype = 'f' AND conparentid = 0 LOOP \
             EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', known.place, known.conname); \
             END LOOP; END $$"
        }
        _ => "PRAGMA defer_foreign_keys = ON",
    };
    transaction.execute_unprepared(sql).await.unwrap();
}

/// Ada and Bob of one account, and another account's Bob.
fn owners() -> [Owner; 3] {
    let (account, other) = (id(), id());
    let owner = |name, account, number, external_id| Owner {
        name,
        account,
        number,
        external_id,
    };
    [
        owner("ada", account, 1, "ada"),
        owner("bob", account, 2, "bob"),
        owner("other", other, 3, "bob"),
    ]
}

fn scope_of(owner: Owner, agents: Option<Vec<AgentId>>) -> Arc<EndUserScope> {
    Arc::new(EndUserScope {
        end_user: EndUserId::from_uuid(owner.uuid("end_user")),
        external_id: owner.external_id.to_owned(),
        agents,
    })
}

#[tokio::test]
async fn each_store_sees_the_rows_of_its_account_and_of_its_end_user_only() {
    on_each_database(async |store: &Store| {
        let owners = owners();
        let [ada, bob, other] = owners;
        let account = store.tenant(ada.account);
        let of_bob = account.clone().narrowed(scope_of(bob, None));
        let transaction = account.database.begin().await.unwrap();
        without_references(&transaction).await;
        let mut planter = Planter {
            owners: &owners,
            transaction: &transaction,
        };
        visit_tables(&mut planter).await.unwrap();
        let mut lister = Lister {
            owners: &owners,
            stores: &[&account, &of_bob, &store.tenant(other.account)],
            transaction: &transaction,
            table: String::new(),
        };
        visit_tables(&mut lister).await.unwrap();
        let table = &lister.table;
        assert!(
            table == TABLE,
            "narrowing.txt is another table; if this one is meant, put it there:\n{table}"
        );
        if transaction.get_database_backend() == DbBackend::Postgres {
            let by_database = seen_by_database(&owners, &transaction).await;
            assert_eq!(by_database, TABLE);
        }
        transaction.roll_back().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_end_user_sees_active_agents_that_it_may_talk_to_and_those_that_answered_it() {
    on_each_database(async |store: &Store| {
        use entity::agent::{AgentStatus, Column, Entity};
        let owners = owners();
        let [ada, bob, _] = owners;
        let account = store.tenant(ada.account);
        let transaction = account.database.begin().await.unwrap();
        without_references(&transaction).await;
        let mut planter = Planter {
            owners: &owners,
            transaction: &transaction,
        };
        planter.visit::<Entity>().await.unwrap();
        let count = async |agents: Option<Vec<AgentId>>| {
            let of_bob = account.clone().narrowed(scope_of(bob, agents));
            let seen: Vec<Uuid> = of_bob
                .rows::<Entity>()
                .select_only()
                .column(Column::Id)
                .into_tuple()
                .all(&*transaction)
                .await
                .unwrap();
            seen.len()
        };
        let one = Some(vec![AgentId::from_uuid(bob.uuid("agent"))]);
        assert_eq!((count(None).await, count(one.clone()).await), (0, 0));
        account
            .change::<Entity>()
            .col_expr(Column::Status, Expr::val(AgentStatus::Active))
            .exec(&*transaction)
            .await
            .unwrap();
        assert_eq!((count(None).await, count(one).await), (2, 1));
        // an agent that answered stays visible where it may not be asked
        planter.visit::<entity::run::Entity>().await.unwrap();
        planter
            .visit::<entity::conversation::Entity>()
            .await
            .unwrap();
        assert_eq!(count(Some(Vec::new())).await, 1);
        transaction.roll_back().await.unwrap();
    })
    .await;
}
