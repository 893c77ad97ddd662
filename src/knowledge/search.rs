//! Finds the passages that answer a question: by their meaning and by their words.

use std::collections::{HashMap, HashSet};

use futures::{future::OptionFuture, join};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::{
    collections::{CollectionHandle, Collections},
    merge::merged,
    metered_embedder::{MeteredEmbedder, Payer},
    question_words::words_of,
    ranking::Ranking,
    words::{WordHits, WordIndexes},
};
use crate::{
    domain::{AccountId, AgentId, Passage, PassageId, ScoredPassage},
    error::{Error, Result},
    port::{Purpose, VectorQuery},
    store::{Store, TenantStore},
};

/// The number of candidates for each wanted passage: some belong to a revision that is not searched, some merge with
/// their neighbours.
const CANDIDATES: usize = 5;
/// The minimum number of candidates.
const FEWEST_CANDIDATES: usize = 30;
/// The maximum number of times that a search is repeated because content was replaced meanwhile.
const MOST_REPEATS: u32 = 3;
/// The maximum number of passages that a search returns.
pub(super) const MOST: usize = 100;

/// The settings of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchSettings {
    /// The maximum number of passages, 1 to 100.
    pub most: usize,
    /// The minimum cosine of a passage, 0 to 1; one that has the question's words may be farther: a name has no meaning for the
    /// model, and stands in the passage all the same.
    pub minimum_score: f64,
    /// The weight of the search by meaning.
    pub vector_weight: f64,
    /// The weight of the search by words.
    pub text_weight: f64,
}

impl SearchSettings {
    /// A search by words alone, for this number of passages.
    pub fn by_words(most: u64) -> Self {
        Self {
            most: usize::try_from(most).unwrap_or(MOST).min(MOST),
            minimum_score: 0.0,
            vector_weight: 0.0,
            text_weight: 1.0,
        }
    }

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
    fn passages(&self) -> Vec<PassageId> {
        self.ranked.iter().map(|(id, _)| *id).collect()
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

/// A question with its vector, which is made once however often the search is repeated.
struct Question<'q> {
    query: KnowledgeQuery<'q>,
    vector: OnceCell<Vec<f32>>,
}

/// The result of one search.
struct Searched {
    found: Found,
    /// Whether something that was found is not searched any more.
    is_stale: bool,
}

/// Searches the knowledge of agents.
#[derive(Clone)]
pub struct KnowledgeSearch {
    pub(super) store: Store,
    pub(super) collections: Collections,
    pub(super) embedder: MeteredEmbedder,
    pub(super) words: WordIndexes,
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
        let asked = Question {
            query: KnowledgeQuery { question, ..query },
            vector: OnceCell::new(),
        };
        let tenant = self.store.tenant(account);
        let mut repeats = 0;
        loop {
            let version = tenant.knowledge_version(agent).await?;
            if settings.most == 0 || version == 0 {
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
            let Searched { found, is_stale } =
                self.search_in(handle, &tenant, version, &asked).await?;
            // newer content may have replaced what was found before its passages were read
            if is_stale
                && repeats < MOST_REPEATS
                && tenant.knowledge_version(agent).await? != version
            {
                repeats += 1;
                continue;
            }
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
        version: i64,
        asked: &Question<'_>,
    ) -> Result<Searched> {
        let KnowledgeQuery {
            agent,
            question,
            settings,
            ..
        } = asked.query;
        let looked_at = (settings.most * CANDIDATES).max(FEWEST_CANDIDATES);
        let uses_words = settings.text_weight > 0.0;
        let index = uses_words.then(|| self.words.of_agent(tenant, agent, version));
        let index = OptionFuture::from(index);
        let (by_meaning, index) = join!(
            async {
                match handle? {
                    Some(handle) => self.by_meaning(handle, asked, looked_at).await,
                    None => Ok(ByMeaning::default()),
                }
            },
            index
        );
        let (by_meaning, without_meaning) = match by_meaning {
            Ok(found) => (found, None),
            Err(error) => {
                tracing::warn!(%agent, error = error.message(), cause = error.cause(), "passages are found by their words only");
                (ByMeaning::default(), Some(error.message().to_owned()))
            }
        };
        let meant = by_meaning.passages();
        let words = match index.transpose()? {
            Some(index) => {
                let words = words_of(question);
                index.search(words, looked_at, meant.clone()).await?
            }
            None => WordHits::default(),
        };
        let ids: HashSet<PassageId> = meant.into_iter().chain(words.passages()).collect();
        let ids: Vec<PassageId> = ids.into_iter().collect();
        let passages = tenant.served_passages_by_ids(agent, &ids).await?;
        let is_stale = passages.len() < ids.len();
        let ranking = Ranking {
            cosines: self.cosines(&by_meaning, &passages).await,
            words,
            settings,
        };
        let found = Found {
            passages: merged(ranking.best(passages)),
            without_meaning,
        };
        Ok(Searched { found, is_stale })
    }

    async fn by_meaning(
        &self,
        handle: CollectionHandle,
        asked: &Question<'_>,
        most: usize,
    ) -> Result<ByMeaning> {
        let embedder = &self.embedder;
        if handle.config.embedder != embedder.model.model() {
            return Err(Error::unavailable(format!(
                "the knowledge was embedded by \"{}\" and is being embedded anew",
                handle.config.embedder
            )));
        }
        let embed = async || {
            let texts = [asked.query.question.to_owned()];
            let payer = Some(Payer::of(&handle));
            let vectors = embedder.embed(payer, &texts, Purpose::Question);
            let vector = vectors.await?.pop();
            vector.ok_or_else(|| Error::internal("embed a question"))
        };
        let question = asked.vector.get_or_try_init(embed).await?.clone();
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

    /// The cosine of each passage with the question, also of those that only the words have found. None for a passage whose
    /// vector the store does not return.
    async fn cosines(
        &self,
        by_meaning: &ByMeaning,
        passages: &[Passage],
    ) -> HashMap<PassageId, f64> {
        let mut cosines: HashMap<PassageId, f64> = by_meaning.ranked.iter().copied().collect();
        let Some(handle) = &by_meaning.handle else {
            return cosines;
        };
        let ids = passages.iter().map(|passage| passage.id);
        let by_words_only: Vec<PassageId> = ids.filter(|id| !cosines.contains_key(id)).collect();
        if by_words_only.is_empty() {
            return cosines;
        }
        match handle.store.fetch(&handle.collection, &by_words_only).await {
            Ok(records) => {
                for record in records {
                    let pairs = record.values.iter().zip(&by_meaning.question);
                    let cosine: f32 = pairs.map(|(one, other)| one * other).sum();
                    cosines.insert(record.passage, f64::from(cosine));
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
        cosines
    }
}
