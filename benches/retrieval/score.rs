//! Scores the results of a search.
//!
//! Relevance is binary. A found passage gains the value of one answer when it has a quote that no earlier passage had;
//! neighbours that the search has merged are one passage. nDCG@10 discounts by the logarithm of the rank, and is
//! relative to a result with all answers first.

use std::{collections::BTreeSet, fmt::Write as _};

use troupe::domain::ScoredPassage;

use crate::{
    Kind,
    library::Weights,
    questions::{Answer, Question},
};

/// The number of wanted passages; the result may have fewer, since neighbours are merged.
pub(crate) const MOST: u32 = 10;

/// How much worse than the better one of both the combined search may be.
const TOLERATED: f64 = 0.005;

/// The kind of search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Vectors alone.
    Vector,
    /// Words alone.
    Text,
    /// Both, with the default settings of an agent.
    Hybrid,
}

impl Way {
    /// All kinds, in the order of the table.
    pub(crate) const ALL: [Self; 3] = [Self::Vector, Self::Text, Self::Hybrid];

    /// The weights of this kind; `None` for the default settings.
    pub(crate) fn weights(self) -> Option<Weights> {
        match self {
            Self::Vector => Some(Weights {
                vector: 1.0,
                text: 0.0,
            }),
            Self::Text => Some(Weights {
                vector: 0.0,
                text: 1.0,
            }),
            Self::Hybrid => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Vector => "vector only",
            Self::Text => "text only",
            Self::Hybrid => "hybrid",
        }
    }
}

/// The result of one kind of search for one question.
struct Outcome {
    way: Way,
    kind: Kind,
    language: String,
    ask: String,
    /// The ranks, from 1, of passages with an answer.
    places: Vec<u32>,
    answers: u32,
}

impl Outcome {
    fn ndcg(&self) -> f64 {
        let gain = |places: &mut dyn Iterator<Item = u32>| -> f64 {
            places.map(|place| 1.0 / f64::from(place + 1).log2()).sum()
        };
        let ideal = gain(&mut (1..=self.answers.min(MOST)));
        gain(&mut self.places.iter().copied()) / ideal
    }

    fn recall(&self) -> f64 {
        let found: u32 = self.places.iter().map(|_| 1).sum();
        f64::from(found) / f64::from(self.answers)
    }

    fn reciprocal_rank(&self) -> f64 {
        self.places
            .first()
            .map_or(0.0, |place| 1.0 / f64::from(*place))
    }
}

/// The results of all kinds of search for all questions.
#[derive(Default)]
pub(crate) struct Figures {
    outcomes: Vec<Outcome>,
}

impl Figures {
    /// Adds the result of one search.
    pub(crate) fn add<'p>(
        &mut self,
        way: Way,
        question: &Question,
        found: &'p [ScoredPassage],
        path: impl Fn(&'p ScoredPassage) -> &'p str,
    ) {
        let mut wanted: Vec<&Answer> = question.answers.iter().collect();
        let mut places = Vec::new();
        for (passage, place) in found.iter().zip(1_u32..) {
            let before = wanted.len();
            wanted.retain(|answer| !answer.is_in(path(passage), &passage.text));
            if wanted.len() < before {
                places.push(place);
            }
        }
        self.outcomes.push(Outcome {
            way,
            kind: question.kind,
            language: question.language.clone(),
            ask: question.ask.clone(),
            places,
            answers: question.answers.iter().map(|_| 1).sum(),
        });
    }

    /// The kinds and languages of questions for which the combined search is worse than the better one of both, with the
    /// difference.
    pub(crate) fn worse(&self) -> Vec<String> {
        let worse = self.groups().into_iter().filter_map(|group| {
            let ndcg = |way| self.mean(way, &group, Outcome::ndcg);
            let better = ndcg(Way::Vector).max(ndcg(Way::Text));
            let difference = ndcg(Way::Hybrid) - better;
            (difference < -TOLERATED).then(|| format!("{} {difference:.3}", group.name()))
        });
        worse.collect()
    }

    /// The table of the means, in Markdown.
    pub(crate) fn table(&self) -> String {
        let mut table =
            "| questions | number | found by | nDCG@10 | recall@10 | MRR@10 |\n|---|---|---|---|---|---|\n"
                .to_owned();
        for group in self.groups() {
            for way in Way::ALL {
                let mean = |of| self.mean(way, &group, of);
                let _ = writeln!(
                    table,
                    "| {} | {} | {} | {:.3} | {:.3} | {:.3} |",
                    group.name(),
                    self.of(way, &group).count(),
                    way.name(),
                    mean(Outcome::ndcg),
                    mean(Outcome::recall),
                    mean(Outcome::reciprocal_rank),
                );
            }
        }
        table
    }

    /// The ranks of the answers for each question, in Markdown.
    pub(crate) fn places(&self) -> String {
        let mut table =
            "| question | answers | vector | text | hybrid |\n|---|---|---|---|---|\n".to_owned();
        let of = |way| {
            self.outcomes
                .iter()
                .filter(move |outcome| outcome.way == way)
        };
        for ((vector, text), hybrid) in of(Way::Vector).zip(of(Way::Text)).zip(of(Way::Hybrid)) {
            let _ = writeln!(
                table,
                "| {} | {} | {:?} | {:?} | {:?} |",
                hybrid.ask, hybrid.answers, vector.places, text.places, hybrid.places
            );
        }
        table
    }

    /// All questions, those of each kind, and those of each language.
    fn groups(&self) -> Vec<Group> {
        let kinds: BTreeSet<Kind> = self.outcomes.iter().map(|outcome| outcome.kind).collect();
        let languages: BTreeSet<&str> = self
            .outcomes
            .iter()
            .map(|outcome| outcome.language.as_str())
            .collect();
        let languages = languages.into_iter().map(str::to_owned);
        let mut groups = vec![Group::All];
        if kinds.len() > 1 {
            groups.extend(kinds.into_iter().map(Group::Kind));
        }
        if languages.len() > 1 {
            groups.extend(languages.map(Group::Language));
        }
        groups
    }

    fn of<'f>(&'f self, way: Way, group: &'f Group) -> impl Iterator<Item = &'f Outcome> {
        let outcomes = self.outcomes.iter();
        outcomes.filter(move |outcome| outcome.way == way && group.has(outcome))
    }

    fn mean(&self, way: Way, group: &Group, of: fn(&Outcome) -> f64) -> f64 {
        let (sum, count) = self
            .of(way, group)
            .fold((0.0, 0.0), |(sum, count), outcome| {
                (sum + of(outcome), count + 1.0)
            });
        sum / count
    }
}

/// Questions whose results are averaged.
enum Group {
    All,
    Kind(Kind),
    Language(String),
}

impl Group {
    fn has(&self, outcome: &Outcome) -> bool {
        match self {
            Self::All => true,
            Self::Kind(kind) => outcome.kind == *kind,
            Self::Language(language) => outcome.language == *language,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Kind(kind) => format!("{kind:?}").to_lowercase(),
            Self::Language(language) => language.clone(),
        }
    }
}
