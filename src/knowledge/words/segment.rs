//! The words of one document, as they are stored beside its passages.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    domain::{Passage, PassageId},
    text_analysis::{TextLanguage, indexed_words},
};

/// The first byte of a stored segment. Another number is given to it whenever words are analysed in another way: segments
/// with an earlier one are made again.
const VERSION: u8 = 1;
/// The number of characters from which the language of a document is recognized.
const LOOKED_AT: usize = 4_000;

/// The words of a revision of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::knowledge) struct WordSegment {
    /// The language of the terms, a code of ISO 639-3.
    language: String,
    /// The passages in order: their ids, and their lengths in words.
    pub(super) passages: Vec<(Uuid, u32)>,
    /// For each term: the positions in `passages` where it occurs, and how often.
    pub(super) terms: Vec<(String, Vec<(u32, u32)>)>,
}

impl WordSegment {
    /// The words of a document's passages: of their headings and their text. Work that grows with the text.
    pub(in crate::knowledge) fn of(passages: &[Passage]) -> Self {
        let language = language_of(passages);
        let mut terms: BTreeMap<String, Vec<(u32, u32)>> = BTreeMap::new();
        // most words occur often: each is stemmed once
        let mut known: HashMap<String, String> = HashMap::new();
        let mut lengths = Vec::with_capacity(passages.len());
        for (passage, position) in passages.iter().zip(0_u32..) {
            let mut length = 0;
            let texts = passage.headings.iter().chain([&passage.text]);
            for word in texts.flat_map(|text| indexed_words(text)) {
                length += 1;
                let term = known
                    .entry(word)
                    .or_insert_with_key(|word| language.term(word));
                let postings = terms.entry(term.clone()).or_default();
                match postings.last_mut() {
                    Some((last, count)) if *last == position => *count += 1,
                    _ => postings.push((position, 1)),
                }
            }
            lengths.push((passage.id.uuid(), length));
        }
        Self {
            language: language.code().to_owned(),
            passages: lengths,
            terms: terms.into_iter().collect(),
        }
    }

    /// The segment in bytes.
    pub(in crate::knowledge) fn to_bytes(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![VERSION]).unwrap_or_default()
    }

    /// Reads a segment; none when it was made by another version, or is damaged.
    pub(in crate::knowledge) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, bytes) = bytes.split_first()?;
        (*version == VERSION)
            .then(|| postcard::from_bytes(bytes).ok())
            .flatten()
    }

    /// The language of the terms.
    pub(super) fn language(&self) -> TextLanguage {
        TextLanguage::from_code(&self.language)
    }

    /// The ids of the passages.
    pub(super) fn ids(&self) -> impl Iterator<Item = PassageId> + '_ {
        let ids = self.passages.iter();
        ids.map(|(id, _)| PassageId::from_uuid(*id))
    }
}

/// The language of the first passages: those of a document are in one language, mostly.
fn language_of(passages: &[Passage]) -> TextLanguage {
    let mut text = String::new();
    for passage in passages {
        text.push_str(&passage.text);
        text.push('\n');
        if text.len() > LOOKED_AT {
            break;
        }
    }
    TextLanguage::of(&text)
}

#[cfg(test)]
mod tests {
    use super::WordSegment;
    use crate::knowledge::words::tests::passage;

    #[test]
    fn a_segment_is_read_as_it_was_stored_and_no_other_is() {
        let segment = WordSegment::of(&[
            passage(
                1,
                &["Shipping"],
                "Parcels leave our house every day. A parcel takes two days.",
            ),
            passage(2, &[], "Every house has a number."),
        ]);
        let postings = |term| {
            let mut terms = segment.terms.iter();
            terms
                .find(|(known, _)| known == term)
                .map(|(_, postings)| postings.clone())
        };
        assert_eq!(postings("parcel"), Some(vec![(0, 2)]));
        assert_eq!(postings("hous"), Some(vec![(0, 1), (1, 1)]));
        assert_eq!(postings("ship"), Some(vec![(0, 1)]));
        assert_eq!(segment.passages[1].1, 5);
        let bytes = segment.to_bytes();
        assert_eq!(WordSegment::from_bytes(&bytes), Some(segment));
        assert_eq!(WordSegment::from_bytes(&bytes[..bytes.len() - 1]), None);
        assert_eq!(WordSegment::from_bytes(&[&[0], &bytes[1..]].concat()), None);
        assert_eq!(WordSegment::from_bytes(&[]), None);
    }
}
