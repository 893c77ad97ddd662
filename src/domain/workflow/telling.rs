//! Whether a message may tell something that a workflow notes, so that no model call is spent on one that does not.
//!
//! The check is by words, and lenient: a message in a language that it does not know is always read.

use std::collections::BTreeSet;

/// Words with which people speak of themselves, in English, German, French and Spanish.
const SELF: &str = "i i'm i've i'd i'll im me my mine myself we we're we've we'd we'll us our ours ich mich mir mein meine meinen meiner \
    meinem wir uns unser unsere unseren unserer je j'ai j'aimerais moi mon ma mes nous notre nos yo mi mis nosotros nuestro nuestra";
/// Words of problems, wishes and thanks, in the same languages.
const CASE: &str = "not don't doesn't didn't won't can't cannot isn't wasn't never no nothing nobody still again error errors bug broken \
    breaks fail fails failed failing failure crash crashes crashed down outage offline slow stuck hang hangs lost hacked leak \
    problem problems issue issues complaint urgent emergency ticket case human person people someone somebody agent supervisor \
    manager solved fixed works worked resolved thanks thank helped help nicht kein keine keinen fehler defekt kaputt störung \
    ausfall problem hilfe mensch mitarbeiter ticket gelöst danke funktioniert geht pas plus erreur panne problème aide humain \
    personne résolu merci marche ne no error fallo problema ayuda persona gracias";
/// Frequent words by which the languages are known.
const KNOWN: &str = "the a an is are do does did what which how who when where why can could would should will to of in for on with and \
    it this that you your please say tell show give use make der die das ein eine ist sind was wie wer wann wo warum kann können \
    bitte zu von für auf mit und sie ihr le la les un une est sont que quel quelle comment qui quand où pourquoi peut s'il vous \
    pour avec et de des du el los las una es son qué cómo quién cuándo dónde por para con y";

/// Whether a message may tell something of the person who writes it.
pub fn tells_of_person(text: &str) -> bool {
    let words = words(text);
    has_any(&words, SELF) || has_data(text) || !is_known(&words)
}

/// Whether a message may report something of a case.
pub fn tells_of_case(text: &str) -> bool {
    let words = words(text);
    has_any(&words, SELF) || has_any(&words, CASE) || has_data(text) || !is_known(&words)
}

fn words(text: &str) -> BTreeSet<String> {
    let text = text.to_lowercase().replace('’', "'");
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn has_any(words: &BTreeSet<String>, list: &str) -> bool {
    list.split_whitespace().any(|word| words.contains(word))
}

/// Whether a text has a mail address or a number.
fn has_data(text: &str) -> bool {
    text.contains('@') || text.chars().any(char::is_numeric)
}

/// Whether the words are of a known language, or too few to tell anything.
fn is_known(words: &BTreeSet<String>) -> bool {
    let are_ascii = words.iter().all(|word| word.is_ascii());
    has_any(words, KNOWN) || (words.len() < 3 && are_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_orders_alone_tell_nothing() {
        for text in [
            "Hello",
            "Do it.",
            "What does the Pro plan cost?",
            "Say hello in French, please.",
            "Was kostet das?",
        ] {
            assert!(!tells_of_person(text), "{text}");
            assert!(!tells_of_case(text), "{text}");
        }
    }

    #[test]
    fn what_may_tell_something_is_read() {
        for text in [
            "We are 20 people at Acme.",
            "Our budget is fixed",
            "ada@acme.example",
            "Wir brauchen das bis März.",
            "Nous sommes une petite équipe.",
            "私たちは東京の会社です",
            "Jesteśmy małą firmą z Krakowa",
        ] {
            assert!(tells_of_person(text), "{text}");
        }
        for text in [
            "The checkout fails",
            "It still does not work",
            "Connect a human",
            "Es geht nicht",
            "Danke!",
        ] {
            assert!(tells_of_case(text), "{text}");
        }
    }
}
