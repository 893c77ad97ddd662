//! The template version that an evaluation compares with.

use super::case_file::CaseFile;
use crate::error::{Error, Result};

/// The version of one template, or of every template of the files.
#[derive(Debug, Clone)]
pub(super) struct TemplateVersion {
    /// The text as the person wrote it.
    pub(super) shown: String,
    template: Option<String>,
    version: String,
}

impl TemplateVersion {
    /// Reads `sales_agent@1.3.0` or `1.3.0`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let (template, version) = match text.split_once('@') {
            Some((template, version)) => (Some(template.to_owned()), version),
            None => (None, text),
        };
        if semver::Version::parse(version).is_err() {
            let message =
                format!("\"{text}\" given, expected a version such as 1.3.0 or sales_agent@1.3.0");
            return Err(Error::bad_input("--against", message));
        }
        Ok(Self {
            shown: text.to_owned(),
            template,
            version: version.to_owned(),
        })
    }

    /// Gives the agents of the template this version; returns whether the file has such agents.
    pub(super) fn apply(&self, file: &mut CaseFile) -> bool {
        let mut has_agents = false;
        for agent in &mut file.agents {
            if self
                .template
                .as_ref()
                .is_none_or(|name| *name == agent.template)
            {
                agent.version = Some(self.version.clone());
                has_agents = true;
            }
        }
        has_agents
    }
}
