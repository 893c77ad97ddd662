//! Selects the sentences of passages that answer a question, verbatim: for models that are too small to state facts
//! reliably.

use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use crate::{
    domain::ScoredPassage,
    error::Result,
    port::{Embedder, Purpose},
};

/// The minimum cosine of a sentence that answers the question; measured with all-MiniLM-L6-v2.
const CLOSE: f32 = 0.35;
/// The maximum distance of a sentence's cosine from the best one.
const NEARLY: f32 = 0.15;
/// The maximum number of quoted sentences.
const MOST_QUOTED: usize = 3;
/// The maximum number of compared sentences: each costs about 30 ms in the embedding model.
const MOST_COMPARED: usize = 24;

/// The number of a passage, and one of its sentences.
type Sentence = (usize, String);

/// Quotes sentences of passages.
#[derive(Clone)]
pub struct Quoter {
    pub(super) embedder: Arc<dyn Embedder>,
}

impl Quoter {
    /// The closest sentences of the passages, each with its passage's number in brackets; none when none is close.
    pub async fn quote(
        &self,
        question: &str,
        passages: &[ScoredPassage],
    ) -> Result<Option<String>> {
        let sentences = sentences_of(passages);
        let mut texts: Vec<String> = sentences.iter().map(|(_, text)| text.clone()).collect();
        let embedder = &self.embedder;
        texts.insert(0, question.to_owned());
        let vectors = embedder.embed(&texts, Purpose::Question).await?;
        let Some((asked, found)) = vectors.split_first() else {
            return Ok(None);
        };
        let closeness = |vector: &Vec<f32>| asked.iter().zip(vector).map(|(a, b)| a * b).sum();
        Ok(chosen(
            sentences,
            &found.iter().map(closeness).collect::<Vec<f32>>(),
        ))
    }
}

fn sentences_of(passages: &[ScoredPassage]) -> Vec<Sentence> {
    passages
        .iter()
        .zip(1..)
        .flat_map(|(passage, number)| {
            let lines = passage.text.lines();
            lines.flat_map(move |line| {
                line.split_sentence_bounds()
                    .map(str::trim)
                    // a heading names a subject and states nothing about it
                    .filter(|sentence| sentence.split_whitespace().count() > 2)
                    .map(move |sentence| (number, sentence.to_owned()))
            })
        })
        .take(MOST_COMPARED)
        .collect()
}

/// The closest sentences, in the order of the text.
fn chosen(sentences: Vec<Sentence>, closeness: &[f32]) -> Option<String> {
    let mut ranked: Vec<(usize, f32)> = closeness.iter().copied().enumerate().collect();
    ranked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let (_, best) = *ranked.first().filter(|(_, best)| *best >= CLOSE)?;
    let mut kept: Vec<usize> = ranked
        .into_iter()
        .take(MOST_QUOTED)
        .filter(|(_, close)| *close >= CLOSE.max(best - NEARLY))
        .map(|(place, _)| place)
        .collect();
    kept.sort_unstable();
    let quoted: Vec<String> = sentences
        .into_iter()
        .enumerate()
        .filter(|(place, _)| kept.contains(place))
        .map(|(_, (number, sentence))| format!("{sentence} [{number}]"))
        .collect();
    Some(quoted.join(" "))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{chosen, sentences_of};
    use crate::domain::{DocumentId, ScoredPassage};

    #[test]
    fn what_is_close_is_quoted_in_its_order() {
        let passages = [
            passage("Returns\n\nParcels come back within thirty days. The refund takes five more."),
            passage("Ferries leave on Tuesdays."),
        ];
        let sentences = sentences_of(&passages);
        let texts: Vec<_> = sentences
            .iter()
            .map(|(number, text)| (*number, text.as_str()))
            .collect();
        assert_eq!(
            texts,
            [
                (1, "Parcels come back within thirty days."),
                (1, "The refund takes five more."),
                (2, "Ferries leave on Tuesdays."),
            ]
        );
        assert_eq!(
            chosen(sentences.clone(), &[0.6, 0.7, 0.5]).unwrap(),
            "Parcels come back within thirty days. [1] The refund takes five more. [1]"
        );
        assert_eq!(chosen(sentences, &[0.1, 0.34, 0.2]), None);
        assert_eq!(chosen(Vec::new(), &[]), None);
    }

    fn passage(text: &str) -> ScoredPassage {
        ScoredPassage {
            document: DocumentId::from_uuid(Uuid::now_v7()),
            position: 0,
            headings: Vec::new(),
            text: text.to_owned(),
            score: 0.5,
        }
    }
}
