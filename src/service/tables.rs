//! Access to the tables by permission only: no service can read or write a row before it has authorized its caller.

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
