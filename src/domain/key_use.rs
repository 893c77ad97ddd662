//! The encryption keys in use.

/// The maximum length of a key's id, in characters.
pub const LONGEST_KEY_ID: usize = 32;

/// Whether a key of the ring can have this id.
pub fn is_key_id(id: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (1..=LONGEST_KEY_ID).contains(&id.len()) && id.chars().all(allowed)
}

/// A key and the values that it sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// The key's id.
    pub key: String,
    /// How many values it sealed of each kind, with the kind's name in the plural.
    pub values: Vec<(&'static str, u64)>,
}

impl KeyUse {
    /// The number of values of all kinds.
    pub fn count(&self) -> u64 {
        self.values.iter().map(|(_, count)| count).sum()
    }

    /// The key and its values in words, for an operator.
    pub fn sentence(&self) -> String {
        let values = self.values.iter();
        let values: Vec<String> = values
            .map(|(noun, count)| format!("{count} {noun}"))
            .collect();
        format!(
            "the key \"{}\" has sealed {} values ({})",
            self.key,
            self.count(),
            values.join(", ")
        )
    }
}
