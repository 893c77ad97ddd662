//! The workflows of the four templates, as programs over the engine's steps.
//!
//! A program is a function from what a run has so far (its turn and its journal) to what comes next: it asks for the
//! outcome of a stage with `?`, which returns the outcome if the journal has it, and else leaves the program with the
//! [`Stage`] that the engine has to carry out and journal first. Then the program starts again from its beginning. So a
//! process that takes a run over continues where the journal ends, and no program has to know about it.

mod expert;
mod research;
mod sales;
mod stage_run;
mod support;

use serde_json::Value;

pub(super) use expert::ExpertProfile;
pub(super) use stage_run::StageRun;

use super::{extraction::ExtractionRequest, step_journal::StepJournal, turn::Turn};
use crate::{
    domain::{ModelCall, NumberedPassage, TextGuard, Workflow},
    error::Result,
};

/// What the engine has to carry out before a program can continue.
pub(super) enum Stage {
    /// Extractions, at the same time, each journaled under its own name.
    Extract(Vec<ExtractionStage>),
    /// Searches of the agent's knowledge, journaled together.
    Search {
        /// The stage's name.
        name: &'static str,
        /// The questions.
        questions: Vec<String>,
    },
    /// Model calls that may ask for tools, at the same time, each journaled under its own name.
    Consult(Vec<ConsultStage>),
    /// A tool call that the program makes itself.
    Call {
        /// The stage's name.
        name: &'static str,
        /// The call.
        call: ModelCall,
    },
}

/// An extraction with the name that it is journaled under.
pub(super) struct ExtractionStage {
    pub(super) name: String,
    pub(super) request: ExtractionRequest,
}

/// A question that a model may ask tools about, with the name that it is journaled under.
pub(super) struct ConsultStage {
    pub(super) name: String,
    pub(super) question: String,
}

/// What a program adds to the answer.
pub(super) struct Preparation {
    /// Text for the instructions; none when the program adds nothing.
    pub(super) guidance: Option<String>,
    /// The check of the answer's text.
    pub(super) guard: TextGuard,
    /// The passages that the model is given, when the program has found them itself.
    pub(super) passages: Option<Vec<NumberedPassage>>,
    /// The workflow's state after the run, as properties of the context; none when it has not changed.
    pub(super) state: Option<Value>,
}

impl Default for Preparation {
    fn default() -> Self {
        Self {
            guidance: None,
            guard: TextGuard::Open,
            passages: None,
            state: None,
        }
    }
}

/// Why a program does not reach its end now.
pub(super) enum Pause {
    /// A stage comes first.
    Stage(Box<Stage>),
    /// A stored outcome cannot be read.
    Failed(crate::error::Error),
}

impl Pause {
    /// The pause before a stage.
    fn before(stage: Stage) -> Self {
        Self::Stage(Box::new(stage))
    }
}

/// What the workflow of the agent adds to its answer, or the stage that comes first.
pub(super) fn prepare(turn: &Turn, journal: &StepJournal) -> Result<Preparation, Pause> {
    let run = StageRun::new(turn, journal);
    match turn.workflow {
        Some(Workflow::Sales) => sales::prepare(&run),
        Some(Workflow::Support) => support::prepare(&run),
        Some(Workflow::Research) if run.has_capable_model() => research::prepare(&run),
        Some(Workflow::Expert) => Ok(expert::prepare(&run)),
        Some(Workflow::Research) | None => Ok(Preparation::default()),
    }
}

/// Whether the readers of a run are to see the progress of the workflow's stages.
pub(super) fn reports_progress(turn: &Turn) -> bool {
    turn.workflow == Some(Workflow::Research)
}
