//! The content blocks of an answer, in the order in which they came.
//!
//! A model that thinks needs its thinking back, unchanged and at its place, with the results of the tools that it
//! called. The blocks therefore go into the step journal as one member, the layout; texts are repeated in it as they
//! came, and a call is named by its id only.

use serde_json::{Map, Value, json, value::RawValue};

use crate::{
    adapter::model_provider::{TextBuffer, each_member, first_byte, without_nul, word},
    domain::ModelCall,
};

/// The member of the journal with the layout; refusals that mention it are about the blocks.
pub(super) const LAYOUT: &str = "thinking";

/// The maximum number of blocks that are kept; an answer with more is malfunctioning.
const MOST_BLOCKS: usize = 512;
/// The maximum total size in bytes of the blocks that go back.
const LARGEST_LAYOUT: usize = 256 * 1024;

/// The blocks of an answer.
#[derive(Default)]
pub(super) struct ContentBlocks {
    blocks: Vec<ContentBlock>,
    bytes: usize,
}

struct ContentBlock {
    index: Option<u64>,
    content: BlockContent,
}

enum BlockContent {
    Text(String),
    Thinking {
        text: String,
        /// The part of the text that may end with half a character.
        tail: TextBuffer,
        signature: String,
    },
    /// Thinking that only the provider can read.
    Redacted(Value),
    /// A call, by its place among the calls.
    Call(usize),
}

impl ContentBlocks {
    /// Adds a thinking block as far as it is known at its start.
    pub(super) fn begin_thinking(&mut self, index: Option<u64>, block: &RawValue) {
        let mut content = BlockContent::Thinking {
            text: String::new(),
            tail: TextBuffer::default(),
            signature: String::new(),
        };
        each_member(block.get(), |name, value| match name {
            "thinking" => content.add_thinking(value),
            "signature" => content.add_signature(value),
            _ => {}
        });
        self.push(index, content);
    }

    /// Adds a block that only the provider can read.
    pub(super) fn add_redacted(&mut self, index: Option<u64>, block: &RawValue) {
        self.bytes += block.get().len();
        if self.bytes <= LARGEST_LAYOUT
            && let Ok(mut block) = serde_json::from_str::<Value>(block.get())
        {
            without_nul(&mut block);
            self.push(index, BlockContent::Redacted(block));
        }
    }

    /// Adds the call at this place among the calls.
    pub(super) fn add_call(&mut self, index: Option<u64>, place: usize) {
        self.push(index, BlockContent::Call(place));
    }

    /// Adds a piece of the thinking.
    pub(super) fn continue_thinking(&mut self, index: Option<u64>, piece: &RawValue) {
        self.bytes += piece.get().len();
        if let Some(content) = self.thinking(index) {
            content.add_thinking(piece);
        }
    }

    /// Adds the signature of the thinking.
    pub(super) fn sign(&mut self, index: Option<u64>, signature: &RawValue) {
        self.bytes += signature.get().len();
        if let Some(content) = self.thinking(index) {
            content.add_signature(signature);
        }
    }

    /// Adds a text that people were shown.
    pub(super) fn add_text(&mut self, text: &RawValue) {
        self.bytes += text.get().len();
        let Ok(text) = serde_json::from_str::<String>(text.get()) else {
            return;
        };
        match self.blocks.last_mut().map(|block| &mut block.content) {
            Some(BlockContent::Text(before)) => before.push_str(&text),
            _ => self.push(None, BlockContent::Text(text)),
        }
    }

    /// The layout to be returned to the provider with the calls; empty for an answer without thinking, which needs none.
    pub(super) fn finish(&mut self, calls: &[ModelCall]) -> Map<String, Value> {
        let blocks = std::mem::take(&mut self.blocks);
        let is_thinking = |block: &ContentBlock| {
            let content = &block.content;
            matches!(
                content,
                BlockContent::Thinking { .. } | BlockContent::Redacted(_)
            )
        };
        if self.bytes > LARGEST_LAYOUT || !blocks.iter().any(is_thinking) {
            return Map::new();
        }
        let blocks = blocks.into_iter();
        let layout: Vec<Value> = blocks
            .filter_map(|block| block.content.finish(calls))
            .collect();
        Map::from_iter([(LAYOUT.to_owned(), Value::Array(layout))])
    }

    fn push(&mut self, index: Option<u64>, content: BlockContent) {
        if self.blocks.len() < MOST_BLOCKS {
            self.blocks.push(ContentBlock { index, content });
        }
    }

    /// The thinking block of an index, else the last one.
    fn thinking(&mut self, index: Option<u64>) -> Option<&mut BlockContent> {
        let blocks = self.blocks.iter_mut().rev();
        let mut open = blocks.filter(|block| {
            let is_of_index = index.is_none() || block.index == index;
            is_of_index && matches!(block.content, BlockContent::Thinking { .. })
        });
        open.next().map(|block| &mut block.content)
    }
}

impl BlockContent {
    fn add_thinking(&mut self, piece: &RawValue) {
        if let Self::Thinking { text, tail, .. } = self {
            tail.push(piece);
            text.push_str(&tail.take());
        }
    }

    fn add_signature(&mut self, piece: &RawValue) {
        if let Self::Thinking { signature, .. } = self
            && first_byte(piece) == b'"'
            && let Some(piece) = word(piece)
        {
            signature.push_str(&piece);
        }
    }

    fn finish(self, calls: &[ModelCall]) -> Option<Value> {
        Some(match self {
            Self::Text(text) => json!({"type": "text", "text": text.replace('\0', "")}),
            Self::Thinking {
                text,
                mut tail,
                signature,
            } => {
                let text = format!("{text}{}", tail.finish()).replace('\0', "");
                // some compatible servers sign nothing, and take nothing back that is not signed
                if signature.is_empty() && text.is_empty() {
                    return None;
                }
                json!({"type": "thinking", "thinking": text, "signature": signature})
            }
            Self::Redacted(block) => block,
            Self::Call(place) => {
                json!({"type": "tool_use", "id": calls.get(place)?.reference})
            }
        })
    }
}
