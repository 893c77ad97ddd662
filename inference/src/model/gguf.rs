//! Reads a GGUF file: metadata values, then tensors by name.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use candle_core::Device;
use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::{Content, Value};

use crate::LoadError;

/// An open model file with its parsed header.
pub(crate) struct Gguf {
    content: Content,
    reader: BufReader<File>,
}

impl Gguf {
    /// Opens the file and reads its header.
    pub(crate) fn open(path: &Path) -> Result<Self, LoadError> {
        let file = File::open(path).map_err(|source| LoadError::Open {
            path: path.to_owned(),
            source,
        })?;
        let mut reader = BufReader::new(file);
        let content = Content::read(&mut reader).map_err(|source| LoadError::Format {
            doing: "reading the header".to_owned(),
            source,
        })?;
        Ok(Self { content, reader })
    }

    /// A string value.
    pub(crate) fn text(&self, key: &str) -> Result<&str, LoadError> {
        match self.content.metadata.get(key) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(missing(key)),
        }
    }

    /// A non-negative integer of any width.
    pub(crate) fn number(&self, key: &str) -> Result<usize, LoadError> {
        let value = self.content.metadata.get(key);
        value.and_then(whole).ok_or_else(|| missing(key))
    }

    /// A floating-point number.
    pub(crate) fn fraction(&self, key: &str) -> Result<f32, LoadError> {
        let value = self.content.metadata.get(key);
        value
            .and_then(|value| value.to_f32().ok())
            .ok_or_else(|| missing(key))
    }

    /// Whether a flag is present and set.
    pub(crate) fn flag(&self, key: &str) -> bool {
        matches!(self.content.metadata.get(key), Some(Value::Bool(true)))
    }

    /// A list of strings.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<String>, LoadError> {
        self.list(key, |value| value.to_string().ok().cloned())
    }

    /// A list of non-negative integers.
    pub(crate) fn numbers(&self, key: &str) -> Result<Vec<usize>, LoadError> {
        self.list(key, whole)
    }

    /// The number of weights in the file.
    pub(crate) fn parameters(&self) -> usize {
        let tensors = self.content.tensor_infos.values();
        tensors.map(|info| info.shape.elem_count()).sum()
    }

    /// Whether the file holds a tensor of this name.
    pub(crate) fn has_tensor(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// Reads one tensor in the file's own block type.
    pub(crate) fn tensor(&mut self, name: &str) -> Result<QTensor, LoadError> {
        if !self.has_tensor(name) {
            return Err(missing(name));
        }
        let tensor = self.content.tensor(&mut self.reader, name, &Device::Cpu);
        tensor.map_err(|source| unreadable(name, source))
    }

    /// Reads one small tensor as `f32` values.
    pub(crate) fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>, LoadError> {
        let tensor = self.tensor(name)?.dequantize(&Device::Cpu);
        let values = tensor.and_then(|tensor| tensor.flatten_all()?.to_vec1());
        let values: Vec<f32> = values.map_err(|source| unreadable(name, source))?;
        if values.len() == length {
            Ok(values)
        } else {
            Err(wrong_size(name))
        }
    }

    fn list<T>(&self, key: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>, LoadError> {
        match self.content.metadata.get(key) {
            Some(Value::Array(values)) => values.iter().map(read).collect(),
            _ => None,
        }
        .ok_or_else(|| missing(key))
    }
}

/// The error for a tensor that exists but cannot be read.
pub(crate) fn unreadable(name: &str, source: candle_core::Error) -> LoadError {
    LoadError::Format {
        doing: format!("reading the tensor {name}"),
        source,
    }
}

/// The error for a tensor whose size contradicts the model's other values.
pub(crate) fn wrong_size(name: &str) -> LoadError {
    LoadError::Unsupported(format!("the tensor {name} has an unexpected size"))
}

fn missing(key: &str) -> LoadError {
    LoadError::Missing(key.to_owned())
}

fn whole(value: &Value) -> Option<usize> {
    let number = match *value {
        Value::I8(number) => i64::from(number),
        Value::I16(number) => i64::from(number),
        Value::I32(number) => i64::from(number),
        Value::I64(number) => number,
        ref unsigned => return usize::try_from(unsigned.to_u64().ok()?).ok(),
    };
    usize::try_from(number).ok()
}
