//! Loads the agent templates: every YAML file in `agents/` beside `app.yaml`, or those in the program.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{ModelsConfig, yaml};
use crate::domain::{TemplateSpec, excerpt, template_file_problems};

/// The templates in the program: the name and the content of each file.
const SHIPPED: [(&str, &str); 4] = [
    (
        "agents/digital_expert.yaml",
        include_str!("../../agents/digital_expert.yaml"),
    ),
    (
        "agents/research_agent.yaml",
        include_str!("../../agents/research_agent.yaml"),
    ),
    (
        "agents/sales_agent.yaml",
        include_str!("../../agents/sales_agent.yaml"),
    ),
    (
        "agents/support_agent.yaml",
        include_str!("../../agents/support_agent.yaml"),
    ),
];

/// The templates and their origin.
#[derive(Debug, Default)]
pub(super) struct Templates {
    /// The name of each file and its template.
    pub(super) found: Vec<(String, TemplateSpec)>,
    /// The folder; none for the templates in the program.
    pub(super) folder: Option<PathBuf>,
}

impl Templates {
    /// Reads the templates in `folder`, or those in the program if there is no such folder. Adds the problems of every
    /// file to `problems`.
    pub(super) fn load(folder: &Path, problems: &mut Vec<String>) -> Self {
        if !folder.is_dir() {
            let mut templates = Self::default();
            for (name, text) in SHIPPED {
                templates.add(name.to_owned(), text, problems);
            }
            return templates;
        }
        let mut templates = Self {
            folder: Some(folder.to_path_buf()),
            ..Self::default()
        };
        let files = yaml_files(folder).unwrap_or_else(|reason| {
            problems.push(format!("{}: cannot be listed: {reason}", folder.display()));
            Vec::new()
        });
        for file in files {
            let name = file.display().to_string();
            match fs::read_to_string(&file) {
                Ok(text) => templates.add(name, &text, problems),
                Err(reason) => problems.push(format!("{name}: cannot be read: {reason}")),
            }
        }
        templates
    }

    /// Reports every model that a tier names and that does not exist.
    pub(super) fn check_models(&self, models: &ModelsConfig, problems: &mut Vec<String>) {
        for (file, spec) in &self.found {
            for (tier_index, tier) in spec.pricing_tiers.iter().enumerate() {
                for (index, name) in tier.models.iter().enumerate() {
                    if models.resolve(name).is_some() {
                        continue;
                    }
                    let names: Vec<&str> = models.names().collect();
                    problems.push(format!(
                        "{file}: pricingTiers[{tier_index}].models[{index}]: \"{}\" is no model here, expected one \
                         of: {}",
                        excerpt(name),
                        names.join(", ")
                    ));
                }
            }
        }
    }

    fn add(&mut self, file: String, text: &str, problems: &mut Vec<String>) {
        match parse(text) {
            Ok(spec) => {
                let same = |(_, other): &&(String, TemplateSpec)| {
                    other.name == spec.name && other.version == spec.version
                };
                match self.found.iter().find(same) {
                    Some((earlier, _)) => problems.push(format!(
                        "{file}: {} {} is in {earlier} too; a published version never changes, give this one a new \
                         version",
                        excerpt(&spec.name),
                        excerpt(&spec.version)
                    )),
                    None => self.found.push((file, spec)),
                }
            }
            Err(wrong) => {
                problems.extend(
                    wrong
                        .into_iter()
                        .map(|problem| format!("{file}: {problem}")),
                );
            }
        }
    }
}

fn parse(text: &str) -> Result<TemplateSpec, Vec<String>> {
    let value = yaml::parse(text).map_err(|problem| vec![problem])?;
    let problems = template_file_problems(&value);
    if !problems.is_empty() {
        return Err(problems
            .into_iter()
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect());
    }
    serde_json::from_value(value).map_err(|reason| vec![reason.to_string()])
}

/// The templates in a folder, in the order of their names.
pub(super) fn yaml_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_yaml = path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if is_yaml && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
