//! Identity providers: another account sees none, and issuer and audience lead to one.

use super::fixture::{an_account, id, note, now, on_each_database};
use crate::{
    domain::{ClaimMap, IdentityProvider, SignatureAlgorithm},
    error::Kind,
    store::TenantStore,
};

fn an_identity_provider(tenant: &TenantStore) -> IdentityProvider {
    IdentityProvider {
        id: id(),
        account: tenant.account,
        name: "Single sign-on".to_owned(),
        issuer: format!("https://{}.example", tenant.account),
        audience: "troupe".to_owned(),
        jwks_url: "https://idp.example/jwks".to_owned(),
        algorithms: vec![SignatureAlgorithm::Es256],
        claims: ClaimMap::default(),
        created_at: now(),
    }
}

#[tokio::test]
async fn identity_providers_of_another_account_are_not_found() {
    on_each_database(async |store| {
        let (tenant, stranger) = (an_account(store).await, an_account(store).await);
        let (tenant, stranger) = (&tenant, &stranger);
        let own = an_identity_provider(tenant);
        let add = async |account: &TenantStore, provider: &IdentityProvider| {
            let added = account.insert_identity_provider(provider, 2, note()).await;
            added.map_err(|error| error.kind().clone())
        };
        add(tenant, &own).await.unwrap();
        let found = tenant.identity_providers().await.unwrap();
        assert_eq!(found, std::slice::from_ref(&own));
        assert_eq!(stranger.identity_providers().await.unwrap(), []);
        let stolen = IdentityProvider {
            id: id(),
            account: stranger.account,
            ..own.clone()
        };
        assert_eq!(add(stranger, &stolen).await, Err(Kind::Conflict));
        let platform = store.platform();
        let found = platform.identity_providers_of(&own.issuer, &["other", "troupe"]);
        assert_eq!(found.await.unwrap(), std::slice::from_ref(&own));
        let found = platform.identity_providers_of(&own.issuer, &["other"]);
        assert_eq!(found.await.unwrap(), []);
        let deleted = stranger.delete_identity_provider(own.id, note()).await;
        assert!(!deleted.unwrap());
        assert!(
            tenant
                .delete_identity_provider(own.id, note())
                .await
                .unwrap()
        );
        add(stranger, &stolen).await.unwrap();
    })
    .await;
}
