//! What an expert writes about, and the words that are typical of them: measured, without a model.
//!
//! Topics are key phrases (C-value) and terms are single words; both are compared with everyday words, so that they are
//! distinctive. Both have the sentences that show them.

use std::cmp::Reverse;

use super::{
    corpus::Corpus,
    finding::{PersonaFinding, share},
};
use crate::{
    domain::PersonaItemKind,
    text_analysis::{Phrase, frequencies, is_everyday_word, phrases},
};

/// The minimum number of occurrences of a phrase that is a topic.
const FEWEST: u64 = 2;
/// The minimum number of occurrences of a single word that is a topic.
const FEWEST_OF_WORD: u64 = 3;
/// The number of words of a phrase from which it is distinctive, whatever its words are.
const LONG_PHRASE: usize = 3;
/// The maximum number of phrases and words that are looked up in the statements.
const MOST_CANDIDATES: usize = 200;
/// The maximum number of sources of a topic.
const MOST_SOURCES: usize = 3;
/// The minimum number of letters of a term.
const SHORTEST_TERM: usize = 4;
/// The numbers of words of a corpus from which a term must occur once more.
const LARGER: [usize; 2] = [500, 5_000];

/// The topics and the terms of an expert, for each kind the most important first.
pub(super) fn topics_and_terms(corpus: &Corpus) -> Vec<PersonaFinding> {
    let mut found = topics(corpus);
    let terms = terms(corpus, &found);
    found.extend(terms);
    found
}

/// Phrases of several words come before single words, which are often parts of them; among the chosen, those with more
/// words in the texts are more important.
fn topics(corpus: &Corpus) -> Vec<PersonaFinding> {
    let is_topic = |phrase: &Phrase| {
        let fewest = if phrase.text.contains(' ') {
            FEWEST
        } else {
            FEWEST_OF_WORD
        };
        phrase.count >= fewest && is_distinctive(&phrase.text)
    };
    let candidates = phrases(corpus.texts()).into_iter().filter(is_topic);
    let mut candidates: Vec<Phrase> = candidates.take(MOST_CANDIDATES).collect();
    candidates.sort_by_key(|phrase| !phrase.text.contains(' '));
    let mut accepted: Vec<(usize, PersonaFinding)> = Vec::new();
    let mut known: Vec<String> = Vec::new();
    for phrase in candidates {
        if accepted.len() == PersonaItemKind::Topic.most() {
            break;
        }
        let stems = stems(&phrase.text);
        let sources = corpus.sources_of(&phrase.text, MOST_SOURCES);
        let overlaps = |known: &String| known.contains(&stems) || stems.contains(known);
        if sources.is_empty() || known.iter().any(overlaps) {
            continue;
        }
        known.push(stems);
        let occurrences = usize::try_from(phrase.count).unwrap_or(usize::MAX);
        let finding = PersonaFinding {
            kind: PersonaItemKind::Topic,
            weight: None,
            sources,
            text: phrase.text,
        };
        let words = finding.text.split(' ').count();
        accepted.push((occurrences.saturating_mul(words), finding));
    }
    accepted.sort_by_key(|(importance, _)| Reverse(*importance));
    let most = accepted.first().map_or(1, |(importance, _)| *importance);
    let weighted = accepted
        .into_iter()
        .map(|(importance, finding)| PersonaFinding {
            weight: Some(share(importance, most, 3)),
            ..finding
        });
    weighted.collect()
}

fn terms(corpus: &Corpus, topics: &[PersonaFinding]) -> Vec<PersonaFinding> {
    let in_topics: String = topics.iter().map(|topic| stems(&topic.text)).collect();
    let larger = LARGER.iter().filter(|size| corpus.words >= **size).count();
    let fewest = FEWEST + u64::try_from(larger).unwrap_or_default();
    let is_term = |(word, count): &(String, u64)| {
        *count >= fewest
            && word.chars().count() >= SHORTEST_TERM
            && word.chars().all(char::is_alphabetic)
            && !is_everyday_word(word)
            && !in_topics.contains(&stems(word))
    };
    let mut words: Vec<(String, u64)> = frequencies(corpus.texts())
        .into_iter()
        .filter(is_term)
        .collect();
    words.sort_by(|(one, count), (other, more)| more.cmp(count).then_with(|| one.cmp(other)));
    let found = words.into_iter().take(MOST_CANDIDATES);
    found
        .filter_map(|(word, count)| {
            let sources = corpus.sources_of(&word, 1);
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            (!sources.is_empty()).then(|| PersonaFinding {
                kind: PersonaItemKind::Term,
                weight: Some(share(count, corpus.words, 5)),
                text: word,
                sources,
            })
        })
        .take(PersonaItemKind::Term.most())
        .collect()
}

/// Whether a phrase tells experts apart: it is long, or it has a word that is not an everyday word.
fn is_distinctive(phrase: &str) -> bool {
    let words: Vec<&str> = phrase.split(' ').collect();
    let has_letters = |word: &&str| word.chars().all(|letter| !letter.is_numeric());
    words.iter().all(has_letters)
        && (words.len() >= LONG_PHRASE || words.iter().any(|word| !is_everyday_word(word)))
}

/// The words of a phrase without a plural `s`, each between two spaces.
fn stems(phrase: &str) -> String {
    let mut stems = String::from(" ");
    for word in phrase.split(' ') {
        stems.push_str(word.strip_suffix('s').unwrap_or(word));
        stems.push(' ');
    }
    stems
}

#[cfg(test)]
mod tests {
    use super::topics_and_terms;
    use crate::{domain::PersonaItemKind, persona::corpus::corpus_of};

    #[test]
    fn topics_and_terms_are_distinctive_and_have_sentences() {
        let corpus = corpus_of(&[
            "Cargo bikes carry children every day. A cargo bike needs a welded frame. People like welding.",
            "I sell a cargo bike to people who want one. Our frame is welded by hand every day.",
        ]);
        let found = topics_and_terms(&corpus);
        let first = &found[0];
        assert_eq!(
            (first.kind, first.text.as_str()),
            (PersonaItemKind::Topic, "cargo bike")
        );
        assert_eq!(first.sources.len(), 2, "{first:?}");
        assert_eq!(first.sources[0].quote, "A cargo bike needs a welded frame.");
        assert_eq!(first.weight, Some(1.0));
        let texts: Vec<&str> = found.iter().map(|one| one.text.as_str()).collect();
        assert!(texts.contains(&"welded"), "{texts:?}");
        for everyday in ["people", "day", "every day", "cargo bikes", "cargo"] {
            assert!(!texts.contains(&everyday), "{everyday}: {texts:?}");
        }
        assert!(topics_and_terms(&corpus_of(&[])).is_empty());
    }
}
