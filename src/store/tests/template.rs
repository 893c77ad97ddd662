//! Templates and their versions.

use std::slice::from_ref;

use super::fixture::{first, id, now, on_each_database, template};

#[tokio::test]
async fn the_newest_version_is_the_highest_number_that_is_not_deprecated() {
    on_each_database(async |store| {
        let platform = store.platform();
        let versions =
            ["1.9.0", "1.10.0", "2.0.0-beta.1", "1.2.0"].map(|version| template("sales", version));
        for version in &versions {
            assert!(platform.publish(version, None).await.unwrap());
        }
        assert!(
            !platform
                .publish(&template("sales", "1.9.0"), None)
                .await
                .unwrap()
        );
        let newest = platform.template("sales", None).await.unwrap().unwrap();
        assert_eq!(newest, versions[2]);
        let at = now();
        let deprecated = platform
            .deprecate(versions[2].id, at, None)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(deprecated.deprecated_at, Some(at));
        assert_eq!(
            platform
                .deprecate(versions[2].id, now(), None)
                .await
                .unwrap(),
            Some(deprecated)
        );
        assert_eq!(platform.deprecate(id(), at, None).await.unwrap(), None);
        let newest = platform.template("sales", None).await.unwrap().unwrap();
        assert_eq!(newest.spec.version, "1.10.0");
        let asked = platform.template("sales", Some("1.2.0")).await.unwrap();
        assert_eq!(asked.as_ref(), Some(&versions[3]));
        assert_eq!(platform.template("support", None).await.unwrap(), None);

        let all = platform.versions_of(&["sales".to_owned()]).await.unwrap();
        let all: Vec<_> = all
            .iter()
            .map(|template| template.spec.version.as_str())
            .collect();
        assert_eq!(all, ["2.0.0-beta.1", "1.10.0", "1.9.0", "1.2.0"]);
    })
    .await;
}

#[tokio::test]
async fn deprecated_templates_are_listed_on_request() {
    on_each_database(async |store| {
        let platform = store.platform();
        let (sales, support) = (template("sales", "1.0.0"), template("support", "1.0.0"));
        platform.publish(&sales, None).await.unwrap();
        platform.publish(&support, None).await.unwrap();
        platform.deprecate(sales.id, now(), None).await.unwrap();
        let current = platform.templates(None, false, &first(10)).await.unwrap();
        assert_eq!(current.items, from_ref(&support));
        assert_eq!(platform.count_templates(None, false).await.unwrap(), 1);
        assert_eq!(platform.count_templates(None, true).await.unwrap(), 2);
        let named = platform
            .templates(Some("support"), true, &first(10))
            .await
            .unwrap();
        assert_eq!(named.items, from_ref(&support));
        let found = platform
            .templates_by_ids(&[support.id, id()])
            .await
            .unwrap();
        assert_eq!(found, [support]);
    })
    .await;
}
