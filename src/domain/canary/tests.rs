//! The share of a canary, and its thresholds.

use chrono::TimeDelta;
use uuid::Uuid;

use super::*;
use crate::domain::Usage;

fn canary(share: f64, thresholds: CanaryThresholds) -> Canary {
    Canary {
        stable: TemplateId::from_uuid(Uuid::from_u128(1)),
        candidate: TemplateId::from_uuid(Uuid::from_u128(2)),
        share,
        thresholds,
        state: CanaryState::Running,
        reason: None,
        since: DateTime::UNIX_EPOCH,
        ended_at: None,
    }
}

fn agent() -> AgentId {
    AgentId::from_uuid(Uuid::from_u128(3))
}

fn of_conversation(number: u128) -> CanarySubject<'static> {
    CanarySubject {
        conversation: ConversationId::from_uuid(Uuid::from_u128(number)),
        end_user: None,
    }
}

#[test]
fn the_candidate_answers_its_share_and_a_larger_share_includes_a_smaller_one() {
    let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(1);
    let chosen = |share: f64| -> Vec<u128> {
        let canary = canary(share, CanaryThresholds::default());
        (0..10_000)
            .filter(|number| canary.answers(agent(), of_conversation(*number), at))
            .collect()
    };
    let (few, many) = (chosen(0.1), chosen(0.3));
    assert!((900..1_100).contains(&few.len()), "{}", few.len());
    assert!((2_850..3_150).contains(&many.len()), "{}", many.len());
    assert!(few.iter().all(|number| many.contains(number)));
    assert_eq!(chosen(1.0).len(), 10_000);
}

#[test]
fn all_conversations_of_an_end_user_get_the_same_version() {
    let at = DateTime::UNIX_EPOCH;
    let canary = canary(0.5, CanaryThresholds::default());
    for end_user in ["ada", "grace", "Ünïcödé", ""] {
        let answers = |number| {
            let subject = CanarySubject {
                end_user: Some(end_user),
                ..of_conversation(number)
            };
            canary.answers(agent(), subject, at)
        };
        let first = answers(0);
        assert!(
            (1..100).all(|number| answers(number) == first),
            "{end_user}"
        );
    }
}

#[test]
fn only_messages_of_its_time_are_answered_by_the_candidate() {
    let begin = DateTime::UNIX_EPOCH;
    let end = begin + TimeDelta::seconds(10);
    let ended = Canary {
        state: CanaryState::RolledBack,
        ended_at: Some(end),
        ..canary(1.0, CanaryThresholds::default())
    };
    for (offset, expected) in [(-1, false), (0, true), (9, true), (10, false)] {
        let at = begin + TimeDelta::seconds(offset);
        assert_eq!(
            ended.answers(agent(), of_conversation(1), at),
            expected,
            "{offset}"
        );
    }
}

#[test]
fn a_threshold_is_exceeded_only_when_the_runs_show_it() {
    for (bad, all, most, expected) in [
        (4, 4, 0.1, false), // too few runs
        (5, 5, 0.3, true),
        (2, 5, 0.3, false),
        (0, 5, 0.0, false),
        (1, 5, 0.0, true),
        (9, 10, 0.5, true),
        (1, 19, 0.05, false),
        (3, 20, 0.1, true),
        (2, 20, 0.1, false),
        (6, 100, 0.05, true),
        (5, 100, 0.05, false),
        (100, 100, 1.0, false),
    ] {
        assert_eq!(
            exceeds(bad, all, most),
            expected,
            "{bad} of {all} at {most}"
        );
    }
}

#[test]
fn each_threshold_names_what_exceeded_it() {
    let mut sums = RunSums {
        runs: 20,
        failed: 8,
        rated_up: 2,
        rated_down: 8,
        usage: Usage::default(),
        ..RunSums::default()
    };
    for time in [100, 100, 100, 100, 5_000, 5_000, 5_000] {
        sums.first_token.add(time);
    }
    let all = CanaryThresholds {
        max_error_rate: Some(0.1),
        min_satisfaction: Some(0.75),
        max_first_token_ms: Some(1_000),
    };
    let reason = |thresholds| canary(0.5, thresholds).violation(&sums);
    assert_eq!(
        reason(all).as_deref(),
        Some("8 of 20 runs failed, at most 10% may")
    );
    let all = CanaryThresholds {
        max_error_rate: Some(0.5),
        ..all
    };
    assert_eq!(
        reason(all).as_deref(),
        Some("2 of 10 ratings are good, at least 75% must be")
    );
    let all = CanaryThresholds {
        min_satisfaction: None,
        ..all
    };
    assert_eq!(
        reason(all).as_deref(),
        Some("3 of 7 first tokens took longer than 1000 ms, at most 5% may")
    );
    assert_eq!(reason(CanaryThresholds::default()), None);
}
