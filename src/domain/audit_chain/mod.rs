//! Whether an audit log is whole: every entry as it was written, where it was written, and none gone or added.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::domain::{AuditEntry, AuditHead, AuditId, AuditKeys, Integrity};

/// A row of a log, as it was found.
#[derive(Debug, Clone)]
pub enum AuditRow {
    /// An entry.
    Entry(Box<AuditEntry>),
    /// What cannot be an entry that was written here: a value of it is missing or of another type.
    Unreadable {
        /// Its place, where that can be read.
        sequence: Option<i64>,
        /// Its id, where that can be read.
        id: Option<AuditId>,
    },
}

/// Follows a log from its first row, and says what does not fit.
#[derive(Debug)]
pub struct AuditChain<'keys> {
    keys: &'keys AuditKeys,
    head: AuditHead,
    /// How many rows it was shown, whatever they are.
    rows: u64,
    /// The place of the last entry without a key.
    last_plain: Option<i64>,
    /// The place of the first entry under a key.
    first_keyed: Option<i64>,
    /// The first and the last entry under each key that is not known.
    unknown_keys: BTreeMap<String, (i64, i64)>,
    /// A head that was kept outside.
    expected: Option<AuditHead>,
    findings: Vec<String>,
}

impl<'keys> AuditChain<'keys> {
    /// A chain of which nothing is known yet. Where a head is expected, the log has to have been there once.
    pub fn new(keys: &'keys AuditKeys, expected: Option<AuditHead>) -> Self {
        Self {
            keys,
            head: AuditHead::EMPTY,
            rows: 0,
            last_plain: None,
            first_keyed: None,
            unknown_keys: BTreeMap::new(),
            expected: expected.filter(|head| *head != AuditHead::EMPTY),
            findings: Vec::new(),
        }
    }

    /// Takes the next row, in the order of the log.
    pub fn follow(&mut self, row: &AuditRow) {
        self.rows += 1;
        match row {
            AuditRow::Entry(entry) => self.follow_entry(entry),
            AuditRow::Unreadable { sequence, id } => {
                let sequence = sequence.map_or_else(|| "?".to_owned(), |place| place.to_string());
                let id = id.map(|id| format!(" ({id})")).unwrap_or_default();
                self.findings.push(format!(
                    "entry {sequence}{id} was edited: it cannot be read as an entry"
                ));
            }
        }
    }

    fn follow_entry(&mut self, entry: &AuditEntry) {
        let (sequence, id) = (entry.sequence, entry.note.id);
        if sequence < 1 {
            self.findings.push(format!(
                "entry {sequence} ({id}) was inserted: a log begins with entry 1"
            ));
            return;
        }
        if sequence <= self.head.length {
            self.findings.push(format!(
                "entry {sequence} ({id}) was inserted: there is another one at its place"
            ));
            return;
        }
        let expected = self.head.length + 1;
        let is_next = sequence == expected;
        if !is_next {
            let gone = sequence - 1;
            self.findings.push(if gone > expected {
                format!("entries {expected} to {gone} are missing")
            } else {
                format!("entry {expected} is missing")
            });
        }
        let integrity = entry.integrity(self.keys);
        if integrity == Integrity::Altered {
            self.findings.push(format!(
                "entry {sequence} ({id}) was edited or moved: its hash is not that of what it says"
            ));
        } else if is_next && entry.previous_hash != self.head.hash {
            self.findings.push(format!(
                "entry {sequence} ({id}) does not follow entry {}: one of the two was replaced",
                self.head.length
            ));
        }
        self.follow_key(entry, integrity);
        self.head = entry.head();
        if self.expected == Some(self.head) {
            self.expected = None;
        }
    }

    fn follow_key(&mut self, entry: &AuditEntry, integrity: Integrity) {
        let sequence = entry.sequence;
        let Some(key) = &entry.key else {
            if let Some(first) = self.first_keyed {
                let id = entry.note.id;
                self.findings.push(format!(
                    "entry {sequence} ({id}) has no key, and entry {first} before it has one: it was added or edited without the key"
                ));
            }
            self.last_plain = Some(sequence);
            return;
        };
        self.first_keyed.get_or_insert(sequence);
        if integrity == Integrity::UnknownKey {
            let range = self.unknown_keys.entry(key.clone());
            range.or_insert((sequence, sequence)).1 = sequence;
        }
    }

    /// Ends the chain, of which the account says that it has so many entries, in at least so many rows. What was found, in
    /// the order of the log; nothing when it is whole.
    pub fn end(mut self, length: i64, rows: u64) -> Vec<String> {
        let last = self.head.length;
        if last < length {
            let expected = last + 1;
            self.findings.push(if length > expected {
                format!("entries {expected} to {length}, the last ones, are missing")
            } else {
                format!("entry {length}, the last one, is missing")
            });
        }
        if last > length {
            self.findings.push(format!(
                "entries {} to {last}, the last ones, were inserted: the account has {length}",
                length + 1
            ));
        }
        if self.rows < rows {
            self.findings.push(format!(
                "{rows} entries are there, and {} have a place in the log",
                self.rows
            ));
        }
        for (key, (first, last)) in &self.unknown_keys {
            self.findings.push(format!(
                "entries {first} to {last} are under the key \"{key}\", which is not in TROUPE_ENCRYPTION_KEYS: put it back, or they cannot be checked"
            ));
        }
        if let Some(head) = self.expected {
            self.findings.push(format!(
                "the log never had the head {head}: it was replaced, or put back to an older state"
            ));
        }
        self.findings
    }

    /// Where the log is now.
    pub fn head(&self) -> AuditHead {
        self.head
    }

    /// The place of the last entry without a key, if there is any.
    pub fn last_plain(&self) -> Option<i64> {
        self.last_plain
    }
}
