//! Office files and books: ZIP archives of XML. Pictures and programs in them are never unpacked.

mod cells;
mod container;
pub(crate) mod docx;
pub(crate) mod epub;
mod number_format;
pub(crate) mod odf;
mod paragraphs;
pub(crate) mod pptx;
mod styles;
pub(crate) mod xlsx;
mod xml;

pub(crate) use container::Container;
pub(crate) use paragraphs::{ParagraphKind, Paragraphs};
