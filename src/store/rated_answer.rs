//! Rated answers with what an export of them needs: their lines, models and template versions, and the people who consent.

use std::collections::HashMap;

use entity::{end_user, message, rating, run, run_record};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{
    domain::{
        EndUser, Message, MessageId, RatedAnswer, RatedAnswerFilter, Rating, RunId, TemplateId,
    },
    error::Result,
    store::{TenantStore, end_user::end_user_of, message::message_of},
};

impl TenantStore {
    /// At most `most` rated answers after `after`, on every line of their conversations, in the order of writing.
    pub async fn rated_answers(
        &self,
        filter: &RatedAnswerFilter,
        after: Option<MessageId>,
        most: u64,
    ) -> Result<Vec<RatedAnswer>> {
        let after = after.map(|after| rating::Column::MessageId.gt(after.uuid()));
        let rows = self
            .rows::<rating::Entity>()
            .find_also_related(message::Entity)
            .filter(condition(filter).add_option(after))
            .order_by_asc(rating::Column::MessageId)
            .limit(most)
            .all(self.database.primary())
            .await?;
        let mut answers: Vec<RatedAnswer> = rows
            .into_iter()
            .filter_map(|(rating, message)| Some(answer_of(rating, message?)))
            .collect();
        let runs: Vec<Uuid> = answers
            .iter()
            .map(|rated| rated.answer.run.uuid())
            .collect();
        let mut models = self.models_of_runs(&runs).await?;
        let templates = self.templates_of_runs(&runs).await?;
        for rated in &mut answers {
            rated.model = models.remove(&rated.answer.run).flatten();
            rated.template = templates.get(&rated.answer.run).copied();
        }
        Ok(answers)
    }

    /// The newest `most` messages on the selected line of a conversation up to the run of an answer, each question
    /// followed by its answers so far. Ratings are not loaded.
    pub async fn line_up_to(&self, answer: &Message, most: u64) -> Result<Vec<Message>> {
        let rows = self
            .rows::<message::Entity>()
            .filter(message::Column::ConversationId.eq(answer.conversation.uuid()))
            .filter(message::Column::Selected.eq(true))
            .filter(message::Column::RunId.lte(answer.run.uuid()))
            .order_by_desc(message::Column::RunId)
            .order_by_desc(message::Column::Id)
            .limit(most)
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().rev().map(message_of).collect())
    }

    /// Those of the people with these external ids who consent to the export of their conversations now, and are not
    /// being erased.
    pub async fn consenting_people(&self, external_ids: &[&str]) -> Result<Vec<EndUser>> {
        if external_ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self
            .rows::<end_user::Entity>()
            .filter(end_user::Column::ExternalId.is_in(external_ids.iter().copied()))
            .filter(end_user::Column::TrainingConsentAt.is_not_null())
            .filter(end_user::Column::ErasureId.is_null())
            .all(self.database.primary())
            .await?;
        Ok(rows.into_iter().map(end_user_of).collect())
    }

    async fn models_of_runs(&self, runs: &[Uuid]) -> Result<HashMap<RunId, Option<String>>> {
        if runs.is_empty() {
            return Ok(HashMap::new());
        }
        let pairs: Vec<(Uuid, Option<String>)> = self
            .rows::<run::Entity>()
            .filter(run::Column::Id.is_in(runs.iter().copied()))
            .select_only()
            .column(run::Column::Id)
            .column(run::Column::Model)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        let pairs = pairs.into_iter();
        Ok(pairs
            .map(|(run, model)| (RunId::from_uuid(run), model))
            .collect())
    }

    /// The template versions of the agents that ended these runs, where a record has them.
    async fn templates_of_runs(&self, runs: &[Uuid]) -> Result<HashMap<RunId, TemplateId>> {
        if runs.is_empty() {
            return Ok(HashMap::new());
        }
        let pairs: Vec<(Option<Uuid>, Option<Uuid>)> = self
            .rows::<run_record::Entity>()
            .filter(run_record::Column::RunId.is_in(runs.iter().copied()))
            .select_only()
            .column(run_record::Column::RunId)
            .column(run_record::Column::TemplateId)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        Ok(pairs
            .into_iter()
            .filter_map(|(run, template)| {
                Some((RunId::from_uuid(run?), TemplateId::from_uuid(template?)))
            })
            .collect())
    }
}

/// The condition of a filter.
fn condition(filter: &RatedAnswerFilter) -> Condition {
    Condition::all()
        .add_option(filter.score.map(|score| rating::Column::Score.eq(score)))
        .add_option(
            filter
                .agent
                .map(|agent| message::Column::AgentId.eq(agent.uuid())),
        )
        .add_option(
            filter
                .since
                .map(|since| rating::Column::CreatedAt.gte(since)),
        )
        .add_option(
            filter
                .until
                .map(|until| rating::Column::CreatedAt.lt(until)),
        )
}

/// A rated answer without its model and its template version.
fn answer_of(rating: rating::Model, message: message::Model) -> RatedAnswer {
    let is_selected = message.selected;
    let answer = Message {
        rating: Some(Rating {
            score: rating.score,
            comment: rating.comment,
        }),
        ..message_of(message)
    };
    RatedAnswer {
        answer,
        rated_at: rating.created_at,
        is_selected,
        model: None,
        template: None,
    }
}
