//! The normal form of text, in documents and in questions: one code for what a reader sees as one character.

use unicode_normalization::{UnicodeNormalization, char::decompose_compatible, is_nfc};

/// The text with ligatures, presentation forms and width forms folded (NFKC of these characters only, so that `m²` and `½`
/// stay), composed (NFC), and without invisible characters. Joiners stay between letters of scripts that need them.
pub fn normalize(text: String) -> String {
    if text.is_ascii() || !text.chars().any(is_changed) && is_nfc(&text) {
        return text;
    }
    let mut folded = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let is_kept_joiner = matches!(c, '\u{200c}' | '\u{200d}')
            && (folded.chars().next_back().is_some_and(is_joined)
                || characters.peek().copied().is_some_and(is_joined));
        if is_invisible(c) && !is_kept_joiner {
            continue;
        }
        if has_other_form(c) {
            decompose_compatible(c, |part| folded.push(part));
        } else {
            folded.push(c);
        }
    }
    folded.nfc().collect()
}

fn is_changed(c: char) -> bool {
    is_invisible(c) || has_other_form(c)
}

/// Characters that show nothing, and change neither how others are joined nor, in a text, where a line may end.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Whether joiners next to this character matter: Arabic and the scripts of India and South-East Asia, and emoji.
fn is_joined(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{fe0f}' | '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}')
}

/// Latin, Armenian, Hebrew and Arabic ligatures and presentation forms; full-width letters, digits and signs, except the
/// punctuation that Chinese and Japanese text uses; half-width letters of Japanese and Korean.
fn has_other_form(c: char) -> bool {
    matches!(
        c,
        '\u{fb00}'..='\u{fdfb}'
            | '\u{fe70}'..='\u{fefc}'
            | '\u{ff02}'..='\u{ff07}'
            | '\u{ff0a}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff0f}'
            | '\u{ff10}'..='\u{ff19}'
            | '\u{ff1c}'..='\u{ff1e}'
            | '\u{ff20}'..='\u{ff3a}'
            | '\u{ff3c}'
            | '\u{ff3e}'..='\u{ff5a}'
            | '\u{ff5c}'
            | '\u{ff66}'..='\u{ff9f}'
            | '\u{ffa1}'..='\u{ffdc}'
            | '\u{ffe0}'..='\u{ffe6}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_character_become_one() {
        for (given, expected) in [
            ("o\u{fb03}ce \u{fb02}at", "office flat"),
            ("ＡＢＣ－１２３", "ABC-123"),
            ("ｶﾞﾗｽ", "ガラス"),
            ("u\u{308}ber", "über"),
            ("pass\u{200b}word\u{2060}.\u{feff}", "password."),
            ("pass\u{200d}word", "password"),
            ("\u{fe91}\u{fe8e}\u{fedf}\u{fecc}", "بالع"),
            ("ignore\u{e0041}\u{e0042}", "ignore"),
        ] {
            assert_eq!(normalize(given.to_owned()), expected, "{given}");
        }
        for kept in [
            "返品について：三十日以内！",
            "می\u{200c}خواهم",
            "क\u{94d}\u{200d}ष",
            "👩\u{200d}👧",
            "m² ½ ™ ①",
        ] {
            assert_eq!(normalize(kept.to_owned()), kept);
        }
    }
}
