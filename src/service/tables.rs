//! Access to the tables by permission only: a service with these tables can neither read nor write a row before it has
//! authorized its caller.
//!
//! Code without a caller has the store itself: authentication (`access.rs`), the setup of a process (`setup.rs`), and
//! the operator's commands and tasks (`operator.rs`, `audit_check.rs`, `audit_heads.rs`).

use crate::{
    domain::Permission,
    store::{PlatformStore, Store, TenantStore},
};

/// The tables, accessible only with a permission.
#[derive(Clone)]
pub(super) struct Tables(Store);

impl Tables {
    pub(super) fn new(store: Store) -> Self {
        Self(store)
    }

    /// The rows of the permission's account.
    pub(super) fn tenant(&self, permission: Permission) -> TenantStore {
        self.0.tenant(permission.account())
    }

    /// The rows that belong to no single account: the accounts themselves, and templates.
    pub(super) fn platform(&self, _permission: Permission) -> PlatformStore {
        self.0.platform()
    }
}
