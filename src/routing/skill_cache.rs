//! The vectors of skills, embedded once and shared by all templates and accounts.

use std::sync::Arc;

use intent::SkillVectors;
use moka::future::Cache;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use crate::{
    domain::Skill,
    error::{Error, Result},
    port::{Embedder, Purpose},
};

/// The cache's maximum size in bytes of vectors: about 3,000 skills with a dozen examples.
const LARGEST_CACHE: u64 = 64 << 20;

/// Everyday messages in three languages that are about no agent's skill in particular, one per line.
const EVERYDAY: &str = include_str!("everyday.txt");

/// A digest of what a skill's vectors depend on: the embedding model and the skill's texts.
pub(super) type SkillKey = [u8; 32];

/// Embeds skills. Clones share the cache.
#[derive(Clone)]
pub(super) struct SkillCache {
    embedder: Arc<dyn Embedder>,
    vectors: Cache<SkillKey, Arc<SkillVectors>>,
    everyday: Arc<OnceCell<Vec<Vec<f32>>>>,
}

impl SkillCache {
    pub(super) fn new(embedder: Arc<dyn Embedder>) -> Self {
        let weigher = |_: &SkillKey, vectors: &Arc<SkillVectors>| {
            u32::try_from(vectors.bytes()).unwrap_or(u32::MAX)
        };
        Self {
            embedder,
            vectors: Cache::builder()
                .max_capacity(LARGEST_CACHE)
                .weigher(weigher)
                .build(),
            everyday: Arc::default(),
        }
    }

    /// The key of a skill. Skills with the same texts have the same key, whichever template they are in.
    pub(super) fn key(&self, skill: &Skill) -> SkillKey {
        let mut digest = Sha256::new();
        let texts = [self.embedder.model(), &skill.name, &skill.description];
        for text in texts
            .into_iter()
            .chain(skill.examples.iter().map(String::as_str))
        {
            digest.update(text.len().to_be_bytes());
            digest.update(text);
        }
        digest.finalize().into()
    }

    /// The vectors of everyday messages.
    pub(super) async fn everyday(&self) -> Result<&[Vec<f32>]> {
        let texts = || EVERYDAY.lines().map(str::to_owned).collect::<Vec<_>>();
        let embed = async || {
            let embedded = self.embedder.embed(&texts(), Purpose::Passage).await?;
            Ok::<_, Error>(embedded.vectors)
        };
        let vectors = self.everyday.get_or_try_init(embed).await?;
        Ok(vectors)
    }

    /// The vectors of a skill.
    pub(super) async fn vectors(&self, skill: &Skill) -> Result<Arc<SkillVectors>> {
        let key = self.key(skill);
        if let Some(known) = self.vectors.get(&key).await {
            return Ok(known);
        }
        let mut texts = skill.examples.clone();
        texts.push(format!("{}: {}", skill.name, skill.description));
        let mut vectors = self.embedder.embed(&texts, Purpose::Passage).await?.vectors;
        let description = vectors.pop().unwrap_or_default();
        let vectors = SkillVectors::new(vectors, description).ok_or_else(|| {
            Error::unavailable("the embedding model returned vectors that cannot be compared")
        })?;
        let vectors = Arc::new(vectors);
        self.vectors.insert(key, Arc::clone(&vectors)).await;
        Ok(vectors)
    }
}
