//! Usage for billing: what one agent of a run caused with one model, or a background reading. A record outlives its
//! conversation, run and agent.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_records")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    /// Without a foreign key, like the next two columns: a record stays when the run is deleted.
    pub run_id: Option<Uuid>,
    pub conversation_id: Option<Uuid>,
    pub agent_id: Option<Uuid>,
    pub model: Option<String>,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub cost_usd: f64,
    /// The attempts of the run, in one of its records; 0 in the others.
    pub attempts: i32,
    /// The tool calls of the run, in one of its records; 0 in the others.
    pub tool_calls: i32,
    /// Whether the record is part of the sums; false in records of versions without sums, until they are added.
    pub summed: bool,
    pub at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: BelongsTo<super::account::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
