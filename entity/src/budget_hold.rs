//! What model calls in progress may cost, reserved against the budgets of their account and session.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "budget_holds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    /// The run that asks the model; none for a call outside of runs.
    pub run_id: Option<Uuid>,
    /// The owner of the run that asks; a hold of an earlier owner counts no more, unless it is settled.
    pub epoch: Option<i64>,
    /// The session that the run's message was sent in.
    pub session_id: Option<Uuid>,
    pub agent_id: Option<Uuid>,
    pub model: String,
    /// The part of `tokens` that the prompt has.
    pub input_tokens: i64,
    /// The part of `cost_usd` that the prompt has.
    pub input_usd: f64,
    /// What the call may take or, once it is settled, took.
    pub tokens: i64,
    pub cost_usd: f64,
    /// Whether the call has ended; what it took is recorded when the run ends.
    pub settled: bool,
    /// The time from which a hold without a run counts no more.
    pub expires_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "(account_id, run_id)", to = "(account_id, id)")]
    pub run: BelongsTo<Option<super::run::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
