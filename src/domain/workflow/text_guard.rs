//! Checks a streamed answer while it passes: prices against their sources, numbers of sources against those that exist.

use super::{price_guard::PriceGuard, source_guard::SourceGuard};

/// A check of an answer's text, for the length of one model call.
#[derive(Debug, Clone)]
pub enum TextGuard {
    /// Every text passes.
    Open,
    /// Amounts without a source are replaced.
    Prices(PriceGuard),
    /// References to sources that do not exist are removed.
    Sources(SourceGuard),
}

impl TextGuard {
    /// Takes the next piece of the answer, and returns what may pass.
    pub fn push(&mut self, text: &str) -> String {
        match self {
            Self::Open => text.to_owned(),
            Self::Prices(guard) => guard.push(text),
            Self::Sources(guard) => guard.push(text),
        }
    }

    /// What is held back, before tool calls.
    pub fn release(&mut self) -> String {
        match self {
            Self::Open => String::new(),
            Self::Prices(guard) => guard.release(true),
            Self::Sources(guard) => guard.release(),
        }
    }

    /// What is left at the end of the answer.
    pub fn finish(&mut self) -> String {
        match self {
            Self::Open | Self::Prices(_) => self.release(),
            Self::Sources(guard) => guard.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::prices::PriceSources, *};

    fn prices() -> PriceGuard {
        let mut sources = PriceSources::with_discount(10.0);
        sources.add_settings(&json!({"price": "49 EUR a month"}));
        sources.add_units("for 20 people");
        PriceGuard::new(sources, "[price on request]")
    }

    /// The answer that passes, sent in pieces of this many characters.
    fn pass(guard: TextGuard, text: &str, size: usize) -> String {
        let mut guard = guard;
        let letters: Vec<char> = text.chars().collect();
        let mut passed: String = letters
            .chunks(size)
            .map(|piece| guard.push(&piece.iter().collect::<String>()))
            .collect();
        passed.push_str(&guard.finish());
        passed
    }

    #[test]
    fn listed_prices_pass_and_others_are_replaced_whatever_the_pieces_are() {
        let said = "Pro is 49 EUR a month, so 980 EUR for all.\nI can make it 39 EUR, or €35 with 25 % discount!\nThirty-nine euros is fine. Nur neununddreißig Euro. Version 4.2 has 3 modes.";
        let expected = "Pro is 49 EUR a month, so 980 EUR for all.\nI can make it [price on request], or [price on request] with … discount!\n[price on request] is fine. Nur [price on request]. Version 4.2 has 3 modes.";
        for size in [1, 2, 3, 5, 7, 1_000] {
            assert_eq!(
                pass(TextGuard::Prices(prices()), said, size),
                expected,
                "pieces of {size}"
            );
        }
    }

    #[test]
    fn words_without_numbers_pass_at_once() {
        let mut guard = TextGuard::Prices(prices());
        assert_eq!(guard.push("Good morning, "), "Good morning, ");
        assert_eq!(guard.push("it costs 49 "), "it costs ");
        assert_eq!(guard.push("EUR"), "");
        assert_eq!(guard.finish(), "49 EUR");
    }

    #[test]
    fn references_to_sources_that_do_not_exist_are_removed() {
        let said = "It grew [1], fell [4] and rose [2, 9]. See [the list].";
        for size in [1, 3, 1_000] {
            let titles = vec!["Report".to_owned(), "Notes › 2026".to_owned()];
            let guard = TextGuard::Sources(SourceGuard::new(titles, "Sources"));
            assert_eq!(
                pass(guard, said, size),
                "It grew [1], fell  and rose [2]. See [the list].\n\nSources\n[1] Report\n[2] Notes › 2026"
            );
        }
    }
}
