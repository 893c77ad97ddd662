//! What the database shows to a role that its policies bind: for each table the same rows as the statements of `scoped.rs`, although
//! these statements are not narrowed.

use std::fmt::Write;

use sea_orm::{ConnectionTrait, QueryFilter, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use super::{
    fixture::id,
    narrowing::{Owner, key_of, rows_of},
};
use crate::{
    domain::{AccountId, EndUserId},
    error::Result,
    store::{
        PlatformStore,
        connection::Transaction,
        row_security::{OF_ACCOUNT, OF_END_USER, Reach, policies},
        scoped::{TableVisitor, TenantEntity, visit_tables},
    },
};

/// A role that the policies bind.
const ROLE: &str = "troupe_narrowing";

/// Lists whose rows of each table the database shows a role that its policies bind, whatever the statement says.
struct PolicyLister<'a> {
    owners: &'a [Owner],
    reaches: &'a [Reach],
    transaction: &'a Transaction,
    table: String,
}

impl TableVisitor for PolicyLister<'_> {
    async fn visit<E: TenantEntity>(&mut self) -> Result<()> {
        let shown = self.shown::<E>().await;
        for policy in [OF_ACCOUNT, OF_END_USER] {
            let table = E::default().table_name().to_owned();
            let open = format!("SAVEPOINT closed; ALTER POLICY {policy} ON {table} USING (true)");
            self.transaction.execute_unprepared(&open).await.unwrap();
            let without = self.shown::<E>().await;
            let close = "ROLLBACK TO SAVEPOINT closed";
            self.transaction.execute_unprepared(close).await.unwrap();
            assert_ne!(shown, without, "{policy} of {table} bounds nothing");
        }
        for reach in self.reaches {
            self.take::<E>(*reach).await;
        }
        self.table.push_str(&shown);
        Ok(())
    }
}

impl PolicyLister<'_> {
    /// The line of a table: whose rows each of the reaches shows.
    async fn shown<E: TenantEntity>(&self) -> String {
        let mut line = format!("{:<21}", E::NOUN);
        for reach in self.reaches {
            self.bind(*reach).await;
            let mut seen = Vec::new();
            for owner in rows_of::<E>(self.owners) {
                if self.shows::<E>(owner).await {
                    seen.push(owner.name);
                }
            }
            self.unbind().await;
            write!(line, "{:<9}", seen.join(" ")).unwrap();
        }
        format!("{}\n", line.trim_end())
    }

    async fn bind(&self, reach: Reach) {
        let settings = reach.settings();
        let bind = format!("SAVEPOINT bound; SET LOCAL ROLE {ROLE}; {settings}");
        self.transaction.execute_unprepared(&bind).await.unwrap();
    }

    async fn unbind(&self) {
        let unbind = "ROLLBACK TO SAVEPOINT bound";
        self.transaction.execute_unprepared(unbind).await.unwrap();
    }

    async fn shows<E: TenantEntity>(&self, owner: Owner) -> bool {
        let rows = PlatformStore::rows::<E>().filter(key_of::<E>(owner));
        let rows = rows.select_only().column(E::ACCOUNT).into_tuple::<Uuid>();
        let rows = rows.all(&**self.transaction).await.unwrap();
        !rows.is_empty()
    }

    /// Checks that no row can be given to another account.
    async fn take<E: TenantEntity>(&self, reach: Reach) {
        if matches!(E::NOUN, "account" | "audit_entry") {
            return;
        }
        self.bind(reach).await;
        let strangers: AccountId = id();
        let given = PlatformStore::change::<E>()
            .col_expr(E::ACCOUNT, Expr::val(strangers.uuid()))
            .exec(&**self.transaction)
            .await;
        let none = given.as_ref().is_ok_and(|given| given.rows_affected == 0);
        let refused = given.as_ref().is_err_and(|cause| {
            let cause = cause.to_string();
            cause.contains("row-level security")
        });
        self.unbind().await;
        assert!(none || refused, "{} as {reach:?}: {given:?}", E::NOUN);
    }
}

/// Has the database show each table to a role that its policies bind.
pub(super) async fn seen_by_database(owners: &[Owner; 3], transaction: &Transaction) -> String {
    let [ada, bob, other] = *owners;
    let role = format!(
        "CREATE ROLE {ROLE}; GRANT {ROLE} TO CURRENT_USER; GRANT USAGE ON SCHEMA public TO {ROLE}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROLE}"
    );
    transaction.execute_unprepared(&role).await.unwrap();
    policies(transaction).await.unwrap();
    let of_bob = EndUserId::from_uuid(bob.uuid("end_user"));
    let mut lister = PolicyLister {
        owners,
        reaches: &[
            Reach::Account(ada.account),
            Reach::EndUser(bob.account, of_bob),
            Reach::Account(other.account),
        ],
        transaction,
        table: String::new(),
    };
    visit_tables(&mut lister).await.unwrap();
    lister.table
}
