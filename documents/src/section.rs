//! The text of a document: sections of blocks under their headings, and what could not be read.

/// A run of blocks under the same headings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// The headings above the section, the outermost first.
    pub headings: Vec<String>,
    /// The paragraphs, lists, tables and code blocks, in order; none is blank.
    pub blocks: Vec<Block>,
}

/// A paragraph, list, table or code block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// The text; lines are separated by `\n`.
    pub text: String,
    /// The number of first lines that each piece of the block repeats: the caption and the header of a table.
    pub header_lines: u8,
}

impl Block {
    /// A block without lines that are repeated.
    pub fn new(text: impl Into<String>) -> Self {
        Self::table(text, 0)
    }

    /// A table whose first lines are its caption and its header.
    pub fn table(text: impl Into<String>, header_lines: u8) -> Self {
        Self {
            text: text.into(),
            header_lines,
        }
    }
}

/// What was read of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentText {
    /// The sections in order; each has a block.
    pub sections: Vec<Section>,
    /// What could not be read, in sentences for the person who gave the document; bounded by [`crate::MOST_WARNINGS`]
    /// and [`crate::LONGEST_WARNING`].
    pub warnings: Vec<String>,
}
