//! Times in buckets that are each 10% wider than the one before, whose counts can be added, unlike percentiles.

use std::{collections::BTreeMap, fmt, ops::AddAssign};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

/// The ratio of the upper to the lower bound of a bucket.
const RATIO: f64 = 1.1;
/// The last bucket: times of more than 30 hours.
const LAST: u16 = 194;

/// The number of times in each bucket. Bucket 0 is for times under a millisecond, and bucket n for those from
/// 1.1^(n−1) ms on, before 1.1^n ms. As JSON it is an object from the bucket's number to the count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimeBuckets(BTreeMap<u16, i64>);

impl TimeBuckets {
    /// Adds a time.
    pub fn add(&mut self, milliseconds: i64) {
        *self.0.entry(bucket_of(milliseconds)).or_default() += 1;
    }

    /// Whether there is no time.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of times.
    pub fn count(&self) -> i64 {
        self.0.values().sum()
    }

    /// The number of times that are longer than this one; those of its own bucket do not count.
    pub fn above(&self, milliseconds: i64) -> i64 {
        let longer = self.0.range(bucket_of(milliseconds).saturating_add(1)..);
        longer.map(|(_, count)| count).sum()
    }

    /// The time in milliseconds that this share of the times does not exceed; none without times. It is the middle of its
    /// bucket, at most 5% from the exact one, and rounded to a millisecond.
    pub fn percentile(&self, share: f64) -> Option<i64> {
        let total = self.count();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "a count of runs, far below 2^52"
        )]
        let rank = ((total as f64 * share).ceil() as i64).max(1);
        let mut below = 0;
        for (bucket, count) in &self.0 {
            below += count;
            if below >= rank {
                return Some(middle_of(*bucket));
            }
        }
        None
    }
}

impl AddAssign<&Self> for TimeBuckets {
    fn add_assign(&mut self, other: &Self) {
        for (bucket, count) in &other.0 {
            *self.0.entry(*bucket).or_default() += count;
        }
    }
}

impl Serialize for TimeBuckets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TimeBuckets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(BucketVisitor)
    }
}

/// Reads buckets; those of a later version with more of them count as the last one.
struct BucketVisitor;

impl<'de> Visitor<'de> for BucketVisitor {
    type Value = TimeBuckets;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("counts by the number of a bucket")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TimeBuckets, A::Error> {
        let mut buckets = TimeBuckets::default();
        while let Some((bucket, count)) = map.next_entry::<u16, i64>()? {
            *buckets.0.entry(bucket.min(LAST)).or_default() += count;
        }
        Ok(buckets)
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 1 and the last bucket"
)]
fn bucket_of(milliseconds: i64) -> u16 {
    if milliseconds < 1 {
        return 0;
    }
    let bucket = (milliseconds as f64).log(RATIO).floor() + 1.0;
    bucket.min(f64::from(LAST)) as u16
}

/// The geometric mean of the bounds of a bucket.
#[expect(
    clippy::cast_possible_truncation,
    reason = "at most the middle of the last bucket"
)]
fn middle_of(bucket: u16) -> i64 {
    if bucket == 0 {
        return 0;
    }
    RATIO.powf(f64::from(bucket) - 0.5).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_within_five_percent_of_the_exact_one() {
        for times in [
            (1..=1_000).collect::<Vec<i64>>(),
            (0..500).map(|n| 40 + n * n).collect(),
            vec![7; 20],
            vec![86_400_000],
        ] {
            let mut halves = [TimeBuckets::default(), TimeBuckets::default()];
            for (place, time) in times.iter().enumerate() {
                halves[place % 2].add(*time);
            }
            let [mut buckets, other] = halves;
            buckets += &other;
            let text = serde_json::to_string(&buckets).unwrap();
            assert_eq!(
                serde_json::from_str::<TimeBuckets>(&text).unwrap(),
                buckets,
                "{text}"
            );
            for share in [0.01_f64, 0.5, 0.95, 1.0] {
                #[expect(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "small numbers"
                )]
                let rank = (times.len() as f64 * share).ceil() as usize;
                let exact = times[rank - 1];
                let found = buckets.percentile(share).unwrap();
                let allowed = exact / 20 + 1;
                assert!(
                    (found - exact).abs() <= allowed,
                    "{share}: {found} for {exact}"
                );
            }
        }
    }

    #[test]
    fn there_is_no_percentile_of_nothing_and_none_of_a_time_out_of_range_is_lost() {
        assert_eq!(TimeBuckets::default().percentile(0.5), None);
        let mut buckets = TimeBuckets::default();
        for time in [-5, 0, i64::MAX] {
            buckets.add(time);
        }
        assert_eq!(buckets.percentile(0.5), Some(0));
        assert!(buckets.percentile(1.0).unwrap() > 100_000_000);
        let later = r#"{"0": 1, "65000": 2}"#;
        let later: TimeBuckets = serde_json::from_str(later).unwrap();
        assert_eq!(later.percentile(1.0), buckets.percentile(1.0));
    }
}
