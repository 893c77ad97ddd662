//! Reads a safetensors file tensor by tensor, so that the whole file is never in memory.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::Metadata;

use crate::LoadError;

/// The size in bytes of the header's length, with which the file begins.
const LENGTH: usize = 8;

/// The maximum size of a header in bytes; that of a sentence model has some kilobytes.
const LONGEST_HEADER: usize = 16 << 20;

/// An open file with its parsed header.
pub(super) struct Weights {
    path: PathBuf,
    file: File,
    header: Metadata,
    /// The offset of the tensors' data in the file.
    begin: usize,
}

impl Weights {
    pub(super) fn open(path: &Path) -> Result<Self, LoadError> {
        let unreadable = |source| LoadError::Open {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(unreadable)?;
        let mut length = [0; LENGTH];
        file.read_exact(&mut length).map_err(unreadable)?;
        let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
        if length > LONGEST_HEADER {
            return Err(LoadError::Unsupported(format!(
                "a header of {length} bytes"
            )));
        }
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes).map_err(unreadable)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            header: serde_json::from_slice(&bytes).map_err(LoadError::Safetensors)?,
            begin: LENGTH + length,
        })
    }

    /// The numbers of a matrix, row by row.
    pub(super) fn matrix(
        &self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<Vec<f32>, LoadError> {
        self.read(name, &[rows, columns])
    }

    /// The numbers of a vector.
    pub(super) fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>, LoadError> {
        self.read(name, &[length])
    }

    /// Where the numbers of a tensor lie in the file.
    pub(super) fn place(&self, name: &str, shape: &[usize]) -> Result<Range<usize>, LoadError> {
        let info = self.header.info(name);
        let info = info.ok_or_else(|| LoadError::Unsupported(format!("no tensor {name}")))?;
        if info.shape != shape || info.dtype != Dtype::F32 {
            return Err(LoadError::Unsupported(format!(
                "the tensor {name} is {} {:?}, expected F32 {shape:?}",
                info.dtype, info.shape
            )));
        }
        let (begin, end) = info.data_offsets;
        Ok(self.begin + begin..self.begin + end)
    }

    /// Another handle of the file, which stays open when this value is dropped.
    pub(super) fn share(&self) -> Result<File, LoadError> {
        let file = self.file.try_clone();
        file.map_err(|source| self.unreadable(source))
    }

    pub(super) fn unreadable(&self, source: io::Error) -> LoadError {
        LoadError::Open {
            path: self.path.clone(),
            source,
        }
    }

    fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        let place = self.place(name, shape)?;
        let mut bytes = vec![0; place.len()];
        let read = self.file.read_exact_at(&mut bytes, place.start as u64);
        read.map_err(|source| self.unreadable(source))?;
        let (numbers, _) = bytes.as_chunks();
        Ok(numbers.iter().copied().map(f32::from_le_bytes).collect())
    }
}
