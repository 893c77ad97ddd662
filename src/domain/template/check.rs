//! The checks of a template before it is published; each problem has a path.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{PricingTier, Skill, TemplateSpec, limits::limit_problems};
use crate::{
    domain::{
        CompiledSchema, Workflow, check_name, check_text, excerpt, layers_for,
        schema::{self, join},
    },
    error::Problem,
};

/// The maximum length of a name, in characters; it becomes part of other names.
const LONGEST_NAME: usize = 63;
/// The maximum length of a description, in characters.
const LONGEST_DESCRIPTION: usize = 2_000;
/// The maximum length of an example, in characters: it is embedded as a whole.
const LONGEST_EXAMPLE: usize = 300;
/// The minimum number of examples of a skill; with fewer, the router cannot tell it from others.
const FEWEST_EXAMPLES: usize = 3;

/// The JSON Schema of a template file; editors use it too.
const FILE_SCHEMA: &str = include_str!("../../../agents/template.schema.json");

/// Every problem of the content of an `agents/*.yaml`: first of its shape and, if that is correct, of its values.
pub fn template_file_problems(file: &Value) -> Vec<Problem> {
    let problems = serde_json::from_str(FILE_SCHEMA)
        .map_err(|error| vec![Problem::new("template.schema.json", error.to_string())])
        .and_then(|schema| {
            schema::check_against(&schema, file, "")
                .map_err(|error| vec![Problem::new("template.schema.json", error.message())])
        })
        .unwrap_or_else(|problems| problems);
    if !problems.is_empty() {
        return problems;
    }
    match serde_json::from_value::<TemplateSpec>(file.clone()) {
        Ok(spec) => spec.problems(""),
        Err(error) => vec![Problem::new("", excerpt(&error.to_string()))],
    }
}

impl TemplateSpec {
    /// Every problem that prevents publishing, with paths that start with `path`.
    pub fn problems(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(self.identity_problems(path));
        let mut schemas_hold = true;
        for (name, schema) in [
            ("configSchema", &self.config_schema),
            ("contextSchema", &self.context_schema),
        ] {
            let path = join(path, name);
            let mut found = schema::schema_problems(schema, &path);
            undescribed(schema, &path, &mut found);
            schemas_hold &= found.is_empty();
            problems.append(&mut found);
        }
        problems.extend(self.tier_problems(path));
        if schemas_hold {
            problems.extend(self.layer_problems(path));
            problems.extend(self.prompt_problems(path));
        }
        problems.extend(self.skill_problems(path));
        problems
    }

    fn identity_problems(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(check_identifier(&join(path, "name"), &self.name));
        if semver::Version::parse(&self.version).is_err() {
            problems.push(Problem::new(
                join(path, "version"),
                format!(
                    "\"{}\" given, expected a semantic version such as 1.0.0",
                    excerpt(&self.version)
                ),
            ));
        }
        let workflows = Workflow::ALL.map(|(name, _)| name);
        if !workflows.contains(&self.workflow.as_str()) {
            problems.push(Problem::new(
                join(path, "workflow"),
                format!(
                    "\"{}\" given, expected one of: {}",
                    excerpt(&self.workflow),
                    workflows.join(", ")
                ),
            ));
        }
        problems.extend(check_text(
            &join(path, "description"),
            &self.description,
            LONGEST_DESCRIPTION,
        ));
        problems
    }

    fn tier_problems(&self, path: &str) -> Vec<Problem> {
        let path = join(path, "pricingTiers");
        if self.pricing_tiers.is_empty() {
            return vec![Problem::new(path, "is empty, expected at least one tier")];
        }
        let mut problems = Vec::new();
        let mut names = BTreeSet::new();
        for (index, tier) in self.pricing_tiers.iter().enumerate() {
            let path = format!("{path}[{index}]");
            if !names.insert(&tier.name) {
                let message = format!("\"{}\" is an earlier tier's name too", excerpt(&tier.name));
                problems.push(Problem::new(join(&path, "name"), message));
            }
            problems.extend(tier_problems(tier, &path));
        }
        problems
    }

    /// Checks each tier's settings merged with the template's and the built-in ones; required settings may be missing,
    /// because an agent may provide them.
    fn layer_problems(&self, path: &str) -> Vec<Problem> {
        let mut problems: Vec<Problem> = Vec::new();
        let Ok(schema) = CompiledSchema::new(&self.config_schema) else {
            // the schema's own problems are reported already
            return problems;
        };
        for (index, tier) in self.pricing_tiers.iter().enumerate() {
            let nothing = Value::Object(Map::new());
            let merged = layers_for(self, tier, &Map::new(), &nothing, &nothing).merged();
            let findings = schema.findings(&merged, "");
            for finding in findings.into_iter().filter(|finding| !finding.is_missing) {
                let Problem {
                    path: setting,
                    message,
                } = finding.problem;
                let top = setting.split(['.', '[']).next().unwrap_or_default();
                let place = if tier.configuration.contains_key(top) {
                    join(path, &format!("pricingTiers[{index}].configuration"))
                } else {
                    join(path, "configuration")
                };
                let problem = Problem::new(join(&place, &setting), message);
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        problems
    }

    fn skill_problems(&self, path: &str) -> Vec<Problem> {
        let path = join(path, "skills");
        if self.skills.is_empty() {
            return vec![Problem::new(
                path,
                "is empty, expected at least one skill: the router knows an agent by them",
            )];
        }
        let mut problems = Vec::new();
        let mut ids = BTreeSet::new();
        for (index, skill) in self.skills.iter().enumerate() {
            let path = format!("{path}[{index}]");
            if !ids.insert(&skill.id) {
                let message = format!("\"{}\" is an earlier skill's id too", excerpt(&skill.id));
                problems.push(Problem::new(join(&path, "id"), message));
            }
            problems.extend(skill_problems(skill, &path));
        }
        problems
    }
}

fn tier_problems(tier: &PricingTier, path: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(check_identifier(&join(path, "name"), &tier.name));
    problems.extend(check_list(&join(path, "tools"), &tier.tools));
    problems.extend(check_list(&join(path, "models"), &tier.models));
    if tier.models.is_empty() {
        let message = "is empty, expected at least one model, such as default";
        problems.push(Problem::new(join(path, "models"), message));
    }
    problems.extend(limit_problems(&tier.limits, &join(path, "limits")));
    problems
}

fn skill_problems(skill: &Skill, path: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(check_identifier(&join(path, "id"), &skill.id));
    problems.extend(check_name(&join(path, "name"), &skill.name));
    problems.extend(check_text(
        &join(path, "description"),
        &skill.description,
        LONGEST_DESCRIPTION,
    ));
    let path = join(path, "examples");
    if skill.examples.len() < FEWEST_EXAMPLES {
        let message = format!(
            "{} examples, expected at least {FEWEST_EXAMPLES}",
            skill.examples.len()
        );
        problems.push(Problem::new(&path, message));
    }
    let mut seen = BTreeSet::new();
    for (index, example) in skill.examples.iter().enumerate() {
        let path = format!("{path}[{index}]");
        problems.extend(check_text(&path, example, LONGEST_EXAMPLE));
        if !seen.insert(example.trim().to_lowercase()) {
            problems.push(Problem::new(path, "is an earlier example too"));
        }
    }
    problems
}

fn check_identifier(path: &str, given: &str) -> Option<Problem> {
    (!is_identifier(given)).then(|| {
        Problem::new(
            path,
            format!(
                "\"{}\" given, expected 2 to {LONGEST_NAME} of a-z, 0-9 and _ that begin with a letter",
                excerpt(given)
            ),
        )
    })
}

/// Checks that no name is blank or repeated.
fn check_list(path: &str, names: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, name) in names.iter().enumerate() {
        let path = format!("{path}[{index}]");
        problems.extend(check_name(&path, name));
        if !seen.insert(name) {
            problems.push(Problem::new(
                path,
                format!("\"{}\" is in the list already", excerpt(name)),
            ));
        }
    }
    problems
}

/// Adds a problem for each property without a description: people choose by them, and the console shows them.
fn undescribed(schema: &Value, path: &str, problems: &mut Vec<Problem>) {
    for (name, schema) in schema::properties(schema).into_iter().flatten() {
        let path = join(&join(path, "properties"), &excerpt(name));
        let described = schema
            .get("description")
            .and_then(Value::as_str)
            .is_some_and(|text| !text.trim().is_empty());
        if !described {
            problems.push(Problem::new(
                join(&path, "description"),
                "is missing, expected a sentence for people",
            ));
        }
        undescribed(schema, &path, problems);
    }
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase())
        && (2..=LONGEST_NAME).contains(&name.len())
        && characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
