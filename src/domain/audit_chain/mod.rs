//! Verifies an audit log: every entry is unchanged and at its place, and none was removed or added.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::domain::{AuditEntry, AuditHead, AuditId, AuditKeys, Integrity};

/// A row of an audit log, as it was read.
#[derive(Debug, Clone)]
pub enum AuditRow {
    /// An entry.
    Entry(Box<AuditEntry>),
    /// A row that the program cannot have written: a value is missing or has a wrong type.
    Unreadable {
        /// The row's sequence, if readable.
        sequence: Option<i64>,
        /// The row's id, if readable.
        id: Option<AuditId>,
    },
}

/// Verifies a log row by row, from the first, and collects the discrepancies.
#[derive(Debug)]
pub struct AuditChain<'keys> {
    keys: &'keys AuditKeys,
    head: AuditHead,
    /// The number of rows so far, readable or not.
    rows: u64,
    /// The sequence of the last entry without a key.
    last_plain: Option<i64>,
    /// The sequence of the first entry with a key.
    first_keyed: Option<i64>,
    /// The first and the last sequence under each unknown key.
    unknown_keys: BTreeMap<String, (i64, i64)>,
    /// A head that was recorded outside the database.
    expected: Option<AuditHead>,
    findings: Vec<String>,
}

impl<'keys> AuditChain<'keys> {
    /// Starts a verification. If a head is expected, the log must have had this head at some time.
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

    /// Verifies the next row, in the order of the log.
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

    /// Ends the verification of a log that has `length` entries according to its account, and at least `rows` rows.
    /// Returns the discrepancies in the order of the log; empty for an intact log.
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

    /// The head of the log so far.
    pub fn head(&self) -> AuditHead {
        self.head
    }

    /// The sequence of the last entry without a key, if there is any.
    pub fn last_plain(&self) -> Option<i64> {
        self.last_plain
    }
}
