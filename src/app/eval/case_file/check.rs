//! Checks a file beyond the types of its fields.

use std::collections::{BTreeMap, BTreeSet};

use fancy_regex::Regex;

use super::{CaseFile, CaseTurn, EvalCase, Expectations, ScriptedReply};
use crate::{
    domain::{excerpt, nearest},
    error::Problem,
};

/// The values of `ToolCallStatus` in the API.
const STATUSES: [&str; 6] = [
    "AWAITING_APPROVAL",
    "RUNNING",
    "SUCCEEDED",
    "FAILED",
    "DENIED",
    "EXPIRED",
];
/// The values of `FinishReason` in the API.
const FINISH_REASONS: [&str; 6] = [
    "STOP",
    "LENGTH",
    "CONTENT_FILTER",
    "TOOL_LIMIT",
    "CANCELLED",
    "ERROR",
];

/// The problems of one file, with the place of each.
struct FileCheck<'f> {
    file: &'f CaseFile,
    name: String,
    problems: Vec<Problem>,
}

impl CaseFile {
    /// Every problem that the types of the fields do not exclude.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut check = FileCheck {
            file: self,
            name: self.shown(),
            problems: Vec::new(),
        };
        check.agents();
        check.bars();
        let script = self.script.as_deref().unwrap_or_default();
        check.script("script", script);
        if self.cases.is_empty() {
            check.add("cases", "is empty, expected at least one case");
        }
        let mut names = BTreeMap::new();
        for (number, case) in self.cases.iter().enumerate() {
            check.case(number, case);
            for name in names_of(case) {
                if let Some(earlier) = names.insert(name.clone(), number) {
                    let problem = format!(
                        "is the name of cases[{earlier}] too, give one of them another name"
                    );
                    check.add(&format!("cases[{number}] \"{}\"", excerpt(&name)), &problem);
                }
            }
        }
        check.problems
    }
}

/// The names of the cases that a case stands for.
fn names_of(case: &EvalCase) -> Vec<String> {
    if case.phrasings.is_empty() {
        return vec![case.name.clone()];
    }
    case.phrasings.clone()
}

impl FileCheck<'_> {
    fn add(&mut self, field: &str, problem: &str) {
        let place = format!("{}: {field}", self.name);
        self.problems.push(Problem::new(place, problem));
    }

    fn agents(&mut self) {
        let mut slugs = BTreeSet::new();
        for (number, agent) in self.file.agents.iter().enumerate() {
            if !slugs.insert(&agent.slug) {
                let shown = excerpt(&agent.slug);
                self.add(
                    &format!("agents[{number}].slug"),
                    &format!("\"{shown}\" is the slug of an earlier agent too"),
                );
            }
            for (at, document) in agent.documents.iter().enumerate() {
                if document.text.trim().is_empty() {
                    let field = format!("agents[{number}].documents[{at}]");
                    self.add(&field, "has no text, expected text or file");
                }
            }
        }
    }

    fn bars(&mut self) {
        let bars = &self.file.bars;
        let groups = bars.groups.iter();
        let mut shares: Vec<(String, f64)> = groups
            .map(|(group, share)| (format!("bars.groups.{group}"), *share))
            .collect();
        let single = [
            ("bars.accuracy", bars.accuracy),
            ("bars.calibrationError", bars.calibration_error),
        ];
        shares.extend(
            single
                .iter()
                .filter_map(|(name, share)| Some(((*name).to_owned(), (*share)?))),
        );
        for (field, share) in shares {
            if !(0.0..=1.0).contains(&share) {
                self.add(
                    &field,
                    &format!("{share} given, expected a number from 0 to 1"),
                );
            }
        }
    }

    fn case(&mut self, number: usize, case: &EvalCase) {
        let place = format!("cases[{number}] \"{}\"", excerpt(&case.name));
        if let Some(problem) = case.contradiction {
            return self.add(&place, problem);
        }
        let turns = case.turns.iter();
        if turns.clone().all(|turn| turn.expect.is_empty()) {
            self.add(&place, "expects nothing");
        }
        let single = case.turns.len() == 1;
        for (at, turn) in turns.enumerate() {
            let place = if single {
                place.clone()
            } else {
                format!("{place}: turns[{at}]")
            };
            self.turn(&place, turn, !case.phrasings.is_empty());
        }
    }

    fn turn(&mut self, place: &str, turn: &CaseTurn, is_phrased: bool) {
        if turn.message.trim().is_empty() && !is_phrased {
            self.add(&format!("{place}: message"), "is empty");
        }
        if let Some(agent) = &turn.agent {
            self.slug(&format!("{place}: agent"), agent);
        }
        let replies = turn.script.as_deref().unwrap_or_default();
        self.script(&format!("{place}: script"), replies);
        self.expectations(&format!("{place}: expect"), &turn.expect);
        if self.file.preview && !turn.expect.is_empty() && !turn.expect.is_of_route() {
            let problem = "expects more than agent or refused, which is all that a preview shows";
            self.add(&format!("{place}: expect"), problem);
        }
    }

    fn expectations(&mut self, place: &str, expect: &Expectations) {
        for slug in &expect.agent {
            self.slug(&format!("{place}.agent"), slug);
        }
        if let Some(slug) = &expect.handoff_to {
            self.slug(&format!("{place}.handoffTo"), slug);
        }
        if !expect.agent.is_empty() && expect.refused == Some(true) {
            self.add(place, "expects an agent and a refusal");
        }
        if expect.no_tools && !expect.tools.is_empty() {
            self.add(place, "expects tools and noTools");
        }
        if expect.no_citations && !expect.cites.is_empty() {
            self.add(place, "expects cites and noCitations");
        }
        for (at, call) in expect.tools.iter().enumerate() {
            if let Some(status) = &call.status {
                self.value(&format!("{place}.tools[{at}].status"), status, &STATUSES);
            }
        }
        if let Some(reason) = &expect.finish_reason {
            self.value(&format!("{place}.finishReason"), reason, &FINISH_REASONS);
        }
        for (at, pattern) in expect.matches.iter().enumerate() {
            if let Err(error) = Regex::new(pattern) {
                let problem = format!("is no regular expression: {error}");
                self.add(&format!("{place}.matches[{at}]"), &problem);
            }
        }
    }

    /// A value must be one of those that the API has.
    fn value(&mut self, place: &str, value: &str, known: &[&str]) {
        if !known.contains(&value) {
            let (shown, known) = (excerpt(value), known.join(", "));
            self.add(
                place,
                &format!("\"{shown}\" given, expected one of {known}"),
            );
        }
    }

    /// A slug must be one of the file's agents; a file without agents is for a running server.
    fn slug(&mut self, place: &str, slug: &str) {
        let file = self.file;
        let slugs = || file.agents.iter().map(|agent| agent.slug.as_str());
        if file.agents.is_empty() || slugs().any(|known| known == slug) {
            return;
        }
        let shown = excerpt(slug);
        let problem = match nearest(slug, slugs()) {
            Some(near) => format!("\"{shown}\" is no agent of the file; did you mean \"{near}\"?"),
            None => format!("\"{shown}\" is no agent of the file"),
        };
        self.add(place, &problem);
    }

    fn script(&mut self, place: &str, replies: &[ScriptedReply]) {
        for (at, reply) in replies.iter().enumerate() {
            if let Some(problem) = reply.contradiction() {
                self.add(&format!("{place}[{at}]"), problem);
            }
        }
    }
}
