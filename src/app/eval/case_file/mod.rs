//! A file of cases, as it is written: docs/evaluation.md describes it, evals/eval.schema.json is its JSON Schema.

mod case;
mod check;
mod expectation;
mod one_or_many;
mod reading;
mod script;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::{Map, Value};

pub(super) use self::{
    case::{CaseTurn, EvalCase},
    expectation::{Expectations, ExpectedCall},
    script::{ScriptedCall, ScriptedFinish, ScriptedReply},
};
use crate::{app::record::Record, domain::ToolPolicy};

/// A file of cases with the agents that they are about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct CaseFile {
    /// The path of the file.
    #[serde(skip)]
    pub(super) path: PathBuf,
    /// For people who read the file.
    #[expect(dead_code, reason = "for people who read the file")]
    description: Option<String>,
    /// The groups of every case; the file's name when left out.
    #[serde(default)]
    pub(super) groups: Vec<String>,
    /// The agents of the account in this process, oldest first.
    #[serde(default)]
    pub(super) agents: Vec<EvalAgent>,
    /// Calls of built-in tools that make rows before a case.
    #[serde(default)]
    pub(super) records: Vec<Record>,
    /// A file of such calls, made before `records`; relative to this file.
    records_from: Option<PathBuf>,
    /// Whether cases ask only which agent would answer; no message is sent but those that a conversation goes on from.
    #[serde(default)]
    pub(super) preview: bool,
    /// What the model replies in a turn without a script of its own. A file with scripts is run with scripted models.
    pub(super) script: Option<Vec<ScriptedReply>>,
    /// The time limit of a case that sets none.
    pub(super) timeout_seconds: Option<u64>,
    /// What the file has to reach; without bars, every case has to pass.
    #[serde(default)]
    pub(super) bars: Bars,
    /// The cases, after the phrasings of one question became cases of their own.
    pub(super) cases: Vec<EvalCase>,
}

/// What the cases of a file have to reach together, for evaluations in which not every case can pass.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Bars {
    /// The share of cases that pass, 0 to 1.
    pub(super) accuracy: Option<f64>,
    /// The share of cases of a group that pass, 0 to 1.
    #[serde(default)]
    pub(super) groups: BTreeMap<String, f64>,
    /// The upper bound of the expected calibration error of the routes, 0 to 1.
    pub(super) calibration_error: Option<f64>,
}

/// An agent of the account in this process.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct EvalAgent {
    /// The name by which cases refer to the agent.
    pub(super) slug: String,
    /// The display name; the slug when left out.
    pub(super) name: Option<String>,
    pub(super) template: String,
    /// The version of the template; the newest one when left out.
    pub(super) version: Option<String>,
    pub(super) tier: String,
    /// The settings, an object.
    #[serde(default)]
    pub(super) configuration: Map<String, Value>,
    #[serde(default)]
    pub(super) documents: Vec<EvalDocument>,
    /// Policies of tools that differ from those that a new agent has.
    #[serde(default)]
    pub(super) grants: Vec<EvalGrant>,
}

/// A document of an agent: its text, or the file that has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct EvalDocument {
    pub(super) title: String,
    /// The text, as Markdown.
    #[serde(default)]
    pub(super) text: String,
    /// The path of a file with the text; relative to the file of the cases.
    pub(super) file: Option<PathBuf>,
}

/// The policy of some tools of a built-in server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct EvalGrant {
    /// The type of the server, for example `crm`.
    pub(super) server: String,
    pub(super) tools: Vec<String>,
    pub(super) policy: ToolPolicy,
}

impl Bars {
    /// Whether the file sets any.
    pub(super) fn is_empty(&self) -> bool {
        self.accuracy.is_none() && self.groups.is_empty() && self.calibration_error.is_none()
    }
}

impl CaseFile {
    /// The path as reports show it.
    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// The file's name without its ending, which names its group.
    fn stem(&self) -> String {
        let stem = self.path.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    /// Whether its cases are run with scripted models. No model is asked for a preview, so it need not wait for one.
    pub(super) fn is_scripted(&self) -> bool {
        let mut turns = self.cases.iter().flat_map(|case| &case.turns);
        self.preview || self.script.is_some() || turns.any(|turn| turn.script.is_some())
    }

    /// A path in the file, from the folder of the file.
    fn beside(&self, path: &Path) -> PathBuf {
        self.path
            .parent()
            .unwrap_or_else(|| Path::new(""))
            .join(path)
    }
}
