//! The parts of a response that belong to another account than the one that the caller acts in.
//!
//! A list of an operator may have objects of several accounts. All that is below such an object is read by the operator
//! acting in the object's account, with loaders of that account: nothing below it can come from another account, and
//! nothing is shown that the operator does not see when it acts there.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use async_graphql::QueryPathNode;

use super::Loaders;
use crate::{
    domain::{AccountId, Actor},
    error::Result,
    service::Services,
};

/// The loaders of other accounts, by the places of their objects in the response.
#[derive(Default)]
pub(super) struct AccountScopes {
    /// The accounts so far.
    accounts: OnceLock<Box<AccountScope>>,
    /// The account of each object, by its path in the response.
    places: Mutex<HashMap<String, AccountId>>,
}

/// The loaders of an account. Scopes are only ever added, so that resolvers can hold references to them.
struct AccountScope {
    account: AccountId,
    loaders: Loaders,
    next: OnceLock<Box<Self>>,
}

impl AccountScopes {
    /// The loaders for a place in the response; none when it belongs to the account that the caller acts in.
    pub(super) fn at(&self, path: Option<&QueryPathNode<'_>>) -> Option<&Loaders> {
        // the only step for callers with one account
        self.accounts.get()?;
        let mut names = path?.to_string_vec();
        let account = {
            let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            loop {
                if let Some(account) = places.get(&names.join("/")) {
                    break *account;
                }
                names.pop()?;
            }
        };
        self.of(account)
    }

    /// Says that the object at this path, with all that is below it, belongs to an account. `FORBIDDEN` when the caller may
    /// not act in it.
    pub(super) fn enter(
        &self,
        account: AccountId,
        object: &QueryPathNode<'_>,
        actor: &Actor,
        services: &Arc<Services>,
    ) -> Result<()> {
        let acting = actor.acting_in(account)?;
        let mut place = &self.accounts;
        loop {
            let scope = place.get_or_init(|| {
                Box::new(AccountScope {
                    account,
                    loaders: Loaders::new(Arc::clone(services), acting.clone()),
                    next: OnceLock::new(),
                })
            });
            if scope.account == account {
                break;
            }
            place = &scope.next;
        }
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.insert(object.to_string_vec().join("/"), account);
        Ok(())
    }

    fn of(&self, account: AccountId) -> Option<&Loaders> {
        let mut scope = self.accounts.get();
        while let Some(found) = scope {
            if found.account == account {
                return Some(&found.loaders);
            }
            scope = found.next.get();
        }
        None
    }
}
