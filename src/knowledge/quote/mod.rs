//! Selects the sentences of passages that answer a question, verbatim: for models that are too small to state facts
//! reliably.
//!
//! A sentence is scored by the cosine of its vector with the question's, which alone cannot tell an answer from a
//! neighbouring fact: "What does a bell cost?" is as close to the price of a lock as to the price of a bell. So the
//! score also has the support of the question's words ([`support`]): how close each of them is to a word of the
//! sentence or of its headings. Names that the sentence does not have, an unsupported subject, and a missing amount or
//! time lower it. A question with a code (`TRX-07341`) is answered by
//! sentences that have the code; if there are none, by sentences without any. docs/decisions/0033-the-no-key-profile.md has the figures behind the constants.

mod expected;
mod question;
mod sentence;
mod support;
mod vectors;

use std::sync::Arc;

use self::{
    question::Question,
    sentence::Sentence,
    support::{MOST_SUPPORT, Vocabulary},
    vectors::VectorCache,
};
use crate::{
    domain::{AccountId, ScoredPassage},
    error::Result,
    knowledge::metered_embedder::MeteredEmbedder,
};

/// The minimum score of a sentence that answers a question; measured with all-MiniLM-L6-v2, like the other constants.
const ENOUGH: f32 = 0.64;
/// The maximum distance of a quoted sentence's score from the best one.
const NEARLY: f32 = 0.15;
/// The maximum number of quoted sentences.
const MOST_QUOTED: usize = 2;
/// The maximum number of sentences whose vectors are compared: each costs about 6 ms in the embedding model.
const MOST_COMPARED: usize = 64;
/// The number of the closest sentences whose words are compared.
const MOST_SUPPORTED: usize = 6;
/// The cosine below which no support makes a sentence an answer.
const HOPELESS: f32 = ENOUGH - MOST_SUPPORT;

/// A sentence of a passage that answers a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The index of its passage in the given order.
    pub passage: usize,
    /// The sentence as it stands in the passage.
    pub text: String,
}

/// Quotes sentences of passages. A cheap handle.
#[derive(Clone)]
pub struct Quoter {
    vectors: VectorCache,
}

impl Quoter {
    pub(super) fn new(embedder: MeteredEmbedder) -> Self {
        Self {
            vectors: VectorCache::new(embedder),
        }
    }

    /// The sentences that answer the question, in the order of the passages; none when no sentence does. UNAVAILABLE
    /// when the embedding model is.
    pub async fn quote(
        &self,
        account: AccountId,
        question: &str,
        passages: &[ScoredPassage],
    ) -> Result<Vec<Quote>> {
        let asked = Question::new(question);
        let mut sentences = sentence::sentences_of(passages);
        let has_code = asked.keep_its_codes(&mut sentences);
        sentences.truncate(MOST_COMPARED);
        let all = sentences.iter().map(|sentence| sentence.text.as_str());
        let texts: Vec<&str> = [question].into_iter().chain(all).collect();
        let vectors = self.vectors.of(Some(account), &texts).await?;
        let Some((question, found)) = vectors.split_first() else {
            return Ok(Vec::new());
        };
        let vocabulary = Vocabulary::new(&sentences);
        let mut close: Vec<(usize, f32)> = found
            .iter()
            .map(|vector| cosine(question, vector))
            .enumerate()
            .filter(|(_, cosine)| has_code || *cosine >= HOPELESS)
            .collect();
        close.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        close.truncate(MOST_SUPPORTED);
        let mut scored = Vec::with_capacity(close.len());
        for (place, cosine) in close {
            let Some(sentence) = sentences.get(place) else {
                continue;
            };
            let support = self.support(account, &asked, sentence, &vocabulary);
            let score = cosine + support.await?;
            let least = if has_code { ENOUGH } else { f32::MIN };
            scored.push((place, score.max(least)));
        }
        Ok(chosen(sentences, scored))
    }

    /// The cosine of a text and the closest of some phrases of this program, with the index of that phrase.
    pub async fn closest(
        &self,
        account: AccountId,
        text: &str,
        phrases: &[&str],
    ) -> Result<Option<(usize, f32)>> {
        let asked = self.vectors.of(Some(account), &[text]).await?;
        let phrases = self.vectors.of(None, phrases).await?;
        let closeness = |vector: &Arc<[f32]>| asked.first().map(|asked| cosine(asked, vector));
        Ok(phrases
            .iter()
            .map(|vector| closeness(vector).unwrap_or_default())
            .enumerate()
            .max_by(|(_, one), (_, other)| one.total_cmp(other)))
    }

    /// The cosines of a text with other texts of the same account, in their order.
    pub async fn cosines(
        &self,
        account: AccountId,
        text: &str,
        others: &[&str],
    ) -> Result<Vec<f32>> {
        let texts: Vec<&str> = [text].into_iter().chain(others.iter().copied()).collect();
        let vectors = self.vectors.of(Some(account), &texts).await?;
        let Some((text, others)) = vectors.split_first() else {
            return Ok(Vec::new());
        };
        Ok(others.iter().map(|other| cosine(text, other)).collect())
    }

    /// What the words of a question add to the score of a sentence, or take from it.
    async fn support(
        &self,
        account: AccountId,
        question: &Question,
        sentence: &Sentence,
        vocabulary: &Vocabulary,
    ) -> Result<f32> {
        let asked = question.words();
        let known: Vec<&str> = sentence.words().collect();
        let words: Vec<&str> = asked.iter().copied().chain(known.iter().copied()).collect();
        let vectors = self.vectors.of(Some(account), &words).await?;
        let (asked_vectors, known_vectors) =
            vectors.split_at_checked(asked.len()).unwrap_or_default();
        let supported = asked.iter().zip(asked_vectors).map(|(word, vector)| {
            let closest = known_vectors.iter().map(|known| cosine(vector, known));
            let support = if sentence.has(word) {
                1.0
            } else {
                closest.fold(0.0, f32::max)
            };
            (*word, support)
        });
        Ok(question.support(&supported.collect(), vocabulary, &sentence.text))
    }
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// The best sentences, in the order of the text.
fn chosen(sentences: Vec<Sentence>, mut scored: Vec<(usize, f32)>) -> Vec<Quote> {
    scored.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let best = scored.first().map_or(0.0, |(_, best)| *best);
    let kept: Vec<usize> = scored
        .into_iter()
        .take(MOST_QUOTED)
        .filter(|(_, score)| *score >= ENOUGH.max(best - NEARLY))
        .map(|(place, _)| place)
        .collect();
    sentences
        .into_iter()
        .enumerate()
        .filter(|(place, _)| kept.contains(place))
        .map(|(_, sentence)| Quote {
            passage: sentence.passage,
            text: sentence.text,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{chosen, sentence::tests::sentences};

    #[test]
    fn the_best_sentences_are_quoted_in_the_order_of_the_text() {
        let text =
            "Parcels come back within thirty days. The refund takes five more. Ferries leave.";
        let quoted = |scored: &[(usize, f32)]| -> Vec<String> {
            let quotes = chosen(sentences(&[text]), scored.to_vec());
            quotes.into_iter().map(|quote| quote.text).collect()
        };
        let (first, second) = (
            "Parcels come back within thirty days.",
            "The refund takes five more.",
        );
        assert_eq!(quoted(&[(1, 0.9), (0, 0.8), (2, 0.79)]), [first, second]);
        assert_eq!(quoted(&[(1, 0.9), (0, 0.7)]), [second]);
        assert!(quoted(&[(1, 0.63)]).is_empty());
        assert!(quoted(&[]).is_empty());
    }
}
