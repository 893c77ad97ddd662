//! The words of documents, merged and ranked.

use uuid::Uuid;

use super::{hits::WordHit, index::WordIndex, segment::WordSegment};
use crate::domain::{DocumentId, Passage, PassageId};

/// A passage with a number.
pub(super) fn passage(number: u128, headings: &[&str], text: &str) -> Passage {
    Passage {
        id: id(number),
        document: document(number),
        position: 0,
        headings: headings
            .iter()
            .map(|heading| (*heading).to_owned())
            .collect(),
        text: text.to_owned(),
        tokens: 1,
    }
}

fn id(number: u128) -> PassageId {
    PassageId::from_uuid(Uuid::from_u128(number))
}

fn document(number: u128) -> DocumentId {
    DocumentId::from_uuid(Uuid::from_u128(number))
}

/// An index with one document per text, numbered from 0.
fn index(texts: &[&str]) -> WordIndex {
    let mut index = WordIndex::default();
    for (text, number) in texts.iter().zip(0..) {
        let segment = WordSegment::of(&[passage(number, &[], text)]);
        index.add(document(number), 1, &segment);
    }
    index
}

/// The numbers of the passages with some of these words, the best first.
fn found(index: &WordIndex, words: &str) -> Vec<u128> {
    let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    let hits = index.search(&words, 10, &[]);
    let mut found: Vec<PassageId> = hits.passages().collect();
    found.sort_by(|one, other| hits.of(*other).score.total_cmp(&hits.of(*one).score));
    found.iter().map(|id| id.uuid().as_u128()).collect()
}

#[test]
fn rare_words_count_more_than_frequent_ones_and_long_passages_less() {
    let index = index(&[
        "The pump is in the house.",
        "The house has a house number, and each house has a door.",
        "The pump of the house is a pump that was built in the year in which the road was built.",
        "A garden.",
    ]);
    assert_eq!(found(&index, "pumps"), [0, 2]);
    assert_eq!(found(&index, "house pump")[0], 0);
    assert_eq!(found(&index, "garden house")[0], 3);
    assert_eq!(found(&index, "unknown"), []);
    assert_eq!(found(&index, ""), []);
}

#[test]
fn scores_are_shares_of_the_best_possible_ones() {
    let index = index(&["red blue", "red green", "black"]);
    let search = |words: &[&str], also: &[PassageId]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        index.search(&words, 1, also)
    };
    let hits = search(&["red", "blue"], &[id(1), id(2), id(9)]);
    assert_eq!(
        hits.passages().count(),
        2,
        "the best one, and one of the others"
    );
    let (best, other) = (hits.of(id(0)), hits.of(id(1)));
    assert!((best.share - 1.0).abs() < 1e-9, "{best:?}");
    assert!(
        best.score < 1.0 && other.score < best.score,
        "{best:?} {other:?}"
    );
    assert!(other.share < 0.5, "the rare word is missing: {other:?}");
    assert_eq!(hits.of(id(2)), WordHit::default());
}

#[test]
fn languages_are_asked_together() {
    let german = "Die Häuser am Fluss wurden im letzten Jahr gebaut und sind nicht mehr zu kaufen.";
    let english = "The houses at the river were built last year and cannot be bought any more.";
    let index = index(&[german, english]);
    assert_eq!(found(&index, "haus"), [0]);
    assert_eq!(found(&index, "house"), [1]);
    let both = found(&index, "haus house");
    assert_eq!(both.len(), 2);
}

#[test]
fn documents_are_replaced_and_what_is_gone_makes_room() {
    let many: Vec<String> = (0..3_000).map(|number| format!("word w{number}")).collect();
    let texts: Vec<&str> = many.iter().map(String::as_str).collect();
    let mut index = index(&texts);
    let size = index.size();
    let served: Vec<(DocumentId, i32)> = (0..1_000)
        .map(|number| (document(number * 3), 1))
        .chain([(document(1), 2), (document(9_999), 1)])
        .collect();
    let missing = index.keep(&served);
    assert_eq!(missing, [(document(1), 2), (document(9_999), 1)]);
    assert!(index.size() < size / 2, "{} of {size}", index.size());
    assert_eq!(found(&index, "w1"), []);
    assert_eq!(found(&index, "w2997"), [2_997]);
    let segment = WordSegment::of(&[passage(1, &[], "another text")]);
    index.add(document(1), 2, &segment);
    assert_eq!(found(&index, "another"), [1]);
    assert_eq!(index.keep(&[]), []);
    assert_eq!(found(&index, "word"), []);
}
