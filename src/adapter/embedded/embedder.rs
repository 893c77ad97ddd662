//! all-MiniLM-L6-v2 on the CPU: 384 dimensions, trained for English, good enough for semantic search.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use inference::{EmbeddingEngine, EmbeddingOptions, SubmitError, Ticket, Urgency};
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

use super::{
    CHARACTERS_PER_TOKEN, FETCH,
    loading::LazyEngine,
    manifest::{EMBEDDING_MODEL, EMBEDDING_NAME},
};
use crate::{
    error::{Error, Result},
    port::{Embedded, Embedder, Purpose, Readiness},
};

/// The maximum length of a text in tokens, reported until the model is loaded.
const LONGEST_TEXT: usize = 254;

/// An embedding model on the CPU. The process starts without waiting for it.
pub struct EmbeddedEmbedder {
    engine: LazyEngine<EmbeddingEngine>,
}

impl EmbeddedEmbedder {
    /// Prepares the model in its folder in `models`. It is loaded in the background with the first document or question: a
    /// process that gets none does not pay 90 MB for it.
    pub fn load(models: PathBuf, tracker: &TaskTracker) -> Self {
        let missing = missing_file(&models);
        Self {
            engine: LazyEngine::on_demand("the embedding model", tracker, missing, move || {
                start(&models)
            }),
        }
    }
}

/// The state without one of the model's files; none if all are there.
fn missing_file(models: &Path) -> Option<Readiness> {
    let mut files = EMBEDDING_MODEL
        .files
        .iter()
        .map(|file| models.join(file.name));
    let file = files.find(|path| !path.is_file())?;
    tracing::warn!(file = %file.display(), "a file of the embedding model is missing: {FETCH}");
    Some(Readiness::Missing(format!(
        "the embedding model's files are missing: {FETCH}, then restart"
    )))
}

fn start(models: &Path) -> std::result::Result<EmbeddingEngine, Readiness> {
    if let Some(missing) = missing_file(models) {
        return Err(missing);
    }
    let folder = models.join(EMBEDDING_NAME);
    EmbeddingEngine::start(&folder, EmbeddingOptions::default()).map_err(|error| {
        tracing::error!(folder = %folder.display(), cause = %error, "loading the embedding model failed");
        Readiness::Missing(format!(
            "the embedding model's files cannot be loaded: {FETCH}, then restart"
        ))
    })
}

#[async_trait]
impl Embedder for EmbeddedEmbedder {
    fn model(&self) -> &str {
        EMBEDDING_NAME
    }

    async fn dimensions(&self) -> Result<usize> {
        Ok(self.engine.ready().await?.dimensions())
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Embedded> {
        let engine = self.engine.ready().await?;
        let urgency = match purpose {
            Purpose::Question => Urgency::Question,
            Purpose::Passage => Urgency::Passage,
        };
        let (sender, vectors) = oneshot::channel();
        // the caller may have dropped the future
        let sink = Box::new(move |result| drop(sender.send(result)));
        let ticket = engine
            .submit(texts.to_vec(), urgency, sink)
            .map_err(refused)?;
        let _hold = CancelOnDrop(ticket);
        let failed = || Error::unavailable("the embedding model failed; try again");
        let vectors = vectors
            .await
            .map_err(|error| failed().with_source(error))?
            .map_err(|cause| failed().with_source(cause))?;
        Ok(Embedded {
            vectors,
            ..Embedded::default()
        })
    }

    fn count_tokens(&self, text: &str) -> usize {
        let counted = self
            .engine
            .get()
            .and_then(|engine| engine.count_tokens(text).ok());
        counted.unwrap_or_else(|| text.chars().count().div_ceil(CHARACTERS_PER_TOKEN))
    }

    fn longest_text(&self) -> usize {
        self.engine
            .get()
            .map_or(LONGEST_TEXT, |engine| engine.longest_text())
    }

    async fn prepare(&self) -> Result<()> {
        self.engine.ready().await.map(drop)
    }

    fn readiness(&self) -> Readiness {
        self.engine.readiness()
    }
}

/// Cancels the request when it is dropped: the model stops before its next text.
struct CancelOnDrop(Ticket);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn refused(error: SubmitError) -> Error {
    match error {
        SubmitError::Busy { waiting } => Error::unavailable(format!(
            "the embedding model is busy: {waiting} others are waiting; try again later"
        )),
        other => Error::internal("submitting texts to the embedding model")
            .with_source(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs};

    use futures::poll;
    use uuid::Uuid;

    use super::*;
    use crate::error::Kind;

    /// The folder into which `troupe models fetch` writes the model files when it runs in this repository, as `make
    /// test` does.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test reads where the models are"
    )]
    async fn all_minilm() -> EmbeddedEmbedder {
        let models = env::var("TROUPE_MODELS_DIR").map_or_else(
            |_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data/models")),
            PathBuf::from,
        );
        let embedder = EmbeddedEmbedder::load(models, &TaskTracker::new());
        // Waits until the model is loaded.
        let dimensions = embedder.dimensions().await;
        assert_eq!(dimensions.expect("run `troupe models fetch`"), 384);
        assert_eq!(embedder.readiness(), Readiness::Ready);
        embedder
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    fn cosine(left: &[f32], right: &[f32]) -> f32 {
        left.iter()
            .zip(right)
            .map(|(left, right)| left * right)
            .sum()
    }

    #[tokio::test]
    async fn a_question_finds_the_passage_that_answers_it() {
        let embedder = all_minilm().await;
        let passages = texts(&[
            "Our office in Lisbon is closed on Sundays.",
            "To choose a new password, open Settings and press Reset.",
            "The tide was high that night.",
        ]);
        let passages = embedder
            .embed(&passages, Purpose::Passage)
            .await
            .unwrap()
            .vectors;
        let question = texts(&["how can I change my password?"]);
        let question = embedder
            .embed(&question, Purpose::Question)
            .await
            .unwrap()
            .vectors;
        let closeness: Vec<f32> = passages
            .iter()
            .map(|passage| cosine(passage, &question[0]))
            .collect();
        assert!(closeness[1] > 0.5, "{closeness:?}");
        assert!(closeness[0] < 0.2 && closeness[2] < 0.2, "{closeness:?}");
        assert_eq!(embedder.count_tokens("unbelievable tides"), 2);
        assert_eq!(embedder.longest_text(), 254);
    }

    #[tokio::test]
    async fn dropping_a_call_frees_the_model() {
        let embedder = all_minilm().await;
        let many = vec!["the tide was high that night".to_owned(); 1000];
        // More calls than the queue accepts, each of which would take 30 s.
        for _ in 0..100 {
            let mut call = Box::pin(embedder.embed(&many, Purpose::Passage));
            assert!(
                poll!(call.as_mut()).is_pending(),
                "refused: others still wait"
            );
        }
        let few = texts(&["a", "b", "c"]);
        let vectors = embedder
            .embed(&few, Purpose::Passage)
            .await
            .unwrap()
            .vectors;
        assert_eq!(vectors.len(), 3);
    }

    #[tokio::test]
    async fn missing_model_files_are_reported_with_the_command_to_fetch_them() {
        let folder = env::temp_dir().join(format!("troupe-embedder-{}", Uuid::now_v7()));
        let embedder = EmbeddedEmbedder::load(folder.clone(), &TaskTracker::new());
        assert_eq!(embedder.model(), "all-MiniLM-L6-v2");
        let error = embedder.embed(&texts(&["a"]), Purpose::Question).await;
        let error = error.unwrap_err();
        assert_eq!(*error.kind(), Kind::Unavailable);
        assert!(error.message().contains("`troupe models fetch`"));
        assert_eq!(
            embedder.readiness(),
            Readiness::Missing(error.message().to_owned())
        );

        let home = folder.join(EMBEDDING_NAME);
        fs::create_dir_all(&home).unwrap();
        for file in EMBEDDING_MODEL.files {
            fs::write(folder.join(file.name), "{}").unwrap();
        }
        let embedder = EmbeddedEmbedder::load(folder.clone(), &TaskTracker::new());
        let error = embedder.dimensions().await.unwrap_err();
        assert!(error.message().contains("cannot be loaded"));
        fs::remove_dir_all(folder).unwrap();
    }
}
