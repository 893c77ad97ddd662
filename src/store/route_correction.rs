//! Corrections of the router.

use std::collections::HashMap;

use entity::{message, route_correction, run};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use crate::{
    domain::{
        AcceptedCorrection, AccountId, AgentId, AuditNote, Page, PageRequest, Rating,
        RouteCorrection, RouteCorrectionCause, RouteCorrectionFilter, RouteCorrectionId,
        RouteCorrectionStatus, RunId, SkillAssignment,
    },
    error::{Error, Result},
    store::{TenantStore, connection::Transaction, page::Listing, row::same_variants},
};

impl TenantStore {
    /// The account's corrections, newest first.
    pub async fn route_corrections(
        &self,
        filter: &RouteCorrectionFilter,
        request: &PageRequest,
    ) -> Result<Page<RouteCorrection>> {
        let list = self
            .rows::<route_correction::Entity>()
            .filter(matching(filter));
        Listing::newest_first(route_correction::Column::Id)
            .page(list, request, self.database.primary(), |row| {
                Ok(correction_of(row))
            })
            .await
    }

    /// The total number of corrections that [`Self::route_corrections`] lists.
    pub async fn count_route_corrections(&self, filter: &RouteCorrectionFilter) -> Result<u64> {
        Ok(self
            .rows::<route_correction::Entity>()
            .filter(matching(filter))
            .count(self.database.primary())
            .await?)
    }

    /// The correction with this id.
    pub async fn route_correction(&self, id: RouteCorrectionId) -> Result<Option<RouteCorrection>> {
        let row = self
            .rows::<route_correction::Entity>()
            .filter(route_correction::Column::Id.eq(id.uuid()))
            .one(self.database.primary())
            .await?;
        Ok(row.map(correction_of))
    }

    /// The accepted corrections of the account, oldest first, at most `most`.
    pub async fn accepted_corrections(&self, most: u64) -> Result<Vec<AcceptedCorrection>> {
        let rows: Vec<(Uuid, Option<Uuid>, Option<String>)> = self
            .rows::<route_correction::Entity>()
            .filter(route_correction::Column::Status.eq(stored(RouteCorrectionStatus::Accepted)))
            .order_by_asc(route_correction::Column::Id)
            .limit(most)
            .select_only()
            .column(route_correction::Column::Id)
            .column(route_correction::Column::WantedAgentId)
            .column(route_correction::Column::Skill)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        let accepted = |(id, agent, skill): (Uuid, Option<Uuid>, Option<String>)| {
            Some(AcceptedCorrection {
                id: RouteCorrectionId::from_uuid(id),
                assignment: SkillAssignment {
                    agent: AgentId::from_uuid(agent?),
                    skill: skill?,
                },
            })
        };
        Ok(rows.into_iter().filter_map(accepted).collect())
    }

    /// The texts of the messages of these corrections, in no particular order.
    pub async fn corrected_texts(
        &self,
        ids: &[RouteCorrectionId],
    ) -> Result<Vec<(RouteCorrectionId, String)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<(Uuid, Uuid)> = self
            .rows::<route_correction::Entity>()
            .filter(route_correction::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
            .select_only()
            .column(route_correction::Column::RunId)
            .column(route_correction::Column::Id)
            .into_tuple()
            .all(self.database.primary())
            .await?;
        // several runs may answer one message
        let questions: HashMap<Uuid, Uuid> = self
            .rows::<run::Entity>()
            .filter(run::Column::Id.is_in(rows.iter().map(|(run, _)| *run)))
            .select_only()
            .column(run::Column::Id)
            .column(run::Column::QuestionId)
            .into_tuple()
            .all(self.database.primary())
            .await?
            .into_iter()
            .collect();
        let texts: HashMap<Uuid, String> = self
            .rows::<message::Entity>()
            .filter(message::Column::Id.is_in(questions.values().copied()))
            .select_only()
            .column(message::Column::Id)
            .column(message::Column::Text)
            .into_tuple()
            .all(self.database.primary())
            .await?
            .into_iter()
            .collect();
        let with_text = |(run, id): (Uuid, Uuid)| {
            let text = texts.get(questions.get(&run)?)?;
            Some((RouteCorrectionId::from_uuid(id), text.clone()))
        };
        Ok(rows.into_iter().filter_map(with_text).collect())
    }

    /// Stores a correction. Of several signs about one run the first is kept, except that one with a wanted agent takes the
    /// place of one without.
    pub(super) async fn insert_correction(
        &self,
        correction: &RouteCorrection,
        transaction: &Transaction,
    ) -> Result<()> {
        use route_correction::{Column, Entity};
        let mut keep = OnConflict::columns([Column::AccountId, Column::RunId]);
        if correction.wanted.is_some() {
            let is_open = Expr::col((Entity, Column::Status))
                .eq(Column::Status.save_as(Expr::val(stored(RouteCorrectionStatus::Pending))));
            keep.update_columns([Column::WantedAgentId, Column::Cause])
                .action_and_where(is_open)
                .action_and_where(Expr::col((Entity, Column::WantedAgentId)).is_null());
        } else {
            keep.do_nothing();
        }
        Entity::insert(correction_row(self.account, correction))
            .on_conflict(keep)
            .exec_without_returning(&**transaction)
            .await?;
        Ok(())
    }

    /// Stores what a rating says about the choice of the agent: a bad one is a sign, a good one takes the sign back.
    pub(super) async fn correct_by_rating(
        &self,
        run: RunId,
        rating: &Rating,
        correction: Option<&RouteCorrection>,
        transaction: &Transaction,
    ) -> Result<()> {
        if let Some(correction) = correction {
            return self.insert_correction(correction, transaction).await;
        }
        if rating.score > 0 {
            self.delete::<route_correction::Entity>()
                .filter(route_correction::Column::RunId.eq(run.uuid()))
                .filter(route_correction::Column::Cause.eq(
                    route_correction::RouteCorrectionCause::from(RouteCorrectionCause::Rated),
                ))
                .filter(route_correction::Column::Status.eq(stored(RouteCorrectionStatus::Pending)))
                .exec(&**transaction)
                .await?;
        }
        Ok(())
    }

    /// Makes the message of a correction an example of a skill, with an audit entry. `NOT_FOUND` when the correction does
    /// not exist any more, `QUOTA_EXCEEDED` when the account has `most` examples.
    pub async fn accept_correction(
        &self,
        id: RouteCorrectionId,
        assignment: &SkillAssignment,
        most: u64,
        note: AuditNote,
    ) -> Result<()> {
        let transaction = self.database.begin().await?;
        if !self.hold_agent(assignment.agent, &transaction).await? {
            return Err(Error::not_found("agent"));
        }
        self.lock_account(&transaction).await?;
        let others = self
            .rows::<route_correction::Entity>()
            .filter(route_correction::Column::Status.eq(stored(RouteCorrectionStatus::Accepted)))
            .filter(route_correction::Column::Id.ne(id.uuid()))
            .count(&*transaction)
            .await?;
        if others >= most {
            return Err(Error::quota_exceeded(
                format!(
                    "the account has {others} messages as examples of skills, at most {most}; dismiss accepted corrections \
                     first, or publish a template with more examples"
                ),
                None,
            ));
        }
        let accepted = route_correction::ActiveModel {
            wanted_agent_id: Set(Some(assignment.agent.uuid())),
            skill: Set(Some(assignment.skill.clone())),
            ..resolved(RouteCorrectionStatus::Accepted, &note)
        };
        self.resolve_correction(id, accepted, note, transaction)
            .await
    }

    /// Decides that the message of a correction is no example, or no longer one, with an audit entry. `NOT_FOUND` when the
    /// correction does not exist any more.
    pub async fn dismiss_correction(&self, id: RouteCorrectionId, note: AuditNote) -> Result<()> {
        let transaction = self.database.begin().await?;
        let dismissed = route_correction::ActiveModel {
            skill: Set(None),
            ..resolved(RouteCorrectionStatus::Dismissed, &note)
        };
        self.resolve_correction(id, dismissed, note, transaction)
            .await
    }

    async fn resolve_correction(
        &self,
        id: RouteCorrectionId,
        change: route_correction::ActiveModel,
        note: AuditNote,
        transaction: Transaction,
    ) -> Result<()> {
        let changed = self
            .change::<route_correction::Entity>()
            .filter(route_correction::Column::Id.eq(id.uuid()))
            .set(change)
            .exec(&*transaction)
            .await?;
        if changed.rows_affected == 0 {
            return Err(Error::not_found("correction"));
        }
        self.note(vec![note], &transaction).await?;
        transaction.commit().await
    }
}

fn matching(filter: &RouteCorrectionFilter) -> Condition {
    let statuses = filter.statuses.as_ref().map(|statuses| {
        let statuses = statuses.iter().map(|status| stored(*status));
        route_correction::Column::Status.is_in(statuses)
    });
    let agent = filter.agent.map(|agent| {
        Condition::any()
            .add(route_correction::Column::AgentId.eq(agent.uuid()))
            .add(route_correction::Column::WantedAgentId.eq(agent.uuid()))
    });
    Condition::all().add_option(statuses).add_option(agent)
}

fn stored(status: RouteCorrectionStatus) -> route_correction::RouteCorrectionStatus {
    status.into()
}

fn resolved(status: RouteCorrectionStatus, note: &AuditNote) -> route_correction::ActiveModel {
    route_correction::ActiveModel {
        status: Set(status.into()),
        resolved_at: Set(Some(note.at)),
        resolved_by: Set(Some(note.actor.clone())),
        ..Default::default()
    }
}

fn correction_row(
    account: AccountId,
    correction: &RouteCorrection,
) -> route_correction::ActiveModel {
    route_correction::ActiveModel {
        id: Set(correction.id.uuid()),
        account_id: Set(account.uuid()),
        run_id: Set(correction.run.uuid()),
        agent_id: Set(correction.chosen.uuid()),
        wanted_agent_id: Set(correction.wanted.map(AgentId::uuid)),
        cause: Set(correction.cause.into()),
        status: Set(correction.status.into()),
        skill: NotSet,
        created_at: Set(correction.created_at),
        resolved_at: NotSet,
        resolved_by: NotSet,
    }
}

fn correction_of(row: route_correction::Model) -> RouteCorrection {
    RouteCorrection {
        id: RouteCorrectionId::from_uuid(row.id),
        account: AccountId::from_uuid(row.account_id),
        run: RunId::from_uuid(row.run_id),
        chosen: AgentId::from_uuid(row.agent_id),
        wanted: row.wanted_agent_id.map(AgentId::from_uuid),
        cause: row.cause.into(),
        status: row.status.into(),
        skill: row.skill,
        created_at: row.created_at,
        resolved_at: row.resolved_at,
        resolved_by: row.resolved_by,
    }
}

same_variants!(
    route_correction::RouteCorrectionCause, RouteCorrectionCause:
    Asked, HandedOff, Rated,
);
same_variants!(
    route_correction::RouteCorrectionStatus, RouteCorrectionStatus:
    Pending, Accepted, Dismissed,
);
