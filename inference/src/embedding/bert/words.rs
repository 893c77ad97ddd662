//! The embeddings of the vocabulary, read from the model's file when a text needs them.
//!
//! They are half of the model, and a text uses a few rows of them. Left in the file, they take no memory of the process
//! but of the system's cache.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::weights::Weights;
use crate::LoadError;

/// The size of a number in the file.
const NUMBER: usize = size_of::<f32>();

pub(super) struct Words {
    file: File,
    /// The offset of the first row in the file.
    begin: usize,
    count: usize,
    width: usize,
}

impl Words {
    /// Finds the matrix of `count` rows in the file.
    pub(super) fn find(
        file: &Weights,
        name: &str,
        count: usize,
        width: usize,
    ) -> Result<Self, LoadError> {
        let begin = file.place(name, &[count, width])?.start;
        let words = Self {
            file: file.share()?,
            begin,
            count,
            width,
        };
        // a file that was cut off fails now, not at the first text
        if let Some(last) = count.checked_sub(1) {
            let mut row = vec![0; width * NUMBER];
            let read = words.read(last, &mut row);
            read.map_err(|source| file.unreadable(source))?;
        }
        Ok(words)
    }

    /// The number of rows.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The rows of the tokens, one after the other; the error is a text for a log.
    pub(super) fn rows(&self, tokens: &[u32]) -> Result<Vec<f32>, String> {
        let mut rows = Vec::with_capacity(tokens.len() * self.width);
        let mut bytes = vec![0; self.width * NUMBER];
        for token in tokens {
            let index = *token as usize;
            if index >= self.count {
                return Err(format!("the model does not know token {token}"));
            }
            self.read(index, &mut bytes)
                .map_err(|error| format!("the model's file cannot be read any more: {error}"))?;
            let (numbers, _) = bytes.as_chunks();
            rows.extend(numbers.iter().copied().map(f32::from_le_bytes));
        }
        Ok(rows)
    }

    fn read(&self, index: usize, bytes: &mut [u8]) -> io::Result<()> {
        let place = self.begin + index * bytes.len();
        self.file.read_exact_at(bytes, place as u64)
    }
}
