//! The translation of an [`AgentFilter`] to SQL.

use entity::{agent, template, tool_grant};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, QueryFilter, QuerySelect, QueryTrait,
    Select, sea_query::Expr,
};

use crate::{
    domain::AgentFilter,
    store::{PlatformStore, TenantStore, fold::has_part},
};

impl TenantStore {
    /// The agents that match the filter.
    pub(super) fn wanted(&self, filter: &AgentFilter) -> Select<agent::Entity> {
        let AgentFilter {
            status,
            template,
            tier,
            skill,
            tool,
            search,
        } = filter;
        let backend = self.database.replica().get_database_backend();
        let of_templates = (template.is_some() || skill.is_some()).then(|| {
            let templates = PlatformStore::rows::<template::Entity>()
                .filter(
                    Condition::all()
                        .add_option(
                            template
                                .as_deref()
                                .map(|name| template::Column::Name.eq(name)),
                        )
                        .add_option(skill.as_deref().map(|skill| has_skill(skill, backend))),
                )
                .select_only()
                .column(template::Column::Id)
                .into_query();
            agent::Column::TemplateId.in_subquery(templates)
        });
        let with_tool = tool.as_deref().map(|tool| {
            let agents = self
                .rows::<tool_grant::Entity>()
                .filter(grants(tool, backend))
                .select_only()
                .column(tool_grant::Column::AgentId)
                .into_query();
            agent::Column::Id.in_subquery(agents)
        });
        let of_status = status.as_deref().map(|status| {
            agent::Column::Status.is_in(
                status
                    .iter()
                    .map(|status| agent::AgentStatus::from(*status)),
            )
        });
        self.rows::<agent::Entity>().filter(
            Condition::all()
                .add_option(of_status)
                .add_option(of_templates)
                .add_option(with_tool)
                .add_option(tier.as_deref().map(|tier| agent::Column::Tier.eq(tier)))
                .add_option(search.as_deref().map(found_by)),
        )
    }
}

/// Matches a substring of the name or the slug, ignoring case.
fn found_by(search: &str) -> Condition {
    Condition::any()
        .add(has_part(agent::Column::FoldedName, search))
        .add(has_part(agent::Column::Slug, search))
}

/// Matches a template with this skill. Each database has its own syntax for a list inside a JSON column.
fn has_skill(skill: &str, backend: DbBackend) -> Expr {
    let sql = match backend {
        DbBackend::Postgres => {
            "EXISTS (SELECT 1 FROM jsonb_array_elements(skills) AS skill WHERE skill ->> 'id' = $1)"
        }
        _ => "EXISTS (SELECT 1 FROM json_each(skills) AS skill WHERE skill.value ->> 'id' = ?)",
    };
    Expr::cust_with_values(sql, [skill])
}

/// Matches a grant that contains the tool and does not deny it.
fn grants(tool: &str, backend: DbBackend) -> Expr {
    let sql = match backend {
        DbBackend::Postgres => {
            "EXISTS (SELECT 1 FROM jsonb_each_text(tools) AS tool WHERE tool.key = $1 AND tool.value <> 'DENY')"
        }
        _ => {
            "EXISTS (SELECT 1 FROM json_each(tools) AS tool WHERE tool.key = ? AND tool.value <> 'DENY')"
        }
    };
    Expr::cust_with_values(sql, [tool])
}
