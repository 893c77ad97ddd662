//! A collection's vectors in memory, rounded to one byte per number: enough precision to find the candidates of a
//! search.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet},
    mem::size_of,
};

use super::scan::Scan;
use crate::domain::{DocumentId, PassageId};

/// The memory of a row's entry in a hash table, which is three quarters full on average.
const ROW_ENTRY_BYTES: usize = (size_of::<PassageId>() + size_of::<usize>()) * 4 / 3;
/// The memory of a matrix without rows.
const EMPTY_BYTES: usize = 512;

/// Rows of numbers between -127 and 127, each with its scale factor.
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    dimensions: usize,
    codes: Vec<i8>,
    scales: Vec<f32>,
    passages: Vec<PassageId>,
    /// The number of each row's document in `document_numbers`.
    documents: Vec<u32>,
    document_numbers: HashMap<DocumentId, u32>,
    rows_by_passage: HashMap<PassageId, usize>,
}

impl Matrix {
    /// Makes an empty matrix for vectors of this length.
    pub(super) fn new(dimensions: usize) -> Self {
        Self {
            dimensions,
            codes: Vec::new(),
            scales: Vec::new(),
            passages: Vec::new(),
            documents: Vec::new(),
            document_numbers: HashMap::new(),
            rows_by_passage: HashMap::new(),
        }
    }

    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub(super) fn len(&self) -> usize {
        self.passages.len()
    }

    /// The approximate memory of the matrix, in bytes.
    pub(super) fn bytes(&self) -> usize {
        EMPTY_BYTES
            + self.codes.capacity()
            + self.scales.capacity() * size_of::<f32>()
            + self.passages.capacity() * size_of::<PassageId>()
            + self.documents.capacity() * size_of::<u32>()
            + self.document_numbers.capacity() * ROW_ENTRY_BYTES
            + self.rows_by_passage.capacity() * ROW_ENTRY_BYTES
    }

    /// Reserves memory for exactly this number of additional rows.
    pub(super) fn reserve(&mut self, rows: usize) {
        self.codes.reserve_exact(rows * self.dimensions);
        self.scales.reserve_exact(rows);
        self.passages.reserve_exact(rows);
        self.documents.reserve_exact(rows);
        self.rows_by_passage.reserve(rows);
    }

    /// Adds a row, or replaces the row of the same passage. A vector of another length is ignored.
    pub(super) fn put(&mut self, passage: PassageId, document: DocumentId, values: &[f32]) {
        if values.len() != self.dimensions {
            return;
        }
        let scale = largest(values) / f32::from(i8::MAX);
        let codes = values.iter().map(|value| to_i8(value / scale));
        self.put_codes(passage, document, scale, codes);
    }

    /// Removes the rows of all other passages.
    pub(super) fn retain(&mut self, passages: &HashSet<PassageId>) {
        if self.passages.iter().all(|one| passages.contains(one)) {
            return;
        }
        let names: HashMap<u32, DocumentId> = self
            .document_numbers
            .iter()
            .map(|(id, number)| (*number, *id))
            .collect();
        let mut kept = Self::new(self.dimensions);
        kept.reserve(passages.len().min(self.len()));
        let rows = self.codes.chunks_exact(self.dimensions.max(1));
        let labels = self.passages.iter().zip(&self.documents).zip(&self.scales);
        for (codes, ((passage, document), scale)) in rows.zip(labels) {
            if let (true, Some(document)) = (passages.contains(passage), names.get(document)) {
                kept.put_codes(*passage, *document, *scale, codes.iter().copied());
            }
        }
        *self = kept;
    }

    /// About the `most` closest rows, closest first; only rows of these documents unless the list is empty.
    pub(super) fn closest(
        &self,
        query: &[f32],
        documents: &[DocumentId],
        most: usize,
    ) -> Vec<PassageId> {
        let among: Option<HashSet<u32>> = (!documents.is_empty()).then(|| {
            let numbers = documents.iter().map(|id| self.document_numbers.get(id));
            numbers.flatten().copied().collect()
        });
        let mut best = BinaryHeap::with_capacity(most.saturating_add(1).min(self.len() + 1));
        for (row, score) in self.scores(query).into_iter().enumerate() {
            let key = Reverse((in_order(score), row));
            let is_worse = best.len() >= most && best.peek().is_some_and(|worst| key >= *worst);
            if is_worse || !self.is_among(row, among.as_ref()) {
                continue;
            }
            best.push(key);
            if best.len() > most {
                best.pop();
            }
        }
        let rows = best.into_sorted_vec().into_iter();
        rows.filter_map(|Reverse((_, row))| self.passages.get(row).copied())
            .collect()
    }

    fn is_among(&self, row: usize, documents: Option<&HashSet<u32>>) -> bool {
        documents.is_none_or(|documents| {
            let document = self.documents.get(row);
            document.is_some_and(|document| documents.contains(document))
        })
    }

    fn scores(&self, query: &[f32]) -> Vec<f32> {
        let mut scores = Vec::with_capacity(self.len());
        let query = in_whole_numbers(query);
        if query.len() == self.dimensions && !query.is_empty() {
            Scan {
                query: &query,
                rows: &self.codes,
                scales: &self.scales,
                scores: &mut scores,
            }
            .run();
        }
        scores
    }

    fn put_codes(
        &mut self,
        passage: PassageId,
        document: DocumentId,
        scale: f32,
        codes: impl Iterator<Item = i8>,
    ) {
        let next = u32::try_from(self.document_numbers.len()).unwrap_or(u32::MAX);
        let document = *self.document_numbers.entry(document).or_insert(next);
        let Some(row) = self.rows_by_passage.get(&passage).copied() else {
            self.rows_by_passage.insert(passage, self.len());
            self.codes.extend(codes);
            self.scales.push(scale);
            self.passages.push(passage);
            self.documents.push(document);
            return;
        };
        let start = row * self.dimensions;
        if let Some(old) = self.codes.get_mut(start..start + self.dimensions) {
            old.iter_mut().zip(codes).for_each(|(old, new)| *old = new);
        }
        if let Some(old) = self.scales.get_mut(row) {
            *old = scale;
        }
        if let Some(old) = self.documents.get_mut(row) {
            *old = document;
        }
    }
}

/// Rounds a query to whole numbers, as large as the sums of the scan can hold.
fn in_whole_numbers(query: &[f32]) -> Vec<i16> {
    let length = i32::try_from(query.len().max(1)).unwrap_or(i32::MAX);
    let most = i32::MAX / i32::from(i8::MAX) / length;
    let most = i16::try_from(most).unwrap_or(i16::MAX);
    let scale = largest(query) / f32::from(most);
    query.iter().map(|value| to_i16(value / scale)).collect()
}

fn largest(values: &[f32]) -> f32 {
    values.iter().map(|value| value.abs()).fold(0.0, f32::max)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding is meant; what is no number becomes 0"
)]
fn to_i8(value: f32) -> i8 {
    value.round() as i8
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding is meant; what is no number becomes 0"
)]
fn to_i16(value: f32) -> i16 {
    value.round() as i16
}

/// Maps a score to a whole number with the same order.
fn in_order(score: f32) -> i32 {
    let bits = score.to_bits().cast_signed();
    if bits < 0 { bits ^ i32::MAX } else { bits }
}

#[cfg(test)]
mod tests;
