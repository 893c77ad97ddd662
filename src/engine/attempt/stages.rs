//! Carries out the stages that the workflow of the agent asks for, and journals each when it is finished.

use std::collections::VecDeque;

use futures::{StreamExt, stream};
use serde_json::Value;

use super::{Attempt, settle::Settled};
use crate::{
    domain::{EventBody, FinishReason, ModelCall, RunStep, ScoredPassage, Usage},
    engine::{
        extraction::{Extracted, ExtractionBounds, extract},
        models::WholeAnswer,
        workflow::{
            ConsultStage, ExtractionStage, Pause, Preparation, Stage, prepare, reports_progress,
        },
    },
    error::{Error, Result},
    port::{ChatPrompt, PromptMessage},
};

/// What a model has to do that may ask tools about one question.
const CONSULT: &str = "Call the tools that help to answer the question, all at once. When no tool helps, answer with the \
    word NONE.";
/// The maximum length of an answer that asks for tools, in tokens.
const LONGEST_CONSULT: usize = 1_000;

/// How the stages ended.
pub(super) enum Prepared {
    /// The answer can be written.
    Ready(Box<Preparation>),
    /// The calls of a stage did not all end.
    Settled(Settled),
}

/// A finished stage, before it is journaled.
#[derive(Default)]
struct StageOutcome {
    name: String,
    outcome: Option<Value>,
    asked: Vec<ModelCall>,
    /// The model that took part; empty for none.
    model: String,
    usage: Usage,
}

impl Attempt<'_> {
    /// Carries out the stages of the workflow that the journal does not have yet.
    pub(super) async fn prepare(&mut self) -> Result<Prepared> {
        loop {
            let stage = match prepare(self.turn, &self.journal) {
                Ok(preparation) => return Ok(Prepared::Ready(Box::new(preparation))),
                Err(Pause::Failed(error)) => return Err(error),
                Err(Pause::Stage(stage)) => stage,
            };
            match *stage {
                Stage::Extract(stages) => self.extract_all(stages).await?,
                Stage::Search { name, questions } => self.search_all(name, questions).await?,
                Stage::Consult(stages) => self.consult_all(stages).await?,
                Stage::Call { name, call } => {
                    let outcome = StageOutcome {
                        name: name.to_owned(),
                        asked: vec![call],
                        ..StageOutcome::default()
                    };
                    self.record_stage(outcome).await?;
                }
            }
            if self.stop.token().is_cancelled() {
                return Ok(Prepared::Settled(Settled::Stopped));
            }
            match Box::pin(self.settle_calls()).await? {
                Settled::AllEnded => {}
                settled => return Ok(Prepared::Settled(settled)),
            }
        }
    }

    /// Carries out extractions at the same time, and journals each as soon as it is finished.
    async fn extract_all(&mut self, stages: Vec<ExtractionStage>) -> Result<()> {
        let (turn, schemas, stop) = (self.turn, &self.parts.schemas, self.stop.token());
        let bounds = ExtractionBounds::OF_TEXT;
        let extracting = stages
            .into_iter()
            .map(|ExtractionStage { name, request }| async move {
                let Extracted {
                    value,
                    model,
                    usage,
                    ..
                } = extract(&turn.models, request, bounds, schemas, stop).await;
                StageOutcome {
                    name,
                    outcome: value,
                    model,
                    usage,
                    asked: Vec::new(),
                }
            });
        self.record_each(extracting).await
    }

    /// Asks a model at the same time about each question which tools it wants to call.
    async fn consult_all(&mut self, stages: Vec<ConsultStage>) -> Result<()> {
        let (turn, stop) = (self.turn, self.stop.token());
        let consulting = stages.into_iter().map(|stage| async move {
            let mut outcome = StageOutcome {
                name: stage.name,
                ..StageOutcome::default()
            };
            let mut capable = turn.models.iter();
            let capable = capable.find(|model| {
                !model.entry.model.demo_quality() && model.entry.model.calls_tools()
            });
            let Some(model) = capable else {
                return outcome;
            };
            let prompt = ChatPrompt {
                messages: vec![
                    PromptMessage::System(CONSULT.to_owned()),
                    PromptMessage::User(stage.question),
                ],
                tools: turn.tools.offered(),
                may_call: true,
                max_output_tokens: LONGEST_CONSULT,
                temperature: 0.0,
                output: None,
                api_key: model.own_key.clone(),
            };
            let answer = tokio::select! {
                biased;
                () = stop.cancelled() => return outcome,
                answer = WholeAnswer::of(model, prompt) => answer,
            };
            match answer {
                Ok(answer) => {
                    outcome.model.clone_from(&model.name);
                    (outcome.asked, outcome.usage) = (answer.calls, answer.usage);
                }
                Err(error) => {
                    tracing::warn!(model = %model.name, error = error.message(), cause = error.cause(), "asking for tools failed");
                }
            }
            outcome
        });
        self.record_each(consulting).await
    }

    /// Journals each outcome as soon as it is there, and reports the progress. What ends after a stop is not journaled:
    /// it was cut off. The other stages go on meanwhile: one of them may hold the database's writer, which journaling
    /// needs.
    async fn record_each(
        &mut self,
        outcomes: impl Iterator<Item = impl Future<Output = StageOutcome> + Send> + Send,
    ) -> Result<()> {
        let mut outcomes: stream::FuturesUnordered<_> = outcomes.collect();
        let mut ended = VecDeque::new();
        loop {
            let outcome = match ended.pop_front() {
                Some(outcome) => outcome,
                None => match outcomes.next().await {
                    Some(outcome) => outcome,
                    None => return Ok(()),
                },
            };
            if self.stop.token().is_cancelled() {
                return Ok(());
            }
            let mut recorded = Box::pin(self.record_stage(outcome));
            loop {
                tokio::select! {
                    done = &mut recorded => break done?,
                    Some(other) = outcomes.next() => ended.push_back(other),
                }
            }
        }
    }

    /// Searches the agent's knowledge for each question at the same time, and reports what was found.
    async fn search_all(&mut self, name: &'static str, questions: Vec<String>) -> Result<()> {
        let (turn, parts) = (self.turn, self.parts);
        let found: Vec<Vec<(String, ScoredPassage)>> = if turn.knowledge.documents == 0 {
            questions.iter().map(|_| Vec::new()).collect()
        } else {
            let searches = questions
                .iter()
                .map(|question| turn.search(parts, question));
            futures::future::try_join_all(searches).await?
        };
        let mut passages: Vec<ScoredPassage> = Vec::new();
        for (_, passage) in found.iter().flatten() {
            if !passages.contains(passage) {
                passages.push(passage.clone());
            }
        }
        let outcome = serde_json::to_value(&found)
            .map_err(|cause| Error::internal("write a stage's outcome").with_source(cause))?;
        let outcome = StageOutcome {
            name: name.to_owned(),
            outcome: Some(outcome),
            ..StageOutcome::default()
        };
        self.record_stage(outcome).await?;
        if !passages.is_empty() {
            let found = EventBody::KnowledgeRetrieved { passages };
            self.recorder.record(found).await?;
        }
        Ok(())
    }

    /// Decides about the calls of a finished stage, journals it, and reports it to the run's readers.
    async fn record_stage(&mut self, finished: StageOutcome) -> Result<()> {
        let tool_calls = self.tool_calls();
        let StageOutcome {
            name,
            outcome,
            asked,
            model,
            usage,
        } = finished;
        let decided = tool_calls.decide(&self.journal, asked, FinishReason::Stop);
        let (calls, notes) = decided.await?;
        let step = RunStep {
            number: self.journal.next_number(),
            text: String::new(),
            reasoning: String::new(),
            extra: serde_json::Map::new(),
            model,
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cost_usd: usage.cost_usd,
            at: self.parts.clock.now(),
            private: self.is_private() || tool_calls.ask_for_private(&calls),
            calls,
            agent: Some(self.turn.agent.id),
            handoff: None,
            stage: Some(name.clone()),
            outcome,
        };
        let store = self.parts.store.tenant(self.lease.account);
        if !store.record_step(self.lease, &step, notes, None).await? {
            return Err(Error::conflict("another process has taken this run over"));
        }
        let calls = step.calls.clone();
        self.journal.push(step);
        if reports_progress(self.turn) {
            self.recorder
                .record(EventBody::Progress { stage: name })
                .await?;
        }
        Box::pin(self.report_calls(&calls)).await
    }
}
