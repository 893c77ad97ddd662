//! Finds the passages that answer a question: by vectors and by words, combined by reciprocal rank fusion.
//!
//! Reciprocal rank fusion: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank
//! Learning Methods", SIGIR 2009.

use std::{collections::HashMap, sync::Arc};

use futures::join;
use serde_json::Value;

use super::{
    collections::{CollectionHandle, Collections},
    merge::merged,
    question_words::words_of,
};
use crate::{
    domain::{AccountId, AgentId, Passage, PassageId, ScoredPassage},
    error::{Error, Result},
    port::{Embedder, Purpose, VectorQuery},
    store::{Store, TenantStore},
    text_analysis::with_bigrams,
};

/// The constant of the paper: a larger one reduces the differences between the first ranks.
const RANK_CONSTANT: f64 = 60.0;
/// The number of candidates for each wanted passage: some belong to a revision that is not searched, some merge with
/// their neighbours.
const CANDIDATES: usize = 5;
/// The minimum number of candidates.
const FEWEST_CANDIDATES: usize = 30;
/// The length of words, in characters, from which another ending is allowed.
const SHORTEST_STEMMED: usize = 6;
/// The maximum number of passages that a search returns.
pub(super) const MOST: usize = 100;

/// The settings of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchSettings {
    /// The maximum number of passages, 1 to 100.
    pub most: usize,
    /// The minimum cosine of a passage, 0 to 1; one that has two thirds of the question's words may be farther: a name has no meaning
    /// for the model, and stands in the passage all the same.
    pub minimum_score: f64,
    /// The weight of the search by vectors.
    pub vector_weight: f64,
    /// The weight of the search by words.
    pub text_weight: f64,
}

impl SearchSettings {
    /// Reads the settings from an agent's merged configuration.
    pub fn of(settings: &Value) -> Self {
        let number = |name: &str, otherwise: f64| {
            settings
                .get(name)
                .and_then(Value::as_f64)
                .unwrap_or(otherwise)
        };
        let most = settings
            .get("knowledgePassages")
            .and_then(Value::as_u64)
            .and_then(|most| usize::try_from(most).ok());
        Self {
            most: most.unwrap_or(4).min(MOST),
            minimum_score: number("knowledgeMinimumScore", 0.2),
            vector_weight: number("knowledgeVectorWeight", 1.0),
            text_weight: number("knowledgeTextWeight", 1.0),
        }
    }
}

/// The result of a search.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The passages, the best first.
    pub passages: Vec<ScoredPassage>,
    /// The reason why the search used words only, if it did.
    pub without_meaning: Option<String>,
}

/// The result of the search by vectors.
#[derive(Default)]
struct ByMeaning {
    /// The vector of the question; empty when the vectors were not searched.
    question: Vec<f32>,
    /// The passages with their cosines, the closest first.
    ranked: Vec<(PassageId, f64)>,
    handle: Option<CollectionHandle>,
}

impl ByMeaning {
    /// The passages with at least this cosine, the closest first.
    fn closer_than(&self, bound: f64) -> Vec<PassageId> {
        let ranked = self.ranked.iter();
        ranked
            .filter(|(_, cosine)| *cosine >= bound)
            .map(|(id, _)| *id)
            .collect()
    }
}

/// A question to the knowledge of an agent.
#[derive(Debug, Clone, Copy)]
pub struct KnowledgeQuery<'q> {
    /// The account.
    pub account: AccountId,
    /// The agent.
    pub agent: AgentId,
    /// The question in words.
    pub question: &'q str,
    /// How passages are ranked and how many are returned.
    pub settings: SearchSettings,
}

/// Searches the knowledge of agents.
#[derive(Clone)]
pub struct KnowledgeSearch {
    pub(super) store: Store,
    pub(super) collections: Collections,
    pub(super) embedder: Arc<dyn Embedder>,
}

impl KnowledgeSearch {
    /// The passages of an agent that answer a question, the best first. When the vectors cannot be searched, only the
    /// words are, and the result has the reason. UNAVAILABLE when the tables do not answer.
    pub async fn search(&self, query: KnowledgeQuery<'_>) -> Result<Found> {
        let KnowledgeQuery {
            account,
            agent,
            settings,
            question,
        } = query;
        // passages have this form as well
        let question = &documents::normalize(question.to_owned());
        let query = KnowledgeQuery { question, ..query };
        let tenant = self.store.tenant(account);
        loop {
            if settings.most == 0 || tenant.knowledge_size(agent).await?.documents == 0 {
                return Ok(Found::default());
            }
            let handle = if settings.vector_weight > 0.0 {
                self.collections.serving(account, agent).await
            } else {
                Ok(None)
            };
            let searched = match &handle {
                Ok(Some(handle)) => Some(handle.config.id),
                _ => None,
            };
            let found = self.search_in(handle, &tenant, query).await?;
            let Some(searched) = searched else {
                return Ok(found);
            };
            // a move may have ended meanwhile, and the old collection may have been half deleted during the search
            let configs = tenant.vector_configs(agent).await?;
            if configs
                .iter()
                .any(|config| config.id == searched && config.is_serving())
            {
                return Ok(found);
            }
        }
    }

    /// Searches one collection and the words; with an error or `None` for the collection, the words only.
    async fn search_in(
        &self,
        handle: Result<Option<CollectionHandle>>,
        tenant: &TenantStore,
        query: KnowledgeQuery<'_>,
    ) -> Result<Found> {
        let (agent, question, settings) = (query.agent, query.question, query.settings);
        let looked_at = (settings.most * CANDIDATES).max(FEWEST_CANDIDATES);
        let words = words_of(question);
        let most_words = u64::try_from(looked_at).unwrap_or(u64::MAX);
        let (by_meaning, by_words) = join!(
            async {
                match handle? {
                    Some(handle) => self.by_meaning(handle, question, looked_at).await,
                    None => Ok(ByMeaning::default()),
                }
            },
            async {
                if settings.text_weight <= 0.0 {
                    return Ok(Vec::new());
                }
                tenant.passages_with_words(agent, &words, most_words).await
            }
        );
        let by_words = by_words?;
        let (by_meaning, without_meaning) = match by_meaning {
            Ok(found) => (found, None),
            Err(error) => {
                tracing::warn!(%agent, error = error.message(), cause = error.cause(), "passages are found by their words only");
                (ByMeaning::default(), Some(error.message().to_owned()))
            }
        };
        let meant = by_meaning.closer_than(settings.minimum_score);
        let fused = fused([
            (&meant, settings.vector_weight),
            (&by_words, settings.text_weight),
        ]);
        let ids: Vec<PassageId> = fused.keys().copied().collect();
        let passages = tenant.served_passages_by_ids(agent, &ids).await?;
        let scores = self.scores(&by_meaning, &passages, &fused, settings).await;
        let mut best: Vec<(Passage, f64)> = passages
            .into_iter()
            .filter_map(|passage| {
                let score = *scores.get(&passage.id)?;
                let is_kept = score >= settings.minimum_score || has_most(&passage, &words);
                is_kept.then_some((passage, score))
            })
            .collect();
        best.sort_by(|(one, one_score), (other, other_score)| {
            let place = |passage: &Passage| fused.get(&passage.id).copied().unwrap_or_default();
            place(other)
                .total_cmp(&place(one))
                .then(other_score.total_cmp(one_score))
                .then(one.id.cmp(&other.id))
        });
        best.truncate(settings.most);
        Ok(Found {
            passages: merged(best),
            without_meaning,
        })
    }

    async fn by_meaning(
        &self,
        handle: CollectionHandle,
        question: &str,
        most: usize,
    ) -> Result<ByMeaning> {
        let embedder = &self.embedder;
        if handle.config.embedder != embedder.model() {
            return Err(Error::unavailable(format!(
                "the knowledge was embedded by \"{}\" and is being embedded anew",
                handle.config.embedder
            )));
        }
        let question = [question.to_owned()];
        let vector = embedder.embed(&question, Purpose::Question).await?.pop();
        let question = vector.ok_or_else(|| Error::internal("embed a question"))?;
        let query = VectorQuery {
            values: question.clone(),
            most: most.min(1_000),
            documents: Vec::new(),
        };
        let matches = handle.store.query(&handle.collection, &query).await?;
        Ok(ByMeaning {
            question,
            ranked: matches
                .iter()
                .map(|found| (found.passage, f64::from(found.score)))
                .collect(),
            handle: Some(handle),
        })
    }

    /// The closeness of each passage, 0 to 1: its cosine, also for passages that only the words have found. A passage
    /// without a vector, or whose store does not return it, gets a score by its rank in the search by words.
    async fn scores(
        &self,
        by_meaning: &ByMeaning,
        passages: &[Passage],
        fused: &HashMap<PassageId, f64>,
        settings: SearchSettings,
    ) -> HashMap<PassageId, f64> {
        let best = settings.text_weight / (RANK_CONSTANT + 1.0);
        let relative = |place: f64| (place / best).clamp(0.0, 1.0);
        let mut scores: HashMap<PassageId, f64> = fused
            .iter()
            .map(|(id, place)| (*id, relative(*place)))
            .collect();
        let cosines = by_meaning.ranked.iter();
        scores.extend(cosines.map(|(id, cosine)| (*id, cosine.clamp(0.0, 1.0))));
        let Some(handle) = &by_meaning.handle else {
            return scores;
        };
        let by_words_only: Vec<PassageId> = passages
            .iter()
            .map(|passage| passage.id)
            .filter(|id| by_meaning.ranked.iter().all(|(known, _)| known != id))
            .collect();
        if by_words_only.is_empty() {
            return scores;
        }
        match handle.store.fetch(&handle.collection, &by_words_only).await {
            Ok(records) => {
                for record in records {
                    let pairs = record.values.iter().zip(&by_meaning.question);
                    let cosine: f32 = pairs.map(|(one, other)| one * other).sum();
                    scores.insert(record.passage, f64::from(cosine).clamp(0.0, 1.0));
                }
            }
            Err(error) => {
                tracing::warn!(
                    error = error.message(),
                    cause = error.cause(),
                    "what only words have found is not compared with the question"
                );
            }
        }
        scores
    }
}

/// Whether a passage has at least two thirds of these words, each perhaps with another ending.
fn has_most(passage: &Passage, words: &[String]) -> bool {
    let texts = passage.headings.iter().chain([&passage.text]);
    let text: Vec<String> = texts
        .map(|text| with_bigrams(text).to_lowercase())
        .collect();
    let text = text.join(" ");
    let has = |word: &&String| text.contains(stem_of(word));
    3 * words.iter().filter(has).count() >= 2 * words.len().max(1)
}

/// A longer word without its last two letters, which are often an ending.
fn stem_of(word: &str) -> &str {
    let length = word.chars().count();
    if length < SHORTEST_STEMMED {
        return word;
    }
    let end = word.char_indices().nth(length - 2);
    end.and_then(|(end, _)| word.get(..end)).unwrap_or(word)
}

/// The fused score of each passage over both rankings; higher is better.
fn fused(rankings: [(&[PassageId], f64); 2]) -> HashMap<PassageId, f64> {
    let mut fused: HashMap<PassageId, f64> = HashMap::new();
    for (ranked, weight) in rankings {
        for (id, place) in ranked.iter().zip(1_u32..) {
            *fused.entry(*id).or_default() += weight / (RANK_CONSTANT + f64::from(place));
        }
    }
    fused
}
