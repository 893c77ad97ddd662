//! Whether an account's audit log is whole: every entry as it was written, where it was written, and none gone.

use crate::domain::AuditEntry;

/// Follows a chain of entries from its first one, and says what does not fit.
#[derive(Debug, Default)]
pub struct AuditChain {
    sequence: i64,
    hash: [u8; 32],
    findings: Vec<String>,
}

impl AuditChain {
    /// Takes the next entry, in the order of the log.
    pub fn follow(&mut self, entry: &AuditEntry) {
        let (sequence, id) = (entry.sequence, entry.note.id);
        let expected = self.sequence + 1;
        let is_next = sequence == expected;
        if !is_next {
            let gone = sequence - 1;
            self.findings.push(if gone > expected {
                format!("entries {expected} to {gone} are missing")
            } else {
                format!("entry {expected} is missing")
            });
        }
        if !entry.is_intact() {
            self.findings.push(format!(
                "entry {sequence} ({id}) was edited or moved: its hash is not that of what it says"
            ));
        } else if is_next && entry.previous_hash != self.hash {
            self.findings.push(format!(
                "entry {sequence} ({id}) does not follow entry {}: one of the two was replaced",
                self.sequence
            ));
        }
        self.sequence = sequence;
        self.hash = entry.hash;
    }

    /// Ends the chain, of which the account says that it has at least so many entries. What was found, in the order of
    /// the log; nothing when it is whole.
    pub fn end(mut self, length: i64) -> Vec<String> {
        if self.sequence < length {
            let expected = self.sequence + 1;
            self.findings.push(if length > expected {
                format!("entries {expected} to {length}, the last ones, are missing")
            } else {
                format!("entry {length}, the last one, is missing")
            });
        }
        self.findings
    }

    /// How many entries it has been shown, as their numbers say.
    pub fn length(&self) -> i64 {
        self.sequence
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;
    use uuid::Uuid;

    use super::AuditChain;
    use crate::domain::{AccountId, AuditEntry, AuditId, AuditNote};

    fn log(length: i64) -> Vec<AuditEntry> {
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
            let entry = AuditEntry::chained(account, sequence, hash, note);
            hash = entry.hash;
            entry
        });
        entries.collect()
    }

    fn findings(entries: &[AuditEntry]) -> String {
        let mut chain = AuditChain::default();
        for entry in entries {
            chain.follow(entry);
        }
        chain.end(5).join("; ")
    }

    #[test]
    fn a_log_as_it_was_written_is_whole() {
        assert_eq!(findings(&log(5)), "");
        // more may have come since its length was read
        assert_eq!(findings(&log(6)), "");
    }

    #[test]
    fn every_tampering_is_found_at_its_place() {
        let mut edited = log(5);
        edited[2].note.detail = json!({"number": 7});
        assert!(findings(&edited).starts_with("entry 3 (audit_"));

        let mut rehashed = log(5);
        let entry = rehashed[2].clone();
        let note = AuditNote {
            actor: "somebody else".to_owned(),
            ..entry.note
        };
        rehashed[2] = AuditEntry::chained(entry.account, 3, entry.previous_hash, note);
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
}
