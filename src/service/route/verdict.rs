//! What follows from the ranking of a message: stay, choose the best agent, or refuse to choose.

use super::roster::{Roster, RosterMember};
use crate::{
    domain::{Route, RouteCandidate, RouteReason},
    routing::{RankedTemplate, Ranking},
};

/// An agent takes a conversation over from this probability.
const TAKES_OVER: f64 = 0.6;
/// A conversation's agent with a higher probability keeps the conversation.
const KEEPS: f64 = 0.2;
/// Agents whose probability is at least this share of the best one are equally good.
const EQUAL: f64 = 0.99;

/// The agents with the ranking of their templates.
pub(super) struct RankedRoster<'a> {
    roster: &'a Roster,
    ranking: Ranking,
}

/// The outcome for a message.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict<'a> {
    /// The conversation's agent answers.
    Stay(&'a RosterMember),
    /// The agent with the best skill answers, if it is available.
    Best(&'a RosterMember),
    /// The message is about none of the skills.
    Refused,
}

/// Two agents whose skills fit a message about equally well.
#[derive(Debug, PartialEq)]
pub(super) struct Contest<'a> {
    /// The agent that answers unless a model chooses the rival.
    pub(super) favourite: &'a RosterMember,
    pub(super) rival: &'a RosterMember,
}

impl<'a> RankedRoster<'a> {
    pub(super) fn new(roster: &'a Roster, ranking: Ranking) -> Self {
        Self { roster, ranking }
    }

    /// Decides. `current` is the conversation's agent.
    pub(super) fn verdict(&self, current: Option<&'a RosterMember>) -> Verdict<'a> {
        let best = self.best_of(current, self.roster.members().iter());
        let Some(current) = current else {
            return match best {
                Some(best) if self.ranking.similarity >= self.ranking.threshold => {
                    Verdict::Best(best)
                }
                _ => Verdict::Refused,
            };
        };
        match best {
            Some(best)
                if best != current
                    && best.available
                    && self.is_clear()
                    && self.probability(best) >= TAKES_OVER
                    && self.probability(current) <= KEEPS =>
            {
                Verdict::Best(best)
            }
            _ => Verdict::Stay(current),
        }
    }

    /// The two best agents, if the verdict comes from the skills and their probabilities differ by less than `margin`.
    /// Agents of one template have the same skills, so nothing could be decided between them.
    pub(super) fn contest(&self, verdict: &Verdict<'a>, margin: f64) -> Option<Contest<'a>> {
        let favourite = match *verdict {
            Verdict::Best(best) if best.available => best,
            Verdict::Stay(current) if self.is_clear() => current,
            Verdict::Best(_) | Verdict::Stay(_) | Verdict::Refused => return None,
        };
        let others =
            self.roster.members().iter().filter(|member| {
                member.available && member.agent.template != favourite.agent.template
            });
        let rival = self.best_of(None, others)?;
        let difference = self.probability(favourite) - self.probability(rival);
        (difference.abs() < margin).then_some(Contest { favourite, rival })
    }

    /// The roster that was ranked.
    pub(super) fn roster(&self) -> &'a Roster {
        self.roster
    }

    /// The best agent of those that can answer at once, or else of those that can answer.
    pub(super) fn best_available(&self) -> Option<&'a RosterMember> {
        let members = self.roster.members().iter();
        let at_once = members.clone().filter(|member| member.answers_at_once());
        self.best_of(None, at_once)
            .or_else(|| self.best_of(None, members.filter(|member| member.available)))
    }

    /// The calibrated probability that the message is for this agent.
    pub(super) fn probability(&self, member: &RosterMember) -> f64 {
        self.ranked(member).map_or(0.0, |ranked| ranked.probability)
    }

    /// The confidence that the conversation's agent is right to stay.
    pub(super) fn stay_confidence(&self, current: &RosterMember) -> f64 {
        if self.is_clear() {
            self.probability(current)
        } else {
            super::FOLLOW_UP_CONFIDENCE
        }
    }

    /// The name of the agent's most probable skill.
    pub(super) fn skill_of(&self, member: &RosterMember) -> Option<&str> {
        self.ranked(member).map(|ranked| ranked.skill_name.as_str())
    }

    /// Whether no agent fits better.
    pub(super) fn is_best(&self, member: &RosterMember) -> bool {
        let best = self.best_of(None, self.roster.members().iter());
        best.is_none_or(|best| self.probability(member) >= EQUAL * self.probability(best))
    }

    /// Whether the message is clearly about a skill.
    pub(super) fn is_clear(&self) -> bool {
        self.ranking.similarity >= self.ranking.clear
    }

    /// The similarity of the nearest skill, 0 to 1.
    pub(super) fn similarity(&self) -> f64 {
        self.ranking.similarity.clamp(0.0, 1.0)
    }

    /// The similarity that is needed, 0 to 1.
    pub(super) fn threshold(&self) -> f64 {
        self.ranking.threshold.clamp(0.0, 1.0)
    }

    /// The route to an agent by its skills, without an explanation.
    pub(super) fn route(&self, member: &RosterMember) -> Route {
        let mut order: Vec<&RosterMember> = self.roster.members().iter().collect();
        // stable: of equally good agents, the older ones come first
        order.sort_by(|one, other| self.probability(other).total_cmp(&self.probability(one)));
        let candidate = |member: &RosterMember| {
            let ranked = self.ranked(member);
            RouteCandidate {
                agent: member.agent.id,
                skill: ranked.map(|ranked| ranked.skill.clone()),
                score: ranked.map_or(0.0, |ranked| ranked.similarity.clamp(0.0, 1.0)),
                available: member.available,
            }
        };
        let candidates = order.into_iter().take(Route::MOST_CANDIDATES);
        Route {
            agent: member.agent.id,
            skill: self.ranked(member).map(|ranked| ranked.skill.clone()),
            confidence: self.probability(member),
            threshold: Some(self.threshold()),
            reason: RouteReason::Intent,
            explanation: String::new(),
            replaced: None,
            candidates: candidates.map(candidate).collect(),
        }
    }

    /// The best of these agents; of equally good ones the preferred one, else one that answers at once, else one that is
    /// available, else the oldest.
    fn best_of(
        &self,
        preferred: Option<&'a RosterMember>,
        members: impl Iterator<Item = &'a RosterMember> + Clone,
    ) -> Option<&'a RosterMember> {
        let highest = members
            .clone()
            .map(|member| self.probability(member))
            .fold(0.0, f64::max);
        let equal = members.filter(|member| self.probability(member) >= EQUAL * highest);
        let is_preferred =
            |member: &&RosterMember| preferred.is_some_and(|preferred| preferred == *member);
        let mut all = equal.clone();
        let kept = equal.clone().find(is_preferred);
        kept.or_else(|| equal.clone().find(|member| member.answers_at_once()))
            .or_else(|| equal.clone().find(|member| member.available))
            .or_else(|| all.next())
    }

    fn ranked(&self, member: &RosterMember) -> Option<&RankedTemplate> {
        self.ranking.templates.get(&member.agent.template)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use uuid::Uuid;

    use super::*;
    use crate::domain::{AgentId, RoutableAgent, TemplateId, Usage};

    fn member(number: u128, template: u128, available: bool) -> RosterMember {
        RosterMember {
            agent: RoutableAgent {
                id: AgentId::from_uuid(Uuid::from_u128(number)),
                template: TemplateId::from_uuid(Uuid::from_u128(template)),
                name: format!("Agent {number}"),
                tier: "standard".to_owned(),
            },
            available,
            waits: false,
        }
    }

    fn ranking(similarity: f64, probabilities: &[f64]) -> Ranking {
        let ranked = |(template, probability): (u128, &f64)| {
            let ranked = RankedTemplate {
                probability: *probability,
                similarity,
                skill: "skill".to_owned(),
                skill_name: "Skill".to_owned(),
            };
            (TemplateId::from_uuid(Uuid::from_u128(template)), ranked)
        };
        Ranking {
            similarity,
            threshold: 0.25,
            clear: 0.35,
            templates: (0..)
                .zip(probabilities)
                .map(ranked)
                .collect::<HashMap<_, _>>(),
            usage: Usage::default(),
        }
    }

    fn ids(route: &Route) -> Vec<u128> {
        let candidates = route.candidates.iter();
        candidates.map(|one| one.agent.uuid().as_u128()).collect()
    }

    #[test]
    fn the_best_agent_answers_unless_no_skill_is_similar() {
        let roster = Roster::with(vec![member(0, 0, true), member(1, 1, true)]);
        let members = roster.members();
        let clear = RankedRoster::new(&roster, ranking(0.5, &[0.3, 0.7]));
        assert_eq!(clear.verdict(None), Verdict::Best(&members[1]));
        let route = clear.route(&members[1]);
        assert!((route.confidence - 0.7).abs() < 1e-9);
        assert_eq!((route.threshold, ids(&route)), (Some(0.25), vec![1, 0]));
        let odd = RankedRoster::new(&roster, ranking(0.2, &[0.0, 1.0]));
        assert_eq!(odd.verdict(None), Verdict::Refused);
    }

    #[test]
    fn a_conversation_changes_its_agent_for_a_clearly_better_one_only() {
        let roster = Roster::with(vec![member(0, 0, true), member(1, 1, true)]);
        let (current, other) = (&roster.members()[0], &roster.members()[1]);
        for (similarity, probabilities, changes) in [
            (0.5, [0.1, 0.9], true),
            // a follow-up is similar to no skill
            (0.3, [0.0, 1.0], false),
            // the current agent may be meant
            (0.5, [0.25, 0.75], false),
            (0.5, [0.6, 0.4], false),
        ] {
            let ranked = RankedRoster::new(&roster, ranking(similarity, &probabilities));
            let expected = if changes {
                Verdict::Best(other)
            } else {
                Verdict::Stay(current)
            };
            assert_eq!(ranked.verdict(Some(current)), expected, "{probabilities:?}");
        }
    }

    #[test]
    fn agents_with_the_same_skills_are_equally_good() {
        let members = [member(0, 1, false), member(1, 0, true), member(2, 0, true)];
        let roster = Roster::with(members.into());
        let ranked = RankedRoster::new(&roster, ranking(0.5, &[0.8, 0.2]));
        let members = roster.members();
        assert_eq!(ranked.verdict(None), Verdict::Best(&members[1]));
        assert_eq!(
            ranked.verdict(Some(&members[2])),
            Verdict::Stay(&members[2])
        );
        assert_eq!(ids(&ranked.route(&members[1])), [1, 2, 0]);
    }

    #[test]
    fn an_agent_that_is_not_available_takes_no_conversation_over() {
        let roster = Roster::with(vec![member(0, 0, true), member(1, 1, false)]);
        let ranked = RankedRoster::new(&roster, ranking(0.5, &[0.05, 0.95]));
        let members = roster.members();
        assert_eq!(ranked.verdict(None), Verdict::Best(&members[1]));
        assert_eq!(
            ranked.verdict(Some(&members[0])),
            Verdict::Stay(&members[0])
        );
        assert_eq!(ranked.best_available(), Some(&members[0]));
    }

    #[test]
    fn a_contest_needs_a_small_margin_another_template_and_a_clear_message() {
        let members = [member(0, 0, true), member(1, 1, true), member(2, 0, true)];
        let roster = Roster::with(members.into());
        let [first, other] = [&roster.members()[0], &roster.members()[1]];
        let rival = |similarity, probabilities: &[f64], current| {
            let ranked = RankedRoster::new(&roster, ranking(similarity, probabilities));
            let verdict = ranked.verdict(current);
            let contest = ranked.contest(&verdict, 0.2);
            contest.map(|contest| (contest.favourite, contest.rival))
        };
        assert_eq!(rival(0.5, &[0.55, 0.45], None), Some((first, other)));
        assert_eq!(rival(0.5, &[0.65, 0.35], None), None);
        assert_eq!(rival(0.2, &[0.55, 0.45], None), None);
        assert_eq!(rival(0.5, &[0.45, 0.55], Some(first)), Some((first, other)));
        // a follow-up is similar to no skill
        assert_eq!(rival(0.3, &[0.45, 0.55], Some(first)), None);
    }

    #[test]
    fn of_equally_good_agents_one_that_waits_for_a_worker_comes_last() {
        let waiting = RosterMember {
            waits: true,
            ..member(0, 0, true)
        };
        let roster = Roster::with(vec![waiting, member(1, 1, true)]);
        let members = roster.members();
        let equal = RankedRoster::new(&roster, ranking(0.5, &[0.5, 0.5]));
        assert_eq!(equal.verdict(None), Verdict::Best(&members[1]));
        assert_eq!(equal.best_available(), Some(&members[1]));
        assert_eq!(roster.first(), Some(&members[1]));
        // an agent that fits better is worth the wait
        let better = RankedRoster::new(&roster, ranking(0.5, &[0.9, 0.1]));
        assert_eq!(better.verdict(None), Verdict::Best(&members[0]));
    }

    #[test]
    fn at_most_ten_candidates_are_reported() {
        let members = (0..20).map(|number| member(number, 0, true)).collect();
        let roster = Roster::with(members);
        let ranked = RankedRoster::new(&roster, ranking(0.5, &[1.0]));
        assert_eq!(ids(&ranked.route(&roster.members()[0])).len(), 10);
    }
}
