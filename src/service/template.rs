//! Templates: published by the operator, readable by every account.

use std::sync::Arc;

use serde_json::json;

use super::{audit::audit_note, refuse, tables::Tables};
use crate::{
    domain::{
        Actor, AuditNote, Operation, Page, PageRequest, Permission, Template, TemplateId,
        TemplateSpec,
    },
    error::{Error, Problem, Result},
    port::Clock,
    schema_checker::SchemaChecker,
};

/// Publishes and reads agent templates.
#[derive(Clone)]
pub struct TemplateService {
    pub(super) tables: Tables,
    pub(super) schemas: SchemaChecker,
    pub(super) clock: Arc<dyn Clock>,
}

impl TemplateService {
    /// The published template versions, the first published first.
    pub async fn list(
        &self,
        actor: &Actor,
        name: Option<&str>,
        include_deprecated: bool,
        page: &PageRequest,
    ) -> Result<Page<Template>> {
        let permission = actor.authorize(Operation::AgentTemplates)?;
        self.tables
            .platform(&permission)
            .templates(name, include_deprecated, page)
            .await
    }

    /// The total number of template versions in [`Self::list`].
    pub async fn count(
        &self,
        actor: &Actor,
        name: Option<&str>,
        include_deprecated: bool,
    ) -> Result<u64> {
        let permission = actor.authorize(Operation::AgentTemplates)?;
        let platform = self.tables.platform(&permission);
        platform.count_templates(name, include_deprecated).await
    }

    /// The given version, or the newest one that is not deprecated.
    pub async fn get(
        &self,
        actor: &Actor,
        name: &str,
        version: Option<&str>,
    ) -> Result<Option<Template>> {
        let permission = actor.authorize(Operation::AgentTemplate)?;
        self.tables
            .platform(&permission)
            .template(name, version)
            .await
    }

    /// Publishes a version. A published version never changes.
    pub async fn publish(&self, actor: &Actor, spec: TemplateSpec) -> Result<Template> {
        let permission = actor.authorize(Operation::PublishAgentTemplate)?;
        let problems = self.schemas.template_problems(&spec, "input").await?;
        refuse(as_input(problems))?;
        let taken = format!(
            "input.version: {} {} is published already; versions never change, publish the next one",
            spec.name, spec.version
        );
        let template = published_now(self.clock.as_ref(), spec);
        let note = self.note(&permission, &template);
        let platform = self.tables.platform(&permission);
        if platform
            .publish(&template, Some((actor.home(), note)))
            .await?
        {
            Ok(template)
        } else {
            Err(Error::conflict(taken))
        }
    }

    /// Deprecates a version: no new agents use it, existing ones keep it.
    pub async fn deprecate(&self, actor: &Actor, id: TemplateId) -> Result<Template> {
        let permission = actor.authorize(Operation::DeprecateAgentTemplate)?;
        let platform = self.tables.platform(&permission);
        let found = platform.templates_by_ids(&[id]).await?.pop();
        let template = found.ok_or_else(|| Error::not_found("agent template"))?;
        let note = self.note(&permission, &template);
        platform
            .deprecate(id, self.clock.now(), Some((actor.home(), note)))
            .await?
            .ok_or_else(|| Error::not_found("agent template"))
    }

    fn note(&self, permission: &Permission, template: &Template) -> AuditNote {
        let spec = &template.spec;
        let detail = json!({"template": spec.name, "version": spec.version});
        audit_note(self.clock.as_ref(), permission, template.id, detail)
    }
}

/// A template version with the current time as its publication.
pub(super) fn published_now(clock: &dyn Clock, spec: TemplateSpec) -> Template {
    Template {
        id: TemplateId::new(clock),
        spec,
        created_at: clock.now(),
        deprecated_at: None,
    }
}

/// A template's problems with the paths of the input, where the prompt is a field of its own.
fn as_input(mut problems: Vec<Problem>) -> Vec<Problem> {
    for problem in &mut problems {
        if problem.path == "input.prompts.system" {
            "input.systemPrompt".clone_into(&mut problem.path);
        }
    }
    problems
}
