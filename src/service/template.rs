//! Templates: published by the operator, read by everyone.

use super::{Services, refuse};
use crate::{
    domain::{Actor, Operation, Page, PageRequest, Template, TemplateId, TemplateSpec},
    error::{Error, Problem, Result},
};

impl Services {
    /// Published templates, the first published first.
    pub async fn templates(
        &self,
        actor: &Actor,
        name: Option<&str>,
        include_deprecated: bool,
        page: &PageRequest,
    ) -> Result<Page<Template>> {
        actor.authorize(Operation::AgentTemplates)?;
        self.store
            .platform()
            .templates(name, include_deprecated, page)
            .await
    }

    /// The version, or the newest one that is not deprecated.
    pub async fn template(
        &self,
        actor: &Actor,
        name: &str,
        version: Option<&str>,
    ) -> Result<Option<Template>> {
        actor.authorize(Operation::AgentTemplate)?;
        self.store.platform().template(name, version).await
    }

    /// Publishes a version, for ever the same from then on.
    pub async fn publish_template(&self, actor: &Actor, spec: TemplateSpec) -> Result<Template> {
        actor.authorize(Operation::PublishAgentTemplate)?;
        let problems = self.schemas.template_problems(&spec, "input").await?;
        refuse(as_input(problems))?;
        let taken = format!(
            "input.version: {} {} is published already; versions never change, publish the next one",
            spec.name, spec.version
        );
        let template = self.template_from(spec);
        if self.store.platform().publish(&template).await? {
            Ok(template)
        } else {
            Err(Error::conflict(taken))
        }
    }

    /// Takes a version out of the choice for new agents; its agents stay.
    pub async fn deprecate_template(&self, actor: &Actor, id: TemplateId) -> Result<Template> {
        actor.authorize(Operation::DeprecateAgentTemplate)?;
        self.store
            .platform()
            .deprecate(id, self.clock.now())
            .await?
            .ok_or_else(|| Error::not_found("agent template"))
    }

    /// Publishes the shipped versions that are not there yet. A version whose file has changed is refused: its agents
    /// rely on what it said.
    pub async fn publish_shipped(&self, specs: &[TemplateSpec]) -> Result<()> {
        let platform = self.store.platform();
        let mut problems = Vec::new();
        for spec in specs {
            if platform.publish(&self.template_from(spec.clone())).await? {
                tracing::info!(template = %spec.name, version = %spec.version, "template published");
                continue;
            }
            let published = platform.template(&spec.name, Some(&spec.version)).await?;
            if published.is_some_and(|published| published.spec != *spec) {
                problems.push(Problem::new(
                    format!("agents/{}.yaml", spec.name),
                    format!(
                        "differs from the published version {}; raise `version`",
                        spec.version
                    ),
                ));
            }
        }
        refuse(problems)
    }

    fn template_from(&self, spec: TemplateSpec) -> Template {
        Template {
            id: TemplateId::new(self.clock.as_ref()),
            spec,
            created_at: self.clock.now(),
            deprecated_at: None,
        }
    }
}

/// The problems of a template in the words of the input: there, the prompt is a field of its own.
fn as_input(mut problems: Vec<Problem>) -> Vec<Problem> {
    for problem in &mut problems {
        if problem.path == "input.prompts.system" {
            "input.systemPrompt".clone_into(&mut problem.path);
        }
    }
    problems
}
