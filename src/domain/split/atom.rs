//! The smallest parts of a text that pieces are made of: lines or sentences, and parts of those that are too long.

use unicode_segmentation::UnicodeSegmentation;

/// What stood between a part and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// The end of a block.
    Block,
    /// The end of a line.
    Line,
    /// White space.
    Space,
    /// Nothing: the text goes on, or its script has no spaces.
    Nothing,
}

impl Joint {
    /// How it is written.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Block => "\n\n",
            Self::Line => "\n",
            Self::Space => " ",
            Self::Nothing => "",
        }
    }
}

/// A part of a text that is not divided any more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Atom<'t> {
    pub(super) before: Joint,
    pub(super) text: &'t str,
    /// Its own tokens.
    pub(super) tokens: usize,
    /// Whether it is a sentence or a line, and not a part of one.
    pub(super) whole: bool,
}

impl Atom<'_> {
    /// What it adds to a piece, about: its tokens, and one for a joint that may be a token.
    pub(super) fn cost(&self) -> usize {
        let joint = usize::from(!self.before.text().is_empty());
        self.tokens.saturating_add(joint)
    }
}

/// The atoms of a block, each of at most `longest` tokens, for a single character alone cannot be divided. A block of several
/// lines (code, a table, a list) is divided into these, any other one into sentences.
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

/// Cuts what is too long into parts of about the same length, between words where there is a space nearby. A part that is
/// still too long is cut again; each time, parts are at most half as long.
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

/// The place after the last space in the second half of the first `size` bytes; without one, after the last character that
/// ends there; after the first character in any case, and before the last one.
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
