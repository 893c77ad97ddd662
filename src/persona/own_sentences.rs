//! The positions of an expert in their own sentences: "I believe …", "we should never …", "in my view …", also in
//! German and French. They need no model, and every one is its own quote.

use std::collections::BTreeMap;

use super::{
    corpus::{Corpus, Statement},
    finding::PersonaFinding,
};
use crate::domain::PersonaItemKind;

/// Words that say that the author holds what follows, each in lower case.
const CONVICTIONS: &[&str] = &[
    "i believe",
    "i do not believe",
    "i don t believe",
    "i think",
    "i do not think",
    "i don t think",
    "i am convinced",
    "i m convinced",
    "i am in favour",
    "i am in favor",
    "i am against",
    "i m against",
    "i disagree",
    "i recommend",
    "i prefer",
    "i refuse",
    "i would never",
    "i have learned",
    "i have learnt",
    "i ve learned",
    "in my view",
    "in my opinion",
    "in my experience",
    "my advice",
    "my view is",
    "my rule",
    "my conviction",
    "we believe",
    "we refuse", // German
    "ich glaube",
    "ich denke",
    "ich meine",
    "ich finde",
    "ich halte",
    "ich empfehle",
    "ich rate",
    "ich bin überzeugt",
    "ich bin dafür",
    "ich bin dagegen",
    "ich bin der meinung",
    "ich lehne",
    "ich würde nie",
    "ich habe gelernt",
    "meiner meinung nach",
    "meiner ansicht nach",
    "meines erachtens",
    "meiner erfahrung nach",
    "aus meiner sicht",
    "mein rat",
    "meine regel",
    "wir glauben", // French
    "je crois",
    "je pense",
    "je ne crois pas",
    "je ne pense pas",
    "je suis convaincu",
    "je suis convaincue",
    "je suis persuadé",
    "je suis persuadée",
    "je suis contre",
    "je recommande",
    "je conseille",
    "je refuse",
    "je préfère",
    "à mon avis",
    "selon moi",
    "d après moi",
    "mon conseil",
    "ma règle",
    "nous croyons",
];
/// Words that say what the author wants of everyone; weaker, because a manual has them too.
const DEMANDS: &[&str] = &[
    "we should",
    "we must",
    "we never",
    "nobody should",
    "no one should",
    "everyone should",
    "a company should",
    "companies should",
    "one should", // German
    "wir sollten",
    "wir müssen",
    "wir dürfen",
    "niemand sollte",
    "man sollte", // French
    "nous devons",
    "nous devrions",
    "il faut",
    "il ne faut",
    "on devrait",
    "on ne devrait",
];
/// The marks that open or close the words of someone else.
const QUOTATION_MARKS: [char; 8] = ['"', '“', '”', '„', '«', '»', '‹', '›'];
/// The minimum number of words of a position.
const FEWEST_WORDS: usize = 5;

/// The positions that the author states, convictions first, from as many documents as possible.
pub(super) fn own_positions(corpus: &Corpus) -> Vec<PersonaFinding> {
    let convictions = stated(corpus, CONVICTIONS);
    let demands = stated(corpus, DEMANDS);
    let mut found: Vec<PersonaFinding> = Vec::new();
    for finding in convictions.into_iter().chain(demands) {
        if found.iter().all(|known| known.text != finding.text) {
            found.push(finding);
        }
    }
    found.truncate(PersonaItemKind::Position.most());
    found
}

/// The statements with any of the cues: the first of each document, then the second of each, and so on.
fn stated(corpus: &Corpus, cues: &[&str]) -> Vec<PersonaFinding> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    let mut ranked: Vec<(usize, PersonaFinding)> = Vec::new();
    for statement in &corpus.statements {
        if !is_stated(statement, cues) {
            continue;
        }
        let Some(source) = corpus.source(statement) else {
            continue;
        };
        let rank = counts.entry(statement.document).or_default();
        ranked.push((
            *rank,
            PersonaFinding {
                kind: PersonaItemKind::Position,
                text: statement.text.clone(),
                weight: None,
                sources: vec![source],
            },
        ));
        *rank += 1;
    }
    // stable: the order of the documents within a rank
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, finding)| finding).collect()
}

/// Whether the author says one of these, and the sentence quotes no one.
fn is_stated(statement: &Statement, cues: &[&str]) -> bool {
    let words = statement.words();
    let has_cue = || {
        let mut cues = cues.iter();
        cues.any(|cue| {
            words
                .match_indices(cue)
                .any(|(at, _)| is_whole(words, at, cue))
        })
    };
    statement.can_be_quoted()
        && words.split_whitespace().count() >= FEWEST_WORDS
        && !statement.text.contains(QUOTATION_MARKS)
        && has_cue()
}

/// Whether a cue at a place of spaced words begins and ends with a word.
fn is_whole(words: &str, at: usize, cue: &str) -> bool {
    let before = words.get(..at).unwrap_or_default();
    let after = words.get(at + cue.len()..).unwrap_or_default();
    before.ends_with(' ') && after.starts_with(' ')
}

#[cfg(test)]
mod tests {
    use super::own_positions;
    use crate::persona::corpus::corpus_of;

    #[test]
    fn the_authors_own_positions_are_found_in_three_languages() {
        let corpus = corpus_of(&[
            "We should never hold a sale in November. I believe that repair is a conversation. Bikes have two wheels.",
            "“I believe in growth”, an investor told me. My advice to young founders is simple. I thinker about it.",
            "Ich bin überzeugt, dass Wachstum ein Ergebnis ist. À mon avis, il faut réparer les vélos.",
        ]);
        let found = own_positions(&corpus);
        let texts: Vec<&str> = found.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "I believe that repair is a conversation.",
                "My advice to young founders is simple.",
                "Ich bin überzeugt, dass Wachstum ein Ergebnis ist.",
                "À mon avis, il faut réparer les vélos.",
                "We should never hold a sale in November.",
            ]
        );
        assert!(
            found.iter().all(|one| one.sources[0].quote == one.text),
            "{found:?}"
        );
    }
}
