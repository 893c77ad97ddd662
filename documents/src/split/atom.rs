//! The smallest units of a text: lines or sentences, and parts of those that are too long.

use unicode_segmentation::UnicodeSegmentation;

/// The separator between an atom and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// The end of a block.
    Block,
    /// The end of a line.
    Line,
    /// White space.
    Space,
    /// No separator: the atom continues a word, or its script has no spaces.
    Nothing,
}

impl Joint {
    /// The separator's text.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Block => "\n\n",
            Self::Line => "\n",
            Self::Space => " ",
            Self::Nothing => "",
        }
    }
}

/// A unit of text that is not divided further.
#[derive(Debug, Clone, Copy)]
pub(super) struct Atom<'t> {
    pub(super) before: Joint,
    pub(super) text: &'t str,
    /// The number of tokens of `text` alone.
    pub(super) tokens: usize,
    /// Whether the atom is a complete sentence or line, and not a part of one.
    pub(super) whole: bool,
}

impl Atom<'_> {
    /// Whether the atom introduces the next one: a question, or a line that ends with a colon.
    pub(super) fn is_lead(&self) -> bool {
        self.whole && is_lead(self.text)
    }

    /// The approximate number of tokens that the atom adds to a piece: its own, and one for a separator.
    pub(super) fn cost(&self) -> usize {
        let joint = usize::from(!self.before.text().is_empty());
        self.tokens.saturating_add(joint)
    }
}

/// The maximum length in bytes of a text that introduces the next one.
const LONGEST_LEAD: usize = 300;
/// The beginnings of lines that are questions.
const QUESTIONS: &[&str] = &[
    "q:",
    "question:",
    "frage:",
    "f:",
    "pregunta:",
    "问:",
    "问：",
    "問：",
    "質問：",
];

/// Whether a text introduces the next one.
pub(super) fn is_lead(text: &str) -> bool {
    let text = text.trim().trim_end_matches(['*', '_']);
    let start: String = text.chars().take(12).flat_map(char::to_lowercase).collect();
    text.len() <= LONGEST_LEAD
        && (text.ends_with(['?', '？', ':', '：', '؟'])
            || QUESTIONS.iter().any(|question| start.starts_with(question)))
}

/// The atoms of a block, each of at most `longest` tokens; only a single character may have more. A block of several
/// lines (code, a table, a list) is divided into lines, any other block into sentences.
pub(super) fn atoms<'t>(
    block: &'t str,
    longest: usize,
    count_tokens: &impl Fn(&str) -> usize,
) -> Vec<Atom<'t>> {
    let mut atoms = Vec::new();
    let mut before = Joint::Block;
    let one_line = !block.trim_end().contains('\n');
    for line in block.lines().filter(|line| !line.trim().is_empty()) {
        let line = line.trim_end();
        let whole = Atom {
            before,
            text: line,
            tokens: if one_line { 0 } else { count_tokens(line) },
            whole: true,
        };
        if one_line || whole.tokens > longest {
            sentences(line, before, longest, count_tokens, &mut atoms);
        } else {
            atoms.push(whole);
        }
        before = Joint::Line;
    }
    atoms
}

fn sentences<'t>(
    line: &'t str,
    mut before: Joint,
    longest: usize,
    count_tokens: &impl Fn(&str) -> usize,
    atoms: &mut Vec<Atom<'t>>,
) {
    for sentence in line.split_sentence_bounds() {
        let text = sentence.trim();
        if !text.is_empty() {
            let tokens = count_tokens(text);
            let whole = tokens <= longest;
            let atom = Atom {
                before,
                text,
                tokens,
                whole,
            };
            if whole {
                atoms.push(atom);
            } else {
                cut(atom, longest, count_tokens, atoms);
            }
            before = Joint::Nothing;
        }
        if sentence.ends_with(char::is_whitespace) && before == Joint::Nothing {
            before = Joint::Space;
        }
    }
}

/// Cuts an atom that is too long into parts of about the same length, at a space if one is nearby. A part that is still
/// too long is cut again; each time, parts are at most half as long.
fn cut<'t>(
    atom: Atom<'t>,
    longest: usize,
    count_tokens: &impl Fn(&str) -> usize,
    atoms: &mut Vec<Atom<'t>>,
) {
    let parts = atom.tokens.div_ceil(longest).max(2);
    let size = atom.text.len().div_ceil(parts).max(1);
    let mut rest = atom.text;
    let mut before = atom.before;
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(place_to_cut(rest, size));
        let text = head.trim();
        if !text.is_empty() {
            let part = Atom {
                before,
                text,
                tokens: count_tokens(text),
                whole: false,
            };
            if part.tokens > longest && text.chars().nth(1).is_some() {
                cut(part, longest, count_tokens, atoms);
            } else {
                atoms.push(part);
            }
        }
        before = if head.ends_with(char::is_whitespace) || tail.starts_with(char::is_whitespace) {
            Joint::Space
        } else {
            Joint::Nothing
        };
        rest = tail;
    }
}

/// The byte index after the last space in the second half of the first `size` bytes; without a space, after the last
/// character that ends there; always after the first character, and before the last one.
fn place_to_cut(text: &str, size: usize) -> usize {
    if text.len() <= size {
        return text.len();
    }
    let end = text.floor_char_boundary(size);
    let (head, _) = text.split_at(end);
    let space = head
        .char_indices()
        .rev()
        .take_while(|(at, _)| *at >= size / 2)
        .find(|(_, c)| c.is_whitespace())
        .map(|(at, c)| at + c.len_utf8());
    let first = text.chars().next().map_or(text.len(), char::len_utf8);
    space.unwrap_or(end).max(first)
}
