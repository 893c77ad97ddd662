//! Test vectors: unit length, all different, and the same in every test run.

use uuid::Uuid;

use crate::{
    domain::{DocumentId, PassageId},
    port::VectorRecord,
};

/// `count` vectors, in documents of five passages each.
pub(super) fn records(dimensions: usize, count: usize) -> Vec<VectorRecord> {
    let mut documents = Vec::new();
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let record = |index: usize| {
        if index.is_multiple_of(5) {
            documents.push(DocumentId::from_uuid(Uuid::now_v7()));
        }
        VectorRecord {
            passage: PassageId::from_uuid(Uuid::now_v7()),
            document: documents[index / 5],
            values: unit((0..dimensions).map(|_| numbers.next()).collect()),
        }
    };
    (0..count).map(record).collect()
}

/// Different vectors for the same passages and documents.
pub(super) fn revised(records: &[VectorRecord]) -> Vec<VectorRecord> {
    let revise = |record: &VectorRecord| {
        let mut values = record.values.clone();
        values.rotate_left(1);
        values
            .iter_mut()
            .step_by(2)
            .for_each(|value| *value *= -1.0);
        VectorRecord {
            values,
            ..record.clone()
        }
    };
    records.iter().map(revise).collect()
}

/// The vector scaled to length 1.
pub(super) fn unit(values: Vec<f32>) -> Vec<f32> {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.into_iter().map(|value| value / length).collect()
}

/// The cosine of two vectors of length 1.
pub(super) fn cosine(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// Whether two vectors are equal within the rounding error of a store.
pub(super) fn near(one: &[f32], other: &[f32]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-3)
}

pub(super) fn passage_ids(records: &[VectorRecord]) -> Vec<PassageId> {
    records.iter().map(|record| record.passage).collect()
}

/// The records sorted by passage.
pub(super) fn sorted(mut records: Vec<VectorRecord>) -> Vec<VectorRecord> {
    records.sort_by_key(|record| record.passage);
    records
}

/// Pseudo-random numbers from -1 to 1 (xorshift64), the same in every test run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let sixteen_bits = u16::try_from(self.0 >> 48).unwrap();
        f32::from(sixteen_bits) / 32_768.0 - 1.0
    }
}
