//! Changes and rebuilds of profiles.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    NewPersonaItem, PersonaChange, PersonaDocument, PersonaDraft, PersonaItem, PersonaItemKind,
    PersonaItemText, PersonaOrigin, PersonaProfile, PersonaSource,
};
use crate::{
    domain::{DocumentId, PersonaItemId},
    error::Kind,
};

fn source(document: DocumentId, revision: i32) -> PersonaSource {
    PersonaSource {
        document,
        revision,
        position: 0,
        quote: "We never hold a sale.".to_owned(),
    }
}

fn built(text: &str, sources: &[PersonaSource]) -> PersonaItem {
    PersonaItem {
        id: PersonaItemId::from_uuid(Uuid::now_v7()),
        kind: PersonaItemKind::Position,
        text: text.to_owned(),
        weight: None,
        sources: sources.to_vec(),
        origin: PersonaOrigin::Built,
    }
}

fn draft(items: &[PersonaItem]) -> PersonaDraft {
    PersonaDraft {
        items: items.to_vec(),
        ..PersonaDraft::default()
    }
}

fn texts(profile: &PersonaProfile) -> Vec<&str> {
    profile
        .items
        .iter()
        .map(|item| item.text.as_str())
        .collect()
}

fn a_profile(texts: &[&str]) -> PersonaProfile {
    let items: Vec<PersonaItem> = texts.iter().map(|text| built(text, &[])).collect();
    PersonaProfile::default().rebuilt(draft(&items), |source| Some(source.clone()))
}

#[test]
fn an_edit_stays_and_a_removed_item_does_not_come_back() {
    let found = [built("One.", &[]), built("Two!", &[]), built("Three", &[])];
    let profile = PersonaProfile::default().rebuilt(draft(&found), |one| Some(one.clone()));
    let ids: Vec<PersonaItemId> = profile.items.iter().map(|item| item.id).collect();
    let changed = profile
        .changed(PersonaChange {
            replace: vec![PersonaItemText {
                id: ids[0],
                text: "One and a half".to_owned(),
            }],
            remove: vec![ids[1]],
            ..PersonaChange::default()
        })
        .unwrap();
    assert_eq!(texts(&changed), ["One and a half", "Three"]);
    let again = [built("one", &[]), built("Two", &[]), built("THREE", &[])];
    let rebuilt = changed.rebuilt(draft(&again), |one| Some(one.clone()));
    assert_eq!(texts(&rebuilt), ["One and a half", "THREE"]);
    let kept: Vec<PersonaItemId> = rebuilt.items.iter().map(|item| item.id).collect();
    assert_eq!(kept, [ids[0], ids[2]]);
    // a person may add it again
    let added = NewPersonaItem {
        id: ids[1],
        kind: PersonaItemKind::Position,
        text: "Two".to_owned(),
    };
    let change = PersonaChange {
        add: vec![added],
        ..PersonaChange::default()
    };
    let added = rebuilt.changed(change).unwrap();
    assert_eq!(texts(&added), ["One and a half", "THREE", "Two"]);
    assert_eq!(added.removed.len(), 1, "{:?}", added.removed);
}

#[test]
fn problems_of_a_change_name_their_fields() {
    let profile = a_profile(&["One", "Two"]);
    let add = |text: &str| NewPersonaItem {
        id: PersonaItemId::from_uuid(Uuid::now_v7()),
        kind: PersonaItemKind::Position,
        text: text.to_owned(),
    };
    let first = profile.items[0].id;
    let refused = profile.changed(PersonaChange {
        add: vec![add("ONE!"), add(" "), add("?!"), add(&"x".repeat(401))],
        replace: vec![PersonaItemText {
            id: first,
            text: "two".to_owned(),
        }],
        remove: Vec::new(),
    });
    let Kind::BadInput(problems) = refused.unwrap_err().kind().clone() else {
        panic!("not refused as input");
    };
    let paths: Vec<&str> = problems.iter().map(|problem| &*problem.path).collect();
    // the first item has the text "two" by then, so that "ONE!" is new
    assert_eq!(
        paths,
        [
            "input.replace[0].text",
            "input.add[1].text",
            "input.add[2].text",
            "input.add[3].text"
        ]
    );
    let both = profile.changed(PersonaChange {
        add: Vec::new(),
        replace: vec![PersonaItemText {
            id: first,
            text: "Three".to_owned(),
        }],
        remove: vec![first],
    });
    assert!(matches!(both.unwrap_err().kind(), Kind::BadInput(_)));
    let unknown = PersonaItemId::from_uuid(Uuid::now_v7());
    let missing = profile.changed(PersonaChange {
        remove: vec![unknown],
        ..PersonaChange::default()
    });
    assert_eq!(missing.unwrap_err().kind(), &Kind::NotFound);
}

#[test]
fn a_persons_items_displace_built_ones_up_to_the_limit() {
    let most = PersonaItemKind::Position.most();
    let numbered: Vec<String> = (0..most + 5)
        .map(|number| format!("Built {number}"))
        .collect();
    let numbered: Vec<&str> = numbered.iter().map(String::as_str).collect();
    let mut profile = a_profile(&numbered);
    assert_eq!(profile.items.len(), most);
    for number in 0..=most {
        let added = NewPersonaItem {
            id: PersonaItemId::from_uuid(Uuid::now_v7()),
            kind: PersonaItemKind::Position,
            text: format!("Written {number}"),
        };
        let changed = profile.changed(PersonaChange {
            add: vec![added],
            ..PersonaChange::default()
        });
        assert_eq!(changed.is_ok(), number < most, "{number}");
        profile = changed.unwrap_or(profile);
        assert_eq!(profile.items.len(), most);
    }
}

#[test]
fn only_sources_that_stand_are_shown() {
    let [one, other] = [1, 2].map(|_| DocumentId::from_uuid(Uuid::now_v7()));
    let items = [
        built("both", &[source(one, 1), source(other, 1)]),
        built("other only", &[source(other, 1)]),
    ];
    let mut found = draft(&items);
    found.documents = [one, other]
        .map(|document| PersonaDocument {
            document,
            revision: 1,
            model: None,
        })
        .to_vec();
    let profile = PersonaProfile::default().rebuilt(found, |one| Some(one.clone()));
    let shown = |revisions: &[(DocumentId, i32)]| {
        let revisions: HashMap<DocumentId, i32> = revisions.iter().copied().collect();
        profile.clone().with_current_sources(&revisions)
    };
    assert_eq!(shown(&[(one, 1), (other, 1)]), profile);
    let replaced = shown(&[(one, 1), (other, 2)]);
    assert_eq!(texts(&replaced), ["both"]);
    assert_eq!(replaced.items[0].sources, [source(one, 1)]);
    assert_eq!(replaced.documents.len(), 1);
    assert!(shown(&[]).items.is_empty());
}
