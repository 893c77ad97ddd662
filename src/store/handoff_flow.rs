//! Counts of handoffs and of corrections of the router in a period, for analytics.
//!
//! Both are rare in comparison with runs: they are counted in their own tables, by an index.

use entity::{handoff, route_correction};
use sea_orm::{
    ColumnTrait, Condition, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{CaseStatement, Expr, Func},
};
use uuid::Uuid;

use crate::{
    domain::{AgentId, DateRange},
    error::Result,
    store::TenantStore,
};

/// The agents of a flow, its handoffs, and those that were resolved.
type FlowRow = (Option<Uuid>, Option<Uuid>, i64, Option<i64>);

/// The handoffs from one agent to another in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandoffCount {
    /// The agent that handed over.
    pub from: AgentId,
    /// The agent that was handed over to.
    pub to: AgentId,
    /// The number of handoffs.
    pub count: i64,
    /// Those whose outcome is RESOLVED.
    pub resolved: i64,
}

impl TenantStore {
    /// The handoffs that were made in a period between agents that exist, the most frequent first; only those from or to
    /// `agent`, if given.
    pub async fn handoff_flows(
        &self,
        range: DateRange,
        agent: Option<AgentId>,
    ) -> Result<Vec<HandoffCount>> {
        use handoff::Column;
        let of_agent = agent.map(|agent| {
            Condition::any()
                .add(Column::FromAgentId.eq(agent.uuid()))
                .add(Column::ToAgentId.eq(agent.uuid()))
        });
        let is_resolved: Expr = CaseStatement::new()
            .case(Column::Outcome.eq(handoff::HandoffOutcome::Resolved), 1)
            .finally(0)
            .into();
        let resolved = Expr::from(Func::sum(is_resolved)).cast_as("bigint");
        let rows: Vec<FlowRow> = self
            .rows::<handoff::Entity>()
            .filter(Column::CreatedAt.gte(range.from))
            .filter(Column::CreatedAt.lt(range.to))
            .filter(Column::FromAgentId.is_not_null())
            .filter(Column::ToAgentId.is_not_null())
            .filter(Condition::all().add_option(of_agent))
            .select_only()
            .column(Column::FromAgentId)
            .column(Column::ToAgentId)
            .column_as(Column::Id.count(), "count")
            .column_as(resolved, "resolved")
            .group_by(Column::FromAgentId)
            .group_by(Column::ToAgentId)
            .order_by_desc(Column::Id.count())
            .order_by_asc(Column::FromAgentId)
            .order_by_asc(Column::ToAgentId)
            .into_tuple()
            .all(self.database.replica())
            .await?;
        let flow = |(from, to, count, resolved): FlowRow| {
            Some(HandoffCount {
                from: AgentId::from_uuid(from?),
                to: AgentId::from_uuid(to?),
                count,
                resolved: resolved.unwrap_or_default(),
            })
        };
        Ok(rows.into_iter().filter_map(flow).collect())
    }

    /// The number of the router's decisions that people corrected in a period; only those for `agent`, if given.
    pub async fn corrections_in(&self, range: DateRange, agent: Option<AgentId>) -> Result<i64> {
        use route_correction::Column;
        let of_agent = agent.map(|agent| Column::AgentId.eq(agent.uuid()));
        let count = self
            .rows::<route_correction::Entity>()
            .filter(Column::CreatedAt.gte(range.from))
            .filter(Column::CreatedAt.lt(range.to))
            .filter(Condition::all().add_option(of_agent))
            .count(self.database.replica())
            .await?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }
}
