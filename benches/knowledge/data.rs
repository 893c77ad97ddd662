//! Synthetic vectors, the same in each run; `main.rs` describes their distribution.

use troupe::{
    domain::{DocumentId, PassageId},
    port::VectorRecord,
};
use uuid::Uuid;

/// The length of the embedded model's vectors.
pub(crate) const DIMENSIONS: usize = 384;
/// The number of subjects.
const CENTRES: usize = 500;
/// The length of a passage's noise relative to its centre of length 1: a cosine of 0.8 between the two.
const PASSAGE_NOISE: f32 = 0.75;
/// The length of a question's noise relative to its passage: a cosine of 0.9.
const QUESTION_NOISE: f32 = 0.48;
/// The number of passages of a document.
const PASSAGES: usize = 20;

/// A generator of vectors.
pub(crate) struct Source {
    state: u64,
    centres: Vec<Vec<f32>>,
}

impl Source {
    /// A generator; equal seeds give equal vectors.
    pub(crate) fn new(seed: u64) -> Self {
        let mut source = Self {
            state: seed | 1,
            centres: Vec::new(),
        };
        source.centres = (0..CENTRES).map(|_| source.direction()).collect();
        source
    }

    /// The next `count` passages.
    pub(crate) fn records(&mut self, count: usize) -> Vec<VectorRecord> {
        let mut document = DocumentId::from_uuid(Uuid::now_v7());
        let mut records = Vec::with_capacity(count);
        for at in 0..count {
            if at % PASSAGES == 0 {
                document = DocumentId::from_uuid(Uuid::now_v7());
            }
            let centre = self.below(CENTRES);
            let centre = self.centres.get(centre).cloned().unwrap_or_default();
            records.push(VectorRecord {
                passage: PassageId::from_uuid(Uuid::now_v7()),
                document,
                values: self.near(&centre, PASSAGE_NOISE),
            });
        }
        records
    }

    /// A question about one of these passages.
    pub(crate) fn question(&mut self, about: &[VectorRecord]) -> Vec<f32> {
        let asked = self.below(about.len());
        let passage = about.get(asked).map(|record| record.values.clone());
        self.near(&passage.unwrap_or_default(), QUESTION_NOISE)
    }

    fn near(&mut self, centre: &[f32], noise: f32) -> Vec<f32> {
        let direction = self.direction();
        let moved = centre.iter().zip(direction).map(|(c, d)| c + d * noise);
        unit(moved.collect())
    }

    fn direction(&mut self) -> Vec<f32> {
        // sums of evenly distributed numbers have nearly no preferred direction
        let values = (0..DIMENSIONS).map(|_| (0..4).map(|_| self.even()).sum());
        unit(values.collect())
    }

    /// The next number, between -1 and 1.
    fn even(&mut self) -> f32 {
        self.step();
        let bits = u16::try_from(self.state >> 48).unwrap_or_default();
        f32::from(bits) / 32_768.0 - 1.0
    }

    fn below(&mut self, bound: usize) -> usize {
        self.step();
        usize::try_from(self.state >> 33).unwrap_or_default() % bound.max(1)
    }

    fn step(&mut self) {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
    }
}

/// The result of an exact search.
pub(crate) fn closest(records: &[VectorRecord], asked: &[f32], most: usize) -> Vec<PassageId> {
    let product = |record: &VectorRecord| -> f32 {
        let mut lanes = [0.0_f32; 16];
        let (ours, _) = record.values.as_chunks::<16>();
        let (theirs, _) = asked.as_chunks::<16>();
        for (one, other) in ours.iter().zip(theirs) {
            for ((lane, one), other) in lanes.iter_mut().zip(one).zip(other) {
                *lane += one * other;
            }
        }
        lanes.iter().sum()
    };
    let mut scored: Vec<(f32, PassageId)> = records
        .iter()
        .map(|record| (product(record), record.passage))
        .collect();
    scored.sort_unstable_by(|one, other| other.0.total_cmp(&one.0));
    scored.truncate(most);
    scored.into_iter().map(|(_, passage)| passage).collect()
}

fn unit(values: Vec<f32>) -> Vec<f32> {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.into_iter().map(|value| value / length).collect()
}
