//! Grants: the tools that an agent may call, a row per agent and server.

use std::collections::BTreeMap;

use entity::tool_grant;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{LockType, OnConflict},
};

use crate::{
    domain::{
        AccountId, AgentId, AuditNote, GrantPolicy, McpServerId, ToolApprover, ToolGrant,
        ToolPolicy,
    },
    error::{Error, Result},
    store::{
        TenantStore,
        connection::Transaction,
        row::{from_json, to_json},
    },
};

impl TenantStore {
    /// The grants of these agents, in the order of agents and servers.
    pub async fn grants_of(&self, agents: &[AgentId]) -> Result<Vec<ToolGrant>> {
        self.rows::<tool_grant::Entity>()
            .filter(tool_grant::Column::AgentId.is_in(agents.iter().map(|id| id.uuid())))
            .order_by_asc(tool_grant::Column::AgentId)
            .order_by_asc(tool_grant::Column::ServerId)
            .all(self.database.primary())
            .await?
            .into_iter()
            .map(grant_of)
            .collect()
    }

    /// Changes an agent's grant on a server, and writes an audit entry: `change` makes the new grant from the existing
    /// one; a grant without tools is deleted. `NOT_FOUND` when the agent does not exist.
    pub async fn change_grant(
        &self,
        agent: AgentId,
        server: McpServerId,
        change: impl FnOnce(Option<ToolGrant>) -> Result<ToolGrant> + Send,
        note: AuditNote,
    ) -> Result<()> {
        let transaction = self.database.begin().await?;
        // the lock makes concurrent changes follow each other
        if !self
            .lock_agent(agent, LockType::NoKeyUpdate, &transaction)
            .await?
        {
            return Err(Error::not_found("agent"));
        }
        let before = self
            .rows::<tool_grant::Entity>()
            .filter(tool_grant::Column::AgentId.eq(agent.uuid()))
            .filter(tool_grant::Column::ServerId.eq(server.uuid()))
            .one(&*transaction)
            .await?
            .map(grant_of)
            .transpose()?;
        let grant = change(before)?;
        if grant.tools.is_empty() {
            self.delete::<tool_grant::Entity>()
                .filter(tool_grant::Column::Id.eq(grant.id))
                .exec(&*transaction)
                .await?;
        } else {
            self.put_grant(&grant, &transaction).await?;
        }
        self.note(vec![note], &transaction).await?;
        transaction.commit().await
    }

    /// Inserts or replaces the grant of an agent and a server.
    pub(super) async fn put_grant(
        &self,
        grant: &ToolGrant,
        transaction: &Transaction,
    ) -> Result<()> {
        let again = OnConflict::columns([
            tool_grant::Column::AccountId,
            tool_grant::Column::AgentId,
            tool_grant::Column::ServerId,
        ])
        .update_columns([
            tool_grant::Column::Tools,
            tool_grant::Column::Approvers,
            tool_grant::Column::Token,
            tool_grant::Column::UpdatedAt,
        ])
        .to_owned();
        tool_grant::Entity::insert(grant_row(self.account, grant)?)
            .on_conflict(again)
            .exec_without_returning(&**transaction)
            .await?;
        Ok(())
    }
}

fn grant_row(account: AccountId, grant: &ToolGrant) -> Result<tool_grant::ActiveModel> {
    let policies: BTreeMap<&str, ToolPolicy> = grant
        .tools
        .iter()
        .map(|(name, granted)| (name.as_str(), granted.policy))
        .collect();
    let approvers: BTreeMap<&str, ToolApprover> = grant
        .tools
        .iter()
        .filter(|(_, granted)| granted.approver != ToolApprover::Staff)
        .map(|(name, granted)| (name.as_str(), granted.approver))
        .collect();
    let approvers = (!approvers.is_empty())
        .then(|| to_json("tool_grants.approvers", &approvers))
        .transpose()?;
    Ok(tool_grant::ActiveModel {
        id: Set(grant.id),
        account_id: Set(account.uuid()),
        agent_id: Set(grant.agent.uuid()),
        server_id: Set(grant.server.uuid()),
        tools: Set(to_json("tool_grants.tools", &policies)?),
        approvers: Set(approvers),
        token: Set(grant.token.clone()),
        created_at: Set(grant.created_at),
        updated_at: Set(grant.updated_at),
    })
}

pub(super) fn grant_of(row: tool_grant::Model) -> Result<ToolGrant> {
    let policies: BTreeMap<String, ToolPolicy> = from_json("tool_grants.tools", row.tools)?;
    let approvers: BTreeMap<String, ToolApprover> = match row.approvers {
        Some(approvers) => from_json("tool_grants.approvers", approvers)?,
        None => BTreeMap::new(),
    };
    let tools = policies.into_iter().map(|(name, policy)| {
        let approver = approvers.get(&name).copied().unwrap_or_default();
        (name, GrantPolicy { policy, approver })
    });
    Ok(ToolGrant {
        id: row.id,
        agent: AgentId::from_uuid(row.agent_id),
        server: McpServerId::from_uuid(row.server_id),
        tools: tools.collect(),
        token: row.token,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
