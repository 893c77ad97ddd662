//! The router: embeds a message and ranks templates by it.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use intent::unit;
use moka::future::Cache;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};
use tokio_util::task::TaskTracker;

use super::{
    ranking::{Ranking, SkillList, TemplateClassifier},
    recalled::RecalledMessage,
    skill_cache::SkillCache,
};
use crate::{
    domain::{RouteCorrectionId, Skill, SkillExample, TemplateId, TemplateSpec, Usage},
    error::{Error, Result},
    port::{Embedder, Purpose, Readiness},
};

/// The maximum memory of all classifiers in bytes.
const LARGEST_CACHE: u64 = 64 << 20;
/// The maximum number of characters of a message that are embedded: more than the embedding models read.
const LONGEST_TEXT: usize = 2_000;
/// The maximum time of the embedding of one message.
const EMBEDDING_PATIENCE: Duration = Duration::from_millis(1_500);
/// The maximum time of loading the embedding model.
const LOADING: Duration = Duration::from_secs(10);
/// The time after a failure of the embedding model in which it is not asked again.
const PAUSE: Duration = Duration::from_secs(10);

/// A published template that at least one agent has.
#[derive(Debug, Clone)]
pub struct RoutableTemplate {
    /// The id of the template's version.
    pub id: TemplateId,
    /// The content of the version, which never changes.
    pub spec: Arc<TemplateSpec>,
    /// The account's own examples of its skills.
    pub examples: Vec<SkillExample>,
}

impl RoutableTemplate {
    /// A template without examples of the account's own.
    pub fn new(id: TemplateId, spec: Arc<TemplateSpec>) -> Self {
        Self {
            id,
            spec,
            examples: Vec::new(),
        }
    }

    /// The skills with all their examples.
    fn skills(&self) -> impl Iterator<Item = Cow<'_, Skill>> {
        self.spec.skills.iter().map(|skill| {
            let own = self.examples.iter().filter(|own| own.skill == skill.id);
            let own: Vec<String> = own.map(|own| beginning(&own.text)).collect();
            if own.is_empty() {
                return Cow::Borrowed(skill);
            }
            let mut skill = skill.clone();
            skill.examples.extend(own);
            Cow::Owned(skill)
        })
    }

    /// What a classifier of the template depends on, beside the embedding model.
    fn key(&self) -> TemplateKey {
        let examples = self.examples.iter();
        TemplateKey {
            id: self.id,
            examples: examples.map(|own| (own.id, own.skill.clone())).collect(),
        }
    }
}

/// The dependencies of the router.
pub struct RouterParts {
    /// The embedding model of messages and of skills' examples.
    pub embedder: Arc<dyn Embedder>,
    /// The tracker of the fits, which go on when the message that needs one does not wait any longer.
    pub tracker: TaskTracker,
}

/// Ranks templates by messages. Clones share the caches.
#[derive(Clone)]
pub struct Router {
    embedder: Arc<dyn Embedder>,
    tracker: TaskTracker,
    skills: SkillCache,
    classifiers: Cache<ClassifierKey, Arc<TemplateClassifier>>,
    /// One fit at a time: it takes processor time that runs need too.
    fits: Arc<Semaphore>,
    failure: Arc<Mutex<Option<EmbeddingFailure>>>,
}

/// What a classifier depends on: the embedding model and the templates, in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ClassifierKey {
    model: String,
    templates: Vec<TemplateKey>,
}

/// A version of a template, and the account's own examples with their skills: the text of an example never changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct TemplateKey {
    id: TemplateId,
    examples: Vec<(RouteCorrectionId, String)>,
}

/// The last failure of the embedding model.
struct EmbeddingFailure {
    at: Instant,
    message: String,
}

impl Router {
    /// A router without any classifier yet.
    pub fn new(parts: RouterParts) -> Self {
        let weigher = |_: &ClassifierKey, classifier: &Arc<TemplateClassifier>| {
            u32::try_from(classifier.bytes()).unwrap_or(u32::MAX)
        };
        Self {
            skills: SkillCache::new(Arc::clone(&parts.embedder)),
            embedder: parts.embedder,
            tracker: parts.tracker,
            classifiers: Cache::builder()
                .max_capacity(LARGEST_CACHE)
                .weigher(weigher)
                .build(),
            fits: Arc::new(Semaphore::new(1)),
            failure: Arc::default(),
        }
    }

    /// Ranks the templates for a message. UNAVAILABLE, with the reason, when the embedding model is not ready or fails,
    /// and when it takes longer than `patience`; a fit that has begun goes on.
    pub async fn rank(
        &self,
        message: &str,
        templates: Vec<RoutableTemplate>,
        patience: Duration,
    ) -> Result<Ranking> {
        if let Readiness::Missing(why) = self.embedder.readiness() {
            return Err(Error::unavailable(why));
        }
        if let Some(message) = self.failed_lately() {
            return Err(Error::unavailable(message));
        }
        // once in a process, and not at the cost of the first message's patience
        timeout(LOADING, self.embedder.prepare())
            .await
            .map_err(|_| Error::unavailable("loading the embedding model took too long"))??;
        let ranked = async {
            let classifier = self.classifier(templates).await?;
            let (vector, usage) = self.vector(message).await?;
            let ranking = off_thread(move || classifier.rank(vector)).await?;
            Ok(Ranking { usage, ..ranking })
        };
        timeout(patience, ranked)
            .await
            .map_err(|_| Error::unavailable("comparing it with the agents' skills took too long"))?
    }

    /// The name of the embedding model.
    pub fn model(&self) -> &str {
        self.embedder.model()
    }

    async fn classifier(
        &self,
        mut templates: Vec<RoutableTemplate>,
    ) -> Result<Arc<TemplateClassifier>> {
        templates.sort_by_key(|template| template.id);
        let key = ClassifierKey {
            model: self.embedder.model().to_owned(),
            templates: templates.iter().map(RoutableTemplate::key).collect(),
        };
        if let Some(known) = self.classifiers.get(&key).await {
            return Ok(known);
        }
        let router = self.clone();
        // a task of its own: the next message profits from a fit that this one does not wait for
        let fitted = self.tracker.spawn(async move {
            let fit = router.fit(templates);
            router.classifiers.try_get_with(key, fit).await
        });
        let fitted = fitted
            .await
            .map_err(|cause| Error::internal("fitting the router").with_source(cause))?;
        fitted.map_err(|error: Arc<Error>| Error::unavailable(error.message()))
    }

    async fn fit(&self, templates: Vec<RoutableTemplate>) -> Result<Arc<TemplateClassifier>> {
        let fitted = self.try_fit(templates).await;
        if let Err(error) = &fitted {
            tracing::warn!(
                error = error.message(),
                cause = error.cause(),
                "fitting the router to agents' skills failed; messages are routed without it"
            );
            self.note_failure(error);
        }
        fitted
    }

    /// The vector of a message, and what it cost.
    async fn vector(&self, message: &str) -> Result<(Vec<f32>, Usage)> {
        let text = [beginning(message)];
        let embedding = self.embedder.embed(&text, Purpose::Question);
        let embedded = match timeout(EMBEDDING_PATIENCE, embedding).await {
            Ok(embedded) => embedded,
            Err(_) => Err(Error::unavailable("the embedding model is too slow")),
        };
        if let Err(error) = &embedded {
            self.note_failure(error);
        }
        let mut embedded = embedded?;
        Ok((embedded.vectors.pop().unwrap_or_default(), embedded.usage))
    }

    fn note_failure(&self, error: &Error) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        *failure = Some(EmbeddingFailure {
            at: Instant::now(),
            message: error.message().to_owned(),
        });
    }

    async fn try_fit(&self, templates: Vec<RoutableTemplate>) -> Result<Arc<TemplateClassifier>> {
        let _turn =
            self.fits.acquire().await.map_err(|closed| {
                Error::internal("waiting to fit the router").with_source(closed)
            })?;
        let began = Instant::now();
        let mut list = SkillList::default();
        for template in &templates {
            let mut skills = Vec::new();
            for skill in template.skills() {
                let vectors = self.skills.vectors(&skill).await?;
                skills.push((self.skills.key(&skill), vectors));
            }
            list.add(template, skills);
            list.recall(self.recalled(template).await?);
        }
        let everyday = self.skills.everyday().await?.to_vec();
        let classifier = off_thread(move || list.fit(&everyday)).await?;
        tracing::debug!(
            templates = templates.len(),
            duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "fitted the router to agents' skills"
        );
        Ok(Arc::new(classifier))
    }

    /// The messages that the account gave to skills of a template, embedded as messages are.
    async fn recalled(&self, template: &RoutableTemplate) -> Result<Vec<RecalledMessage>> {
        if template.examples.is_empty() {
            return Ok(Vec::new());
        }
        let texts = template.examples.iter().map(|own| beginning(&own.text));
        let texts: Vec<String> = texts.collect();
        let vectors = self
            .embedder
            .embed(&texts, Purpose::Question)
            .await?
            .vectors;
        let recalled = template.examples.iter().zip(vectors);
        let recalled = recalled.filter_map(|(own, vector)| {
            let mut skills = template.spec.skills.iter();
            let skill = skills.find(|skill| skill.id == own.skill)?;
            Some(RecalledMessage {
                template: template.id,
                skill: skill.id.clone(),
                skill_name: skill.name.clone(),
                vector: unit(vector)?,
            })
        });
        Ok(recalled.collect())
    }

    /// The reason of a failure a few seconds ago.
    fn failed_lately(&self) -> Option<String> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        let failure = failure.as_ref()?;
        (failure.at.elapsed() < PAUSE).then(|| failure.message.clone())
    }
}

/// The part of a message that is embedded.
fn beginning(message: &str) -> String {
    message.chars().take(LONGEST_TEXT).collect()
}

/// Runs arithmetic on a thread for blocking work. UNAVAILABLE when the vectors cannot be compared.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Option<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work)
        .await
        .map_err(|cause| Error::internal("comparing vectors").with_source(cause))?;
    done.ok_or_else(|| {
        Error::unavailable("the embedding model returned vectors that cannot be compared")
    })
}
