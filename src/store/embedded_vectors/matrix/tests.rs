//! A matrix finds what an exact search finds.

use std::collections::HashSet;

use super::Matrix;
use crate::{
    domain::{DocumentId, PassageId},
    port::SystemClock,
};

const DIMENSIONS: usize = 48;

/// Pseudo-random numbers between -1 and 1, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f32::from(u16::try_from(self.0 >> 48).unwrap()) / 32_768.0 - 1.0
    }

    fn vector(&mut self) -> Vec<f32> {
        let values: Vec<f32> = (0..DIMENSIONS).map(|_| self.next()).collect();
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        values.into_iter().map(|value| value / length).collect()
    }
}

fn passage() -> PassageId {
    PassageId::new(&SystemClock)
}

fn document() -> DocumentId {
    DocumentId::new(&SystemClock)
}

fn product(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

#[test]
fn the_exact_nearest_vectors_are_among_the_candidates() {
    let mut numbers = Numbers(7);
    let mut matrix = Matrix::new(DIMENSIONS);
    let rows: Vec<_> = (0..2_000).map(|_| (passage(), numbers.vector())).collect();
    let document = document();
    for (passage, values) in &rows {
        matrix.put(*passage, document, values);
    }
    assert_eq!(matrix.len(), 2_000);
    for _ in 0..20 {
        let query = numbers.vector();
        let mut exact: Vec<_> = rows.iter().collect();
        exact.sort_by(|one, other| product(&other.1, &query).total_cmp(&product(&one.1, &query)));
        let found = matrix.closest(&query, &[], 52);
        assert_eq!(found.len(), 52);
        let found: HashSet<_> = found.into_iter().collect();
        assert!(exact[..10].iter().all(|(one, _)| found.contains(one)));
    }
}

#[test]
fn a_search_is_filtered_by_documents_and_skips_removed_rows() {
    let mut numbers = Numbers(11);
    let mut matrix = Matrix::new(DIMENSIONS);
    let documents = [document(), document(), document()];
    let mut rows = Vec::new();
    for at in 0..90 {
        let row = (passage(), documents[at % 3]);
        matrix.put(row.0, row.1, &numbers.vector());
        rows.push(row);
    }
    let query = numbers.vector();
    let of = |document| -> HashSet<PassageId> {
        let rows = rows.iter().filter(|(_, one)| *one == document);
        rows.map(|(passage, _)| *passage).collect()
    };
    let found = |matrix: &Matrix, documents: &[DocumentId]| -> HashSet<PassageId> {
        matrix.closest(&query, documents, 90).into_iter().collect()
    };
    assert_eq!(found(&matrix, &documents[1..2]), of(documents[1]));
    assert!(found(&matrix, &[document()]).is_empty());
    let kept = &of(documents[0]) | &of(documents[2]);
    matrix.retain(&kept);
    assert_eq!(found(&matrix, &[]), kept);
    assert_eq!(found(&matrix, &documents[2..]), of(documents[2]));
    assert!(found(&matrix, &documents[1..2]).is_empty());
}

#[test]
fn a_repeated_row_replaces_the_old_one() {
    let mut numbers = Numbers(13);
    let mut matrix = Matrix::new(DIMENSIONS);
    let (moved, other) = (passage(), passage());
    let (before, after) = (document(), document());
    let query = numbers.vector();
    let away: Vec<f32> = query.iter().map(|value| -value).collect();
    matrix.put(moved, before, &away);
    matrix.put(other, before, &numbers.vector());
    assert_eq!(matrix.closest(&query, &[], 1), [other]);
    matrix.put(moved, after, &query);
    assert_eq!(matrix.len(), 2);
    assert_eq!(matrix.closest(&query, &[], 2), [moved, other]);
    assert_eq!(matrix.closest(&query, &[after], 2), [moved]);
}

#[test]
fn degenerate_vectors_are_handled() {
    let mut matrix = Matrix::new(3);
    let (nought, wild) = (passage(), passage());
    matrix.put(nought, document(), &[0.0, 0.0, 0.0]);
    matrix.put(wild, document(), &[f32::NAN, f32::INFINITY, 1.0]);
    matrix.put(passage(), document(), &[1.0]);
    assert_eq!(matrix.len(), 2);
    assert_eq!(matrix.closest(&[0.0, 0.0, 1.0], &[], 9).len(), 2);
    assert!(matrix.closest(&[1.0, 0.0], &[], 9).is_empty());
    assert!(Matrix::new(3).closest(&[1.0, 0.0, 0.0], &[], 9).is_empty());
}
