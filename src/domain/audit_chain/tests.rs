//! Intact logs, and logs that were tampered with.

use chrono::DateTime;
use serde_json::json;
use uuid::Uuid;

use super::{AuditChain, AuditRow};
use crate::domain::{
    AccountId, AuditEntry, AuditHead, AuditId, AuditKeys, AuditNote, EndUserId, ErasureId,
};

fn keys() -> AuditKeys {
    AuditKeys::derived_from([("one".to_owned(), [1; 32])])
}

/// A log whose entries have a key from sequence `keyed_from` on.
fn keyed_log(length: i64, keyed_from: i64) -> Vec<AuditEntry> {
    let account = AccountId::from_uuid(Uuid::nil());
    let mut hash = [0; 32];
    let entries = (1..=length).map(|sequence| {
        let note = AuditNote {
            id: AuditId::from_uuid(Uuid::from_u128(u128::try_from(sequence).unwrap())),
            at: DateTime::UNIX_EPOCH,
            actor: "key".to_owned(),
            action: "updateAgent".to_owned(),
            subject: None,
            agent: None,
            conversation: None,
            detail: json!({"number": sequence}),
        };
        let keys = keys();
        let key = keys.current().filter(|_| sequence >= keyed_from);
        let entry = AuditEntry::chained(account, sequence, hash, note, key);
        hash = entry.hash;
        entry
    });
    entries.collect()
}

fn log(length: i64) -> Vec<AuditEntry> {
    keyed_log(length, i64::MAX)
}

fn findings(entries: &[AuditEntry]) -> String {
    expecting(None, entries)
}

fn expecting(head: Option<AuditHead>, entries: &[AuditEntry]) -> String {
    let keys = keys();
    let mut chain = AuditChain::new(&keys, head);
    for entry in entries {
        chain.follow(&AuditRow::Entry(Box::new(entry.clone())));
    }
    chain.end(5, 0).join("; ")
}

#[test]
fn an_unchanged_log_is_valid() {
    for keyed_from in [1, 3, i64::MAX] {
        assert_eq!(findings(&keyed_log(5, keyed_from)), "");
    }
    assert!(findings(&log(6)).contains("entries 6 to 6, the last ones, were inserted"));
}

#[test]
fn an_earlier_head_is_found_in_the_log() {
    let log = keyed_log(5, 3);
    for entry in &log {
        assert_eq!(expecting(Some(entry.head()), &log), "");
    }
    assert_eq!(expecting(Some(AuditHead::EMPTY), &log), "");
    let other = AuditHead {
        length: 3,
        ..log[3].head()
    };
    assert!(expecting(Some(other), &log).contains("never had the head 3:"));
    let longer = keyed_log(6, 3)[5].head();
    assert!(expecting(Some(longer), &log).contains("never had the head 6:"));
}

#[test]
fn entries_cannot_be_forged_without_the_key() {
    let mut plain = keyed_log(5, 1);
    let last = plain.pop().unwrap();
    let forged = AuditEntry::chained(last.account, 5, last.previous_hash, last.note.clone(), None);
    plain.push(forged);
    assert!(findings(&plain).contains("has no key, and entry 1 before it has one"));

    let other = AuditKeys::derived_from([("one".to_owned(), [2; 32])]);
    let key = other.current();
    let mut guessed = keyed_log(4, 1);
    guessed.push(AuditEntry::chained(
        last.account,
        5,
        last.previous_hash,
        last.note.clone(),
        key,
    ));
    assert!(findings(&guessed).starts_with("entry 5 (audit_"));

    let mut renamed = keyed_log(5, 1);
    renamed[1].key = Some("two".to_owned());
    renamed[3].key = Some("two".to_owned());
    assert_eq!(
        findings(&renamed),
        "entries 2 to 4 are under the key \"two\", which is not in TROUPE_ENCRYPTION_KEYS: put it back, or they \
         cannot be checked"
    );
    let mut stripped = keyed_log(5, 1);
    stripped[1].key = None;
    assert!(findings(&stripped).starts_with("entry 2 (audit_"));
}

#[test]
fn misplaced_entries_are_detected() {
    let keys = keys();
    let mut chain = AuditChain::new(&keys, None);
    for sequence in [-5, 0, 1, 1] {
        let note = log(1).remove(0).note;
        let account = AccountId::from_uuid(Uuid::nil());
        let entry = AuditEntry::chained(account, sequence, [0; 32], note, None);
        chain.follow(&AuditRow::Entry(Box::new(entry)));
    }
    chain.follow(&AuditRow::Unreadable {
        sequence: Some(2),
        id: None,
    });
    let found = chain.end(1, 7).join("; ");
    for said in [
        "entry -5 (audit_",
        "entry 0 (audit_",
        "there is another one at its place",
        "entry 2 was edited: it cannot be read",
        "7 entries are there, and 5 have a place",
    ] {
        assert!(found.contains(said), "{said}: {found}");
    }
}

#[test]
fn every_tampering_is_detected_at_its_entry() {
    let mut edited = log(5);
    edited[2].note.detail = json!({"number": 7});
    assert!(findings(&edited).starts_with("entry 3 (audit_"));

    let mut rehashed = log(5);
    let entry = rehashed[2].clone();
    let note = AuditNote {
        actor: "somebody else".to_owned(),
        ..entry.note
    };
    rehashed[2] = AuditEntry::chained(entry.account, 3, entry.previous_hash, note, None);
    assert!(findings(&rehashed).contains("does not follow entry 3"));

    for (gone, said) in [
        (0, "entry 1 is missing"),
        (2, "entry 3 is missing"),
        (4, "entry 5, the last one, is missing"),
    ] {
        let mut shorter = log(5);
        shorter.remove(gone);
        assert_eq!(findings(&shorter), said);
    }
    let mut shorter = log(5);
    shorter.drain(1..3);
    assert_eq!(findings(&shorter), "entries 2 to 3 are missing");
    assert_eq!(findings(&[]), "entries 1 to 5, the last ones, are missing");

    let mut swapped = log(5);
    (swapped[1].sequence, swapped[3].sequence) = (4, 2);
    swapped.sort_by_key(|entry| entry.sequence);
    assert_eq!(findings(&swapped).matches("was edited or moved").count(), 2);
}

#[test]
fn a_redacted_entry_keeps_its_place_and_cannot_be_made_without_the_key() {
    let (keys, erasure) = (keys(), ErasureId::from_uuid(Uuid::nil()));
    for keyed_from in [1, 3, i64::MAX] {
        let mut log = keyed_log(5, keyed_from);
        for entry in &mut log[1..4] {
            entry.note.actor = EndUserId::from_uuid(Uuid::nil()).to_string();
            *entry = entry.clone().redacted(erasure, keys.current());
            assert_eq!(entry.note.actor, "erased");
            assert_eq!(entry.note.subject, None);
            assert!(!entry.note.detail.to_string().contains("number"));
        }
        assert_eq!(findings(&log), "");
        let mut moved = log.clone();
        moved[2].hash = log[1].hash;
        assert!(findings(&moved).contains("entry 3"), "{}", findings(&moved));
        let mut edited = log.clone();
        edited[2].note.action = "deleteAgent".to_owned();
        assert!(
            findings(&edited).contains("entry 3"),
            "{}",
            findings(&edited)
        );
    }
    let mut without_key = keyed_log(5, 1);
    without_key[2] = without_key[2].clone().redacted(erasure, None);
    assert!(
        findings(&without_key).contains("entry 3"),
        "{}",
        findings(&without_key)
    );
    let mut other_key = keyed_log(5, 1);
    let other = AuditKeys::derived_from([("one".to_owned(), [2; 32])]);
    other_key[2] = other_key[2].clone().redacted(erasure, other.current());
    assert!(
        findings(&other_key).contains("entry 3"),
        "{}",
        findings(&other_key)
    );
}

#[test]
fn a_fingerprint_is_of_one_person_one_account_and_one_key() {
    let account = |number| AccountId::from_uuid(Uuid::from_u128(number));
    let keys = keys();
    let of = |number, person: &str| keys.fingerprints(account(number), person);
    let ada = of(1, "ada");
    assert_eq!(ada, of(1, "ada"));
    assert_ne!(ada[0], of(1, "bob")[0]);
    assert_ne!(ada[0], of(2, "ada")[0]);
    // the last one is that of an installation without keys, and found after a key was added
    assert_eq!(
        AuditKeys::default().fingerprints(account(1), "ada"),
        ada[1..]
    );
}
