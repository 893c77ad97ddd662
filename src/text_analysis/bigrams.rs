//! Words for indexes of texts in scripts without spaces: pairs of neighbouring characters.
//!
//! Both the indexed text and the question are cut in the same way, so a word of two or more characters is found wherever it
//! stands (as in Lucene's CJK analysis). Words in other scripts stay as they are.

/// The blocks of Chinese and Japanese, which are written without spaces between words, and of Korean, whose words have changing
/// endings.
const BLOCKS: [(char, char); 11] = [
    ('\u{1100}', '\u{11ff}'),   // Hangul letters
    ('\u{3005}', '\u{3007}'),   // marks of iteration, zero
    ('\u{3040}', '\u{30ff}'),   // Hiragana, Katakana
    ('\u{3100}', '\u{312f}'),   // Bopomofo
    ('\u{3130}', '\u{318f}'),   // Hangul letters, compatible
    ('\u{31f0}', '\u{31ff}'),   // Katakana, small
    ('\u{3400}', '\u{4dbf}'),   // Han, extension A
    ('\u{4e00}', '\u{9fff}'),   // Han
    ('\u{ac00}', '\u{d7a3}'),   // Hangul syllables
    ('\u{f900}', '\u{faff}'),   // Han, compatible
    ('\u{20000}', '\u{3134f}'), // Han, further extensions
];

/// Whether a text has characters of a script without spaces.
pub fn has_unspaced(text: &str) -> bool {
    text.chars().any(is_unspaced)
}

/// The text with each run of characters without spaces as its pairs, separated by spaces; a run of one character stays.
pub fn with_bigrams(text: &str) -> String {
    let mut cut = String::with_capacity(text.len() * 2);
    let mut run: Vec<char> = Vec::new();
    for character in text.chars() {
        if is_unspaced(character) {
            run.push(character);
            continue;
        }
        put_run(&mut run, &mut cut);
        cut.push(character);
    }
    put_run(&mut run, &mut cut);
    cut
}

/// Appends the pairs of a run, between spaces, and empties it.
fn put_run(run: &mut Vec<char>, cut: &mut String) {
    if run.is_empty() {
        return;
    }
    if let [only] = run.as_slice() {
        cut.push(' ');
        cut.push(*only);
    }
    for pair in run.windows(2) {
        cut.push(' ');
        cut.extend(pair);
    }
    cut.push(' ');
    run.clear();
}

fn is_unspaced(character: char) -> bool {
    let is_in = |(first, last): &(char, char)| (*first..=*last).contains(&character);
    // the usual case first
    character >= '\u{1100}' && character.is_alphanumeric() && BLOCKS.iter().any(is_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let cut = with_bigrams(text);
        cut.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_run_without_spaces_becomes_its_pairs_and_the_rest_stays() {
        assert_eq!(cut("退货政策"), ["退货", "货政", "政策"]);
        assert_eq!(
            cut("返品はPDFで、お願い。"),
            ["返品", "品は", "PDF", "で", "、", "お願", "願い", "。"]
        );
        assert_eq!(cut("반품을 원해요"), ["반품", "품을", "원해", "해요"]);
        assert_eq!(cut("猫 und Größe 9"), ["猫", "und", "Größe", "9"]);
        assert!(!has_unspaced("Größe, λόγος, слово, שלום, 9"));
        assert!(has_unspaced("尺寸"));
    }
}
