//! Why an agent was chosen, each reason in one sentence.

use super::{
    roster::RosterMember,
    verdict::{Contest, RankedRoster},
};
use crate::{
    domain::{Agent, RouteReason},
    error::Error,
};

/// A name in quotation marks.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// The message names an agent, or the conversation has one; `chosen` is that agent or a fallback of it.
pub(super) fn chain(first: &Agent, chosen: &Agent, reason: RouteReason) -> String {
    let (first_name, chosen_name) = (quoted(&first.name), quoted(&chosen.name));
    let is_first = first.id == chosen.id;
    match reason {
        RouteReason::Requested if is_first => format!("The message asks for {first_name}."),
        RouteReason::Requested => format!(
            "The message asks for {first_name}, which cannot answer; its fallback {chosen_name} answers."
        ),
        RouteReason::Conversation
        | RouteReason::Intent
        | RouteReason::Fallback
        | RouteReason::Handoff => {
            if is_first {
                format!("{first_name} answers this conversation.")
            } else {
                format!(
                    "{first_name} answers this conversation and cannot now; its fallback {chosen_name} answers."
                )
            }
        }
    }
}

/// The account has no other agent to choose from.
pub(super) fn only(member: &RosterMember) -> String {
    format!(
        "{} is the only agent of the account that can answer.",
        quoted(&member.agent.name)
    )
}

/// A message that is too short to ask for another agent, or there is no other agent.
pub(super) fn follow_up(current: &RosterMember) -> String {
    format!(
        "{} answers this conversation, and the message asks for no other agent.",
        quoted(&current.agent.name)
    )
}

/// A private message, which reaches no other agent.
pub(super) fn private(current: &RosterMember) -> String {
    format!(
        "{} answers this conversation, and a private message stays with it.",
        quoted(&current.agent.name)
    )
}

/// The message could not be compared with skills.
pub(super) fn unranked(member: &RosterMember, error: &Error) -> String {
    format!(
        "{} answers, because the message could not be compared with the agents' skills: {}.",
        quoted(&member.agent.name),
        error.message()
    )
}

/// The message gives no reason to leave the conversation's agent.
pub(super) fn stays(current: &RosterMember, ranking: &RankedRoster<'_>) -> String {
    let name = quoted(&current.agent.name);
    match ranking.skill_of(current) {
        Some(skill) if ranking.is_best(current) && ranking.is_clear() => {
            format!(
                "{name} answers this conversation, and the message fits its skill {}.",
                quoted(skill)
            )
        }
        _ => format!(
            "{name} answers this conversation, and no other agent fits the message clearly better."
        ),
    }
}

/// The message fits an agent, which is not the conversation's.
pub(super) fn fits(
    best: &RosterMember,
    ranking: &RankedRoster<'_>,
    current: Option<&RosterMember>,
) -> String {
    let skill = quoted(ranking.skill_of(best).unwrap_or_default());
    let percent = |member| format!("{:.0}%", 100.0 * ranking.probability(member));
    let name = quoted(&best.agent.name);
    match current {
        Some(current) => format!(
            "The message fits the skill {skill} of {name} ({}), no longer {} ({}).",
            percent(best),
            quoted(&current.agent.name),
            percent(current)
        ),
        None => format!(
            "The message fits the skill {skill} of {name} ({}).",
            percent(best)
        ),
    }
}

/// No skill is similar enough.
pub(super) fn refused(first: &RosterMember, ranking: &RankedRoster<'_>) -> String {
    format!(
        "No agent's skills are similar enough to the message ({:.2}, needed are {:.2}); {}, the oldest active agent, \
         answers.",
        ranking.similarity(),
        ranking.threshold(),
        quoted(&first.agent.name)
    )
}

/// A model chose between two agents.
pub(super) fn decided(chosen: &RosterMember, contest: &Contest<'_>) -> String {
    format!(
        "{} fit the message about equally well; a model chose {}.",
        both(contest),
        quoted(&chosen.agent.name)
    )
}

/// A model was asked and did not choose.
pub(super) fn undecided(contest: &Contest<'_>) -> String {
    format!(
        "{} fit the message about equally well, and a model gave no choice between them.",
        both(contest)
    )
}

/// A model will be asked when the message is sent.
pub(super) fn would_ask(contest: &Contest<'_>) -> String {
    format!(
        "{} fit the message about equally well: when it is sent, a model is asked to choose between them.",
        both(contest)
    )
}

fn both(contest: &Contest<'_>) -> String {
    let [one, other] = [contest.favourite, contest.rival].map(|member| quoted(&member.agent.name));
    format!("The skills of {one} and {other}")
}
