//! The step journal: the model's replies that called tools and the finished stages of the workflow, from which another
//! process resumes the run.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "run_steps")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub run_id: Uuid,
    /// The number of the step in its run, from 1.
    pub step: i32,
    /// The agent whose model replied; without a foreign key, because a journal does not outlive its run's work.
    pub agent_id: Option<Uuid>,
    /// Whether the reply was written with private items in view, or asked for some.
    pub private: bool,
    /// The text of the model's reply beside its calls.
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// What the model thought before its calls.
    #[sea_orm(column_type = "Text")]
    pub reasoning: String,
    /// Members of the provider's message that go back to it.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub extra: Option<Json>,
    pub model: String,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub cost_usd: f64,
    /// The name of the workflow's stage; null for a reply to the conversation.
    pub stage: Option<String>,
    /// What the stage came to.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub outcome: Option<Json>,
    pub created_at: DateTimeUtc,
    #[sea_orm(belongs_to, from = "(account_id, run_id)", to = "(account_id, id)")]
    pub run: BelongsTo<super::run::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
