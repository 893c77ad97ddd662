//! The lines of a conversation: each run follows a parent, and one line of ancestors is selected.
//!
//! A regenerated answer is another run with the same question and the same parent. An edited message is another question
//! after the same parent. A continued answer is a run with the same question after the run that was cut.

use std::collections::{BTreeMap, BTreeSet};

use super::{AgentId, MessageId, RunId};

/// A run as a part of its conversation's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineageRun {
    /// The run's id. Ids grow along every line.
    pub id: RunId,
    /// The run before this one; none for the first of a line.
    pub parent: Option<RunId>,
    /// The message that the run answers.
    pub question: MessageId,
    /// The stored answer.
    pub answer: Option<MessageId>,
    /// The agent that answers; none after it was deleted.
    pub agent: Option<AgentId>,
    /// Whether the run is on the selected line.
    pub is_selected: bool,
    /// Whether the run has ended.
    pub is_finished: bool,
}

impl LineageRun {
    fn messages(&self) -> impl Iterator<Item = MessageId> {
        std::iter::once(self.question).chain(self.answer)
    }

    /// Whether the answers of both are versions of each other.
    fn is_version_of(&self, other: &Self) -> bool {
        self.id != other.id && self.question == other.question && self.parent == other.parent
    }
}

/// All runs of a conversation, with their parents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    runs: BTreeMap<RunId, LineageRun>,
}

/// What changes when another line is selected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineSelection {
    /// The runs that are on the new line only.
    pub runs_on: Vec<RunId>,
    /// The runs that are on the old line only.
    pub runs_off: Vec<RunId>,
    /// The messages that are on the new line only.
    pub messages_on: Vec<MessageId>,
    /// The messages that are on the old line only.
    pub messages_off: Vec<MessageId>,
    /// The number of messages on the new line.
    pub message_count: i32,
    /// The newest message on the new line.
    pub last_message: Option<MessageId>,
}

impl FromIterator<LineageRun> for Lineage {
    fn from_iter<I: IntoIterator<Item = LineageRun>>(runs: I) -> Self {
        let runs = runs.into_iter().map(|run| (run.id, run)).collect();
        Self { runs }
    }
}

impl Lineage {
    /// The run with this id.
    pub fn run(&self, id: RunId) -> Option<&LineageRun> {
        self.runs.get(&id)
    }

    /// Whether a run has not ended.
    pub fn has_unfinished(&self) -> bool {
        self.runs.values().any(|run| !run.is_finished)
    }

    /// Whether a message is on the selected line.
    pub fn shows(&self, message: MessageId) -> bool {
        self.selected()
            .any(|run| run.messages().any(|shown| shown == message))
    }

    /// The last run of the selected line.
    pub fn head(&self) -> Option<&LineageRun> {
        self.selected().last()
    }

    /// The run on the selected line that a message belongs to: the run that wrote it, or the first one that answers it.
    pub fn selected_run_of(&self, message: MessageId) -> Option<&LineageRun> {
        self.selected()
            .find(|run| run.messages().any(|its| its == message))
    }

    /// The run through which a message is reached: the one that wrote it, or the newest that answers it first.
    pub fn run_of(&self, message: MessageId) -> Option<&LineageRun> {
        let wrote = self.runs.values().find(|run| run.answer == Some(message));
        let answers = || {
            let mut of_it = self.runs.values().filter(|run| run.question == message);
            // not a run that continues an answer to it
            let first = of_it.clone().next()?.parent;
            of_it.rfind(|run| run.parent == first)
        };
        wrote.or_else(answers)
    }

    /// The other versions of a message, oldest first; at most `most`, the newest. The versions of an answer are the other
    /// answers to the same question at the same place; those of a question are the other questions at its place.
    pub fn versions(&self, message: MessageId, most: usize) -> Vec<MessageId> {
        let Some(run) = self.run_of(message) else {
            return Vec::new();
        };
        let runs = self.runs.values();
        let versions: BTreeSet<MessageId> = if run.answer == Some(message) {
            let same = runs.filter(|other| other.is_version_of(run));
            same.filter_map(|other| other.answer).collect()
        } else {
            let beside = runs.filter(|other| other.parent == run.parent);
            let questions = beside.map(|other| other.question);
            // a run that continues an answer asks the question of its parent
            let own = run.parent.and_then(|parent| self.runs.get(&parent));
            let own = own.map(|parent| parent.question);
            questions
                .filter(|question| *question != message && Some(*question) != own)
                .collect()
        };
        let skipped = versions.len().saturating_sub(most);
        versions.into_iter().skip(skipped).collect()
    }

    /// The newest finished version of a run's answer, other than the run itself.
    pub fn other_version(&self, id: RunId) -> Option<&LineageRun> {
        let run = self.runs.get(&id)?;
        let mut versions = self.runs.values().filter(|other| other.is_version_of(run));
        versions.rfind(|other| other.answer.is_some())
    }

    /// The end of the line through a run: from each run on to its newest child.
    pub fn end_below(&self, id: RunId) -> RunId {
        let runs = self.runs.values();
        let newest_child: BTreeMap<RunId, RunId> =
            runs.filter_map(|run| Some((run.parent?, run.id))).collect();
        let children = std::iter::successors(Some(id), |id| newest_child.get(id).copied());
        // a cycle, which no insertion makes, must not hang a process
        children.take(self.runs.len() + 1).last().unwrap_or(id)
    }

    /// The runs from the first one to `end`.
    pub fn line_to(&self, end: Option<RunId>) -> BTreeSet<RunId> {
        let mut line = BTreeSet::new();
        let mut next = end;
        while let Some(run) = next.and_then(|id| self.runs.get(&id)) {
            // as in `end_below`
            if !line.insert(run.id) {
                break;
            }
            next = run.parent;
        }
        line
    }

    /// What changes when the line to `end` is selected, with one more message, which a run after it answers again.
    pub fn selection(&self, end: Option<RunId>, kept: Option<MessageId>) -> LineSelection {
        let line = self.line_to(end);
        let on_line = |run: &&LineageRun| line.contains(&run.id);
        let before: BTreeSet<_> = self.selected().flat_map(LineageRun::messages).collect();
        let runs = self.runs.values().filter(on_line);
        let after: BTreeSet<_> = runs.flat_map(LineageRun::messages).chain(kept).collect();
        let runs = self.runs.values();
        LineSelection {
            runs_on: runs
                .clone()
                .filter(|run| on_line(run) && !run.is_selected)
                .map(|run| run.id)
                .collect(),
            runs_off: runs
                .filter(|run| !on_line(run) && run.is_selected)
                .map(|run| run.id)
                .collect(),
            messages_on: after.difference(&before).copied().collect(),
            messages_off: before.difference(&after).copied().collect(),
            message_count: i32::try_from(after.len()).unwrap_or(i32::MAX),
            last_message: after.last().copied(),
        }
    }

    fn selected(&self) -> impl Iterator<Item = &LineageRun> {
        self.runs.values().filter(|run| run.is_selected)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn run(number: u128) -> RunId {
        RunId::from_uuid(Uuid::from_u128(number))
    }

    fn message(number: u128) -> MessageId {
        MessageId::from_uuid(Uuid::from_u128(number))
    }

    /// A run with its parent and question; run 7 has answer 17.
    fn lineage_run(
        id: u128,
        parent: Option<u128>,
        question: u128,
        is_selected: bool,
    ) -> LineageRun {
        LineageRun {
            id: run(id),
            parent: parent.map(run),
            question: message(question),
            answer: Some(message(id + 10)),
            agent: None,
            is_selected,
            is_finished: true,
        }
    }

    /// 1 → 2 → 3, with 4 another answer to the question of 2, 5 after it, and 6 another first message.
    fn branched() -> Lineage {
        [
            lineage_run(1, None, 1, true),
            lineage_run(2, Some(1), 2, true),
            lineage_run(3, Some(2), 3, true),
            lineage_run(4, Some(1), 2, false),
            lineage_run(5, Some(4), 5, false),
            lineage_run(6, None, 6, false),
        ]
        .into_iter()
        .collect()
    }

    #[test]
    fn a_line_is_a_run_with_its_ancestors() {
        let lineage = branched();
        let line = |end| lineage.line_to(end).into_iter().collect::<Vec<_>>();
        assert_eq!(line(Some(run(5))), [run(1), run(4), run(5)]);
        assert_eq!(line(None), []);
        assert_eq!(lineage.end_below(run(4)), run(5));
        assert_eq!(lineage.end_below(run(1)), run(5), "the newest child");
        assert_eq!(lineage.end_below(run(6)), run(6));
        assert_eq!(lineage.head().unwrap().id, run(3));
    }

    #[test]
    fn a_selection_changes_only_what_differs() {
        let lineage = branched();
        let selection = lineage.selection(Some(run(5)), None);
        assert_eq!(selection.runs_on, [run(4), run(5)]);
        assert_eq!(selection.runs_off, [run(2), run(3)]);
        assert_eq!(
            selection.messages_on,
            [message(5), message(14), message(15)]
        );
        assert_eq!(
            selection.messages_off,
            [message(3), message(12), message(13)]
        );
        assert_eq!(selection.message_count, 6);
        assert_eq!(selection.last_message, Some(message(15)));
        assert_eq!(
            lineage.selection(Some(run(3)), None).runs_on,
            Vec::<RunId>::new()
        );
    }

    #[test]
    fn a_question_that_is_answered_again_stays() {
        let selection = branched().selection(Some(run(1)), Some(message(2)));
        assert_eq!(
            selection.messages_off,
            [message(3), message(12), message(13)]
        );
        assert_eq!(
            (selection.message_count, selection.messages_on.len()),
            (3, 0)
        );
    }

    #[test]
    fn the_run_of_a_message_is_the_one_that_shows_it() {
        let lineage = branched();
        let of = |number| lineage.run_of(message(number)).map(|run| run.id);
        assert_eq!(of(14), Some(run(4)));
        assert_eq!(of(2), Some(run(4)), "the newest version of the answer");
        assert_eq!(of(99), None);
        assert_eq!(lineage.other_version(run(4)).unwrap().id, run(2));
        assert_eq!(lineage.other_version(run(6)), None);
        assert!(lineage.shows(message(2)) && !lineage.shows(message(14)));
    }

    #[test]
    fn the_versions_of_a_message_stand_at_its_place() {
        let lineage = branched();
        let of = |number| lineage.versions(message(number), 50);
        assert_eq!(of(12), [message(14)]);
        assert_eq!(of(14), [message(12)]);
        assert_eq!(of(1), [message(6)]);
        assert_eq!(of(2), []);
        assert_eq!(of(13), []);
        // 7 continues the answer of 3
        let continued = lineage_run(7, Some(3), 3, true);
        let lineage: Lineage = lineage.runs.values().copied().chain([continued]).collect();
        let of = |number| lineage.versions(message(number), 50);
        assert_eq!((of(3), of(13), of(17)), (vec![], vec![], vec![]));
        let edited = lineage_run(8, Some(3), 8, false);
        let lineage: Lineage = lineage.runs.values().copied().chain([edited]).collect();
        assert_eq!(lineage.versions(message(8), 50), []);
    }
}
