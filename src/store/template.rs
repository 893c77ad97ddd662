//! Templates: they belong to the platform and are the same for every account.

use std::{cmp::Reverse, sync::Arc};

use chrono::{DateTime, Utc};
use entity::template;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, Select,
};
use serde_json::Value;

use crate::{
    domain::{
        AccountId, AuditNote, LatencyClass, Page, PageRequest, Template, TemplateId, TemplateSpec,
    },
    error::Result,
    store::{
        PlatformStore,
        error::is_taken,
        page::Listing,
        row::{from_json, same_variants, to_json},
    },
};

impl PlatformStore {
    /// Adds a version; returns false when this version of this name exists. `noted` is written to the audit log of an
    /// account.
    pub async fn publish(
        &self,
        template: &Template,
        noted: Option<(AccountId, AuditNote)>,
    ) -> Result<bool> {
        let row = template_row(template)?;
        let transaction = self.database.begin().await?;
        match template::Entity::insert(row)
            .exec_without_returning(&*transaction)
            .await
        {
            Ok(_) => {}
            Err(cause) if is_taken(&cause) => {
                transaction.roll_back().await?;
                return Ok(false);
            }
            Err(cause) => return Err(cause.into()),
        }
        if let Some((account, note)) = noted {
            self.tenant(account).note(vec![note], &transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// The named version of a template; the newest one that is not deprecated when `version` is none.
    pub async fn template(&self, name: &str, version: Option<&str>) -> Result<Option<Template>> {
        let named = Self::rows::<template::Entity>().filter(template::Column::Name.eq(name));
        if let Some(version) = version {
            let row = named
                .filter(template::Column::Version.eq(version))
                .one(self.database.primary())
                .await?;
            return row.map(template_of).transpose();
        }
        let current = named.filter(template::Column::DeprecatedAt.is_null());
        Ok(self.newest_first(current).await?.into_iter().next())
    }

    /// The specification of a version. It never changes, so it is cached.
    pub async fn template_spec(&self, id: TemplateId) -> Result<Option<Arc<TemplateSpec>>> {
        if let Some(known) = self.specs.get(&id).await {
            return Ok(Some(known));
        }
        let Some(template) = self.templates_by_ids(&[id]).await?.pop() else {
            return Ok(None);
        };
        let spec = Arc::new(template.spec);
        self.specs.insert(id, Arc::clone(&spec)).await;
        Ok(Some(spec))
    }

    /// Templates, in the order of their publication.
    pub async fn templates(
        &self,
        name: Option<&str>,
        include_deprecated: bool,
        request: &PageRequest,
    ) -> Result<Page<Template>> {
        let list = Self::rows::<template::Entity>().filter(listed(name, include_deprecated));
        Listing::oldest_first(template::Column::Id)
            .page(list, request, self.database.replica(), template_of)
            .await
    }

    /// The total number of templates that [`Self::templates`] lists.
    pub async fn count_templates(
        &self,
        name: Option<&str>,
        include_deprecated: bool,
    ) -> Result<u64> {
        Ok(Self::rows::<template::Entity>()
            .filter(listed(name, include_deprecated))
            .count(self.database.replica())
            .await?)
    }

    /// The templates with these ids that exist, in no particular order.
    pub async fn templates_by_ids(&self, ids: &[TemplateId]) -> Result<Vec<Template>> {
        Self::rows::<template::Entity>()
            .filter(template::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(template_of)
            .collect()
    }

    /// Every version of the templates with these names, deprecated ones too, newest first.
    pub async fn versions_of(&self, names: &[String]) -> Result<Vec<Template>> {
        let of_these = template::Column::Name.is_in(names.iter().map(String::as_str));
        self.newest_first(Self::rows::<template::Entity>().filter(of_these))
            .await
    }

    /// Marks a version as deprecated and returns it; one that is already deprecated keeps its first date. The first time,
    /// `noted` is written to the audit log of an account.
    pub async fn deprecate(
        &self,
        id: TemplateId,
        at: DateTime<Utc>,
        noted: Option<(AccountId, AuditNote)>,
    ) -> Result<Option<Template>> {
        let transaction = self.database.begin().await?;
        let deprecated = Self::change::<template::Entity>()
            .filter(template::Column::Id.eq(id.uuid()))
            .filter(template::Column::DeprecatedAt.is_null())
            .set(template::ActiveModel {
                deprecated_at: Set(Some(at)),
                ..Default::default()
            })
            .exec(&*transaction)
            .await?;
        let noted = noted.filter(|_| deprecated.rows_affected > 0);
        if let Some((account, note)) = noted {
            self.tenant(account).note(vec![note], &transaction).await?;
        }
        transaction.commit().await?;
        Ok(self.templates_by_ids(&[id]).await?.into_iter().next())
    }

    /// Versions are ordered as numbers, not as text, which the database cannot do; there are few of them.
    async fn newest_first(&self, list: Select<template::Entity>) -> Result<Vec<Template>> {
        let rows = list.all(self.database.primary()).await?;
        let mut templates = rows
            .into_iter()
            .map(template_of)
            .collect::<Result<Vec<_>>>()?;
        templates.sort_by_cached_key(|template| Reverse(template.spec.semantic_version()));
        Ok(templates)
    }
}

fn listed(name: Option<&str>, include_deprecated: bool) -> Condition {
    Condition::all()
        .add_option(name.map(|name| template::Column::Name.eq(name)))
        .add_option((!include_deprecated).then(|| template::Column::DeprecatedAt.is_null()))
}

fn template_row(template: &Template) -> Result<template::ActiveModel> {
    let spec = &template.spec;
    Ok(template::ActiveModel {
        id: Set(template.id.uuid()),
        name: Set(spec.name.clone()),
        version: Set(spec.version.clone()),
        workflow_class: Set(spec.workflow.clone()),
        description: Set(spec.description.clone()),
        latency_class: Set(spec.latency_class.into()),
        config_schema: Set(spec.config_schema.clone()),
        context_schema: Set(spec.context_schema.clone()),
        configuration: Set(Value::Object(spec.configuration.clone())),
        pricing_tiers: Set(to_json(
            "agent_templates.pricing_tiers",
            &spec.pricing_tiers,
        )?),
        skills: Set(to_json("agent_templates.skills", &spec.skills)?),
        prompts: Set(to_json("agent_templates.prompts", &spec.prompts)?),
        created_at: Set(template.created_at),
        deprecated_at: Set(template.deprecated_at),
    })
}

fn template_of(row: template::Model) -> Result<Template> {
    Ok(Template {
        id: TemplateId::from_uuid(row.id),
        spec: TemplateSpec {
            name: row.name,
            version: row.version,
            workflow: row.workflow_class,
            description: row.description,
            latency_class: row.latency_class.into(),
            config_schema: row.config_schema,
            context_schema: row.context_schema,
            configuration: from_json("agent_templates.configuration", row.configuration)?,
            pricing_tiers: from_json("agent_templates.pricing_tiers", row.pricing_tiers)?,
            skills: from_json("agent_templates.skills", row.skills)?,
            prompts: from_json("agent_templates.prompts", row.prompts)?,
        },
        created_at: row.created_at,
        deprecated_at: row.deprecated_at,
    })
}

same_variants!(template::LatencyClass, LatencyClass: Interactive, Deep);
