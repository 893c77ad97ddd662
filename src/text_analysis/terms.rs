//! Terms: what words are indexed and asked as, without their endings and accents.

use snowball_stemmers_rs::{Algorithm, Stemmer};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use whatlang::{Detector, Lang};

use super::with_bigrams;

/// The maximum length of a word in characters; a longer run of letters, such as encoded data, is not indexed.
const LONGEST_WORD: usize = 64;
/// The number of characters that suffice to recognize a language.
const LOOKED_AT: usize = 4_000;
/// The number of words from which a language is recognized.
const FEWEST_WORDS: usize = 4;
/// The languages whose endings are known.
const STEMMED: [(Lang, Algorithm); 26] = [
    (Lang::Ara, Algorithm::Arabic),
    (Lang::Cat, Algorithm::Catalan),
    (Lang::Ces, Algorithm::Czech),
    (Lang::Dan, Algorithm::Danish),
    (Lang::Deu, Algorithm::German),
    (Lang::Ell, Algorithm::Greek),
    (Lang::Eng, Algorithm::English),
    (Lang::Est, Algorithm::Estonian),
    (Lang::Fin, Algorithm::Finnish),
    (Lang::Fra, Algorithm::French),
    (Lang::Hin, Algorithm::Hindi),
    (Lang::Hun, Algorithm::Hungarian),
    (Lang::Ind, Algorithm::Indonesian),
    (Lang::Ita, Algorithm::Italian),
    (Lang::Lit, Algorithm::Lithuanian),
    (Lang::Nld, Algorithm::Dutch),
    (Lang::Nob, Algorithm::Norwegian),
    (Lang::Pol, Algorithm::Polish),
    (Lang::Por, Algorithm::Portuguese),
    (Lang::Ron, Algorithm::Romanian),
    (Lang::Rus, Algorithm::Russian),
    (Lang::Spa, Algorithm::Spanish),
    (Lang::Swe, Algorithm::Swedish),
    (Lang::Tam, Algorithm::Tamil),
    (Lang::Tur, Algorithm::Turkish),
    (Lang::Ukr, Algorithm::Ukrainian),
];

/// A language whose endings are known, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextLanguage {
    /// An index of [`STEMMED`].
    known: Option<usize>,
}

impl TextLanguage {
    /// The language that a text is most likely in. A text of a few words counts as English: it has names and codes, mostly. A
    /// wrong language finds the same words, and loses their endings only: questions are asked in the language of each text.
    pub fn of(text: &str) -> Self {
        let end = text.char_indices().nth(LOOKED_AT);
        let text = end.and_then(|(end, _)| text.get(..end)).unwrap_or(text);
        if text.split_whitespace().nth(FEWEST_WORDS - 1).is_none() {
            return Self::from(Lang::Eng);
        }
        let found = Detector::new().detect_lang(text);
        Self::from(found.unwrap_or(Lang::Eng))
    }

    /// The language with a code of ISO 639-3.
    pub fn from_code(code: &str) -> Self {
        Lang::from_code(code).map_or(Self { known: None }, Self::from)
    }

    /// The code of ISO 639-3; empty for a language whose endings are not known.
    pub fn code(self) -> &'static str {
        let known = self.known.and_then(|known| STEMMED.get(known));
        known.map_or("", |(language, _)| language.code())
    }

    /// The term of a word in lower case.
    pub fn term(self, word: &str) -> String {
        let known = self.known.and_then(|known| STEMMED.get(known));
        let stem = match known {
            Some((_, algorithm)) => Stemmer::create(*algorithm).stem(word),
            None => word.into(),
        };
        if stem.is_ascii() {
            return stem.into_owned();
        }
        stem.nfd().filter(|mark| !is_accent(*mark)).nfc().collect()
    }
}

impl From<Lang> for TextLanguage {
    fn from(language: Lang) -> Self {
        Self {
            known: STEMMED.iter().position(|(known, _)| *known == language),
        }
    }
}

/// The words of a text in order, in lower case: letters and digits only, and pairs of characters in scripts without spaces.
pub fn indexed_words(text: &str) -> Vec<String> {
    let is_between =
        |character: char| !character.is_alphanumeric() && !is_combining_mark(character);
    with_bigrams(text)
        .split(is_between)
        .filter(|word| !word.is_empty() && word.chars().count() <= LONGEST_WORD)
        .map(str::to_lowercase)
        .collect()
}

/// Whether a character is an accent of Latin, Greek or Cyrillic letters. In other scripts marks are vowels.
fn is_accent(character: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::{TextLanguage, indexed_words};

    #[test]
    fn words_lose_the_endings_of_their_language_and_their_accents() {
        for (text, code, word, same) in [
            (
                "The pumps were delivered to our house and installed there.",
                "eng",
                "pumps",
                "pump",
            ),
            (
                "Die Häuser wurden von uns gebaut und sind jetzt verkauft.",
                "deu",
                "häuser",
                "haus",
            ),
            (
                "Les maisons ont été construites près de la rivière.",
                "fra",
                "maisons",
                "maison",
            ),
            (
                "Los pedidos llegan mañana a la dirección indicada.",
                "spa",
                "pedidos",
                "pedido",
            ),
            (
                "Дома были построены на берегу реки много лет назад.",
                "rus",
                "дома",
                "доме",
            ),
        ] {
            let language = TextLanguage::of(text);
            assert_eq!(language.code(), code, "{text}");
            assert_eq!(language.term(word), language.term(same), "{text}");
            assert_eq!(TextLanguage::from_code(code), language);
        }
        let none = TextLanguage::from_code("");
        assert_eq!((none.code(), none.term("pumps").as_str()), ("", "pumps"));
        assert_eq!(none.term("ångström"), "angstrom");
        assert_eq!(none.term("が"), "が");
    }

    #[test]
    fn codes_and_names_are_taken_as_english() {
        for text in ["", "XR-300", "E4471 Widget", "尺寸表"] {
            assert_eq!(TextLanguage::of(text).term("xr"), "xr", "{text}");
        }
    }

    #[test]
    fn words_are_runs_of_letters_digits_and_their_marks() {
        let words = |text| indexed_words(text).join(" ");
        assert_eq!(words("PIN-Code: \"A_1\", don't"), "pin code a 1 don t");
        assert_eq!(words("Größe 尺寸表"), "größe 尺寸 寸表");
        assert_eq!(words("हिन्दी में"), "हिन्दी में");
        assert_eq!(words(&"x".repeat(65)), "");
    }
}
