//! Access to the tables by permission only: a service with these tables can neither read nor write a row before it has
//! authorized its caller.
//!
//! Code without a caller has the store itself: authentication (`access.rs`) with what is asked of each request
//! (`operation_set.rs`, `public_origins.rs`), sessions of callers without credentials (`public_session.rs`), the setup of a
//! process (`setup.rs`), the operator's commands and tasks (`operator.rs`, `audit_check.rs`, `audit_heads.rs`,
//! `training_export`), and the download of an export, whose link is the permission (`export.rs`).

use std::{borrow::Borrow, sync::Arc};

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

    /// The rows that the caller may see: those of the permission's account, and of them only an end user's own where the
    /// caller is one.
    pub(super) fn tenant(&self, permission: impl Borrow<Permission>) -> TenantStore {
        let permission = permission.borrow();
        let tenant = self.0.tenant(permission.account());
        match permission.scope() {
            Some(scope) => tenant.narrowed(Arc::clone(scope)),
            None => tenant,
        }
    }

    /// All rows of the permission's account, for what an end user's operation depends on and does not show: the account's
    /// budget, and the settings and tools of agents that the end user may talk to.
    pub(super) fn whole_account(&self, permission: impl Borrow<Permission>) -> TenantStore {
        self.0.tenant(permission.borrow().account())
    }

    /// The rows that belong to no single account: the accounts themselves, and templates.
    pub(super) fn platform(&self, _permission: impl Borrow<Permission>) -> PlatformStore {
        self.0.platform()
    }
}
