//! The figures of a run that ended, without its texts and its person. A record outlives its run, conversation and agent.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "run_records")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    /// Without a foreign key, like the other ids: a record stays when the run is deleted.
    pub run_id: Option<Uuid>,
    pub conversation_id: Option<Uuid>,
    /// The agent that ended the run.
    pub agent_id: Option<Uuid>,
    /// The template version of that agent.
    pub template_id: Option<Uuid>,
    pub status: super::run::RunStatus,
    /// The code of the failure.
    pub error_code: Option<String>,
    pub first_token_ms: Option<i64>,
    pub duration_ms: Option<i64>,
    pub tool_calls: i32,
    pub tool_failures: i32,
    /// The agent that was chosen for the message.
    pub routed_agent_id: Option<Uuid>,
    pub route_reason: String,
    /// Whether skills were compared and none fit.
    pub route_refused: bool,
    /// The rating of the answer: 1 or -1.
    pub score: Option<i32>,
    pub at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: BelongsTo<super::account::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
