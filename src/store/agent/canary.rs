//! Canaries: the trials of another template version, stored with their agents.

use chrono::{DateTime, Utc};
use entity::{agent, conversation, run};
use sea_orm::{ColumnTrait, JsonValue, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::agent_of;
use crate::{
    domain::{
        Agent, AgentId, Canary, CanaryState, CanarySubject, CanaryThresholds, ConversationId,
        RunId, TemplateId,
    },
    error::Result,
    store::{
        PlatformStore, TenantStore,
        connection::Transaction,
        row::{from_json, to_json},
    },
};

/// The column `agent_instances.canary`.
#[derive(Serialize, Deserialize)]
struct CanaryColumn {
    stable: Uuid,
    candidate: Uuid,
    share: f64,
    max_error_rate: Option<f64>,
    min_satisfaction: Option<f64>,
    max_first_token_ms: Option<i64>,
    state: StateColumn,
    reason: Option<String>,
    since: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

/// The states; the index of running canaries names one.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum StateColumn {
    Running,
    Promoted,
    RolledBack,
}

crate::store::row::same_variants!(StateColumn, CanaryState: Running, Promoted, RolledBack);

impl PlatformStore {
    /// At most `most` agents of all accounts whose canaries run, in the order of their ids, after one of them.
    pub async fn agents_with_canary(
        &self,
        after: Option<AgentId>,
        most: u64,
    ) -> Result<Vec<Agent>> {
        let rows = Self::rows::<agent::Entity>()
            // literal, not bound: only then does SQLite recognise that the index applies
            .filter(Expr::cust(
                "(agent_instances.canary ->> 'state') = 'RUNNING'",
            ))
            .filter(agent::Column::Id.gt(after.map_or(Uuid::nil(), AgentId::uuid)))
            .order_by_asc(agent::Column::Id)
            .limit(most)
            .all(self.database.primary())
            .await?;
        rows.into_iter().map(agent_of).collect()
    }
}

impl TenantStore {
    /// The contexts of the conversations of an agent that were active last, at most `most`.
    pub async fn latest_contexts(&self, agent: AgentId, most: u64) -> Result<Vec<JsonValue>> {
        let contexts = self
            .rows::<conversation::Entity>()
            .filter(conversation::Column::AgentId.eq(agent.uuid()))
            .order_by_desc(conversation::Column::UpdatedAt)
            .limit(most)
            .select_only()
            .column(conversation::Column::Context)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(contexts)
    }

    /// The version of an agent that answers a run, of the agent's own version and that of its canary.
    pub(in crate::store) async fn version_of_run(
        &self,
        agent: AgentId,
        canary: &Canary,
        run: RunId,
        transaction: &Transaction,
    ) -> Result<Option<TemplateId>> {
        let accepted: Option<(Uuid, DateTime<Utc>)> = self
            .rows::<run::Entity>()
            .filter(run::Column::Id.eq(run.uuid()))
            .select_only()
            .columns([run::Column::ConversationId, run::Column::CreatedAt])
            .into_tuple()
            .one(&**transaction)
            .await?;
        let Some((conversation, accepted_at)) = accepted else {
            return Ok(None);
        };
        let end_user: Option<Option<String>> = self
            .rows::<conversation::Entity>()
            .filter(conversation::Column::Id.eq(conversation))
            .select_only()
            .column(conversation::Column::EndUser)
            .into_tuple()
            .one(&**transaction)
            .await?;
        let end_user = end_user.flatten();
        let subject = CanarySubject {
            conversation: ConversationId::from_uuid(conversation),
            end_user: end_user.as_deref(),
        };
        let answers = canary.answers(agent, subject, accepted_at);
        Ok(answers.then_some(canary.candidate))
    }
}

/// The column of an agent's canary.
pub(super) fn canary_column(canary: Option<&Canary>) -> Result<Option<JsonValue>> {
    let column = |canary: &Canary| CanaryColumn {
        stable: canary.stable.uuid(),
        candidate: canary.candidate.uuid(),
        share: canary.share,
        max_error_rate: canary.thresholds.max_error_rate,
        min_satisfaction: canary.thresholds.min_satisfaction,
        max_first_token_ms: canary.thresholds.max_first_token_ms,
        state: canary.state.into(),
        reason: canary.reason.clone(),
        since: canary.since,
        ended_at: canary.ended_at,
    };
    let written = canary.map(|canary| to_json("agent_instances.canary", &column(canary)));
    written.transpose()
}

/// The canary of an agent's column.
pub(in crate::store) fn canary_of(column: Option<JsonValue>) -> Result<Option<Canary>> {
    let Some(column) = column else {
        return Ok(None);
    };
    let column: CanaryColumn = from_json("agent_instances.canary", column)?;
    Ok(Some(Canary {
        stable: TemplateId::from_uuid(column.stable),
        candidate: TemplateId::from_uuid(column.candidate),
        share: column.share,
        thresholds: CanaryThresholds {
            max_error_rate: column.max_error_rate,
            min_satisfaction: column.min_satisfaction,
            max_first_token_ms: column.max_first_token_ms,
        },
        state: column.state.into(),
        reason: column.reason,
        since: column.since,
        ended_at: column.ended_at,
    }))
}
