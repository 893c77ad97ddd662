//! Accounts and their keys.

use std::{collections::HashSet, slice::from_ref};

use chrono::TimeDelta;

use super::fixture::{
    a_claimed_run, account, an_account, an_agent, api_key, first, id, note, note_at, now,
    on_each_database, success, unique_hash,
};
use crate::{
    domain::{Account, AccountTier, Ceiling, KeyId, Spending},
    error::Kind,
    store::OperatorTerms,
};

#[tokio::test]
async fn an_account_is_read_back_unchanged() {
    on_each_database(async |store| {
        assert!(!store.platform().has_keys().await.unwrap());
        let written = account(id());
        let key = api_key(written.id);
        let hash = unique_hash();
        store
            .platform()
            .create_account(&written, &key, hash, note())
            .await
            .unwrap();
        let tenant = store.tenant(written.id);
        assert_eq!(tenant.account().await.unwrap(), written);
        assert_eq!(tenant.keys(&first(9)).await.unwrap().items, from_ref(&key));
        assert_eq!(
            store.platform().key_by_hash(&hash).await.unwrap(),
            Some(key)
        );
        assert_eq!(store.platform().key_by_hash(&[0; 32]).await.unwrap(), None);
        assert!(store.platform().has_keys().await.unwrap());

        let mut changed = written;
        changed.tier = AccountTier::Premium;
        changed.ceiling.tokens = None;
        changed.billing.monthly_cost_budget_usd = None;
        let terms = OperatorTerms {
            tier: changed.tier,
            ceiling: changed.ceiling,
        };
        let update = tenant.update_account(&changed, Some(terms), None, note());
        update.await.unwrap();
        assert_eq!(tenant.account().await.unwrap(), changed);
        // A value that was read before the operator set the ceiling must not undo it.
        let stale = Account {
            name: "Renamed".to_owned(),
            tier: AccountTier::Entry,
            ceiling: Ceiling::default(),
            ..changed.clone()
        };
        let update = tenant.update_account(&stale, None, None, note());
        update.await.unwrap();
        let stored = tenant.account().await.unwrap();
        assert_eq!(
            stored,
            Account {
                name: stale.name,
                ..changed
            }
        );
    })
    .await;
}

#[tokio::test]
async fn an_unknown_account_is_not_found() {
    on_each_database(async |store| {
        let failure = store.tenant(id()).account().await.unwrap_err();
        assert_eq!(failure.kind(), &Kind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn every_account_is_listed() {
    on_each_database(async |store| {
        let mut all = Vec::new();
        for _ in 0..3 {
            all.push(an_account(store).await.account);
        }
        let page = store.platform().accounts(&first(2)).await.unwrap();
        let listed: Vec<_> = page.items.iter().map(|account| account.id).collect();
        assert_eq!(listed, all[..2]);
        assert!(page.has_next);
        assert_eq!(store.platform().count_accounts().await.unwrap(), 3);
        let found = store
            .platform()
            .accounts_by_ids(&[all[2], id()])
            .await
            .unwrap();
        assert_eq!(
            found
                .iter()
                .map(|account| account.id)
                .collect::<HashSet<_>>(),
            HashSet::from([all[2]])
        );
    })
    .await;
}

#[tokio::test]
async fn a_key_revoked_twice_keeps_its_first_revocation_time() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let key = api_key(tenant.account);
        tenant
            .insert_key(&key, unique_hash(), note())
            .await
            .unwrap();
        let (at, later) = (now(), now() + TimeDelta::hours(1));
        let revoked = tenant
            .revoke_key(key.id, note_at(at))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(revoked.revoked_at, Some(at));
        let again = tenant
            .revoke_key(key.id, note_at(later))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(again.revoked_at, Some(at));
        let nobodys: KeyId = id();
        assert_eq!(tenant.revoke_key(nobodys, note_at(at)).await.unwrap(), None);

        let good = api_key(tenant.account);
        tenant
            .insert_key(&good, unique_hash(), note())
            .await
            .unwrap();
        let mut asked: Vec<KeyId> = (0..1_200).map(|_| id()).collect();
        asked[700] = good.id;
        asked.push(key.id);
        let revoked = store.platform().revoked_among(&asked).await.unwrap();
        asked.remove(700);
        assert_eq!(revoked, asked, "what is gone is as good as revoked");

        store.platform().touch_key(key.id, later).await.unwrap();
        let touched = tenant.key(key.id).await.unwrap().unwrap();
        assert_eq!(touched.last_used_at, Some(later));
    })
    .await;
}

#[tokio::test]
async fn spending_is_the_usage_since_a_given_time() {
    on_each_database(async |store| {
        let tenant = an_account(store).await;
        let agent = an_agent(store, &tenant).await;
        assert_eq!(
            tenant.spending_since(now()).await.unwrap(),
            Spending::default()
        );
        let before = now();
        for _ in 0..2 {
            let lease = a_claimed_run(&tenant, &agent).await;
            assert!(
                tenant
                    .finish(&lease, &success(&lease, &agent))
                    .await
                    .unwrap()
            );
        }
        let spent = tenant.spending_since(before).await.unwrap();
        assert_eq!(
            spent,
            Spending {
                tokens: 240,
                usd: 0.5
            }
        );
        let later = now() + TimeDelta::hours(1);
        assert_eq!(
            tenant.spending_since(later).await.unwrap(),
            Spending::default()
        );
    })
    .await;
}
