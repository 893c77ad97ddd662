//! Consent to the export of rated conversations, for fine-tuning and evaluation: an account's and an end user's.

use chrono::{DateTime, Utc};

/// A change of a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentChange {
    /// The consent is given at this time. It covers what was written before it too.
    Given(DateTime<Utc>),
    /// The consent is withdrawn.
    Withdrawn,
}

impl ConsentChange {
    /// The change that an input makes at this time: true gives the consent, false withdraws it.
    pub fn of_input(is_given: bool, now: DateTime<Utc>) -> Self {
        if is_given {
            Self::Given(now)
        } else {
            Self::Withdrawn
        }
    }

    /// Since when the consent is given after the change. A consent that is given again keeps its first time.
    pub fn apply(self, before: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        match self {
            Self::Given(at) => Some(before.unwrap_or(at)),
            Self::Withdrawn => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::ConsentChange;

    #[test]
    fn a_consent_keeps_its_first_time_until_it_is_withdrawn() {
        let first = DateTime::UNIX_EPOCH;
        let later = first + TimeDelta::days(1);
        let give = |now| ConsentChange::of_input(true, now);
        assert_eq!(give(first).apply(None), Some(first));
        assert_eq!(give(later).apply(Some(first)), Some(first));
        let withdraw = ConsentChange::of_input(false, later);
        assert_eq!(withdraw.apply(Some(first)), None);
        assert_eq!(withdraw.apply(None), None);
        assert_eq!(give(later).apply(None), Some(later));
    }
}
