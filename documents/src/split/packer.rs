//! Fills pieces with atoms, in order.

use super::{
    Piece, SplitLimits,
    atom::{Atom, Joint, atoms},
};

/// The pieces of one group of sections, during packing.
pub(super) struct Packer<'g, 't, F> {
    headings: &'g [String],
    limits: SplitLimits,
    count_tokens: &'g F,
    /// The atoms of the open piece: first those repeated from the previous piece, then its own.
    open: Vec<Atom<'t>>,
    /// The number of repeated atoms in the open piece.
    repeated: usize,
    /// The approximate number of tokens in the open piece.
    tokens: usize,
    pieces: Vec<Piece>,
}

impl<'g, 't, F: Fn(&str) -> usize> Packer<'g, 't, F> {
    pub(super) fn new(headings: &'g [String], limits: SplitLimits, count_tokens: &'g F) -> Self {
        Self {
            headings,
            limits,
            count_tokens,
            open: Vec::new(),
            repeated: 0,
            tokens: 0,
            pieces: Vec::new(),
        }
    }

    /// Adds a block: as a whole if a piece can hold it, else atom by atom.
    pub(super) fn add(&mut self, block: &'t str) {
        let atoms = atoms(block, self.limits.longest, self.count_tokens);
        let whole = cost(&atoms);
        if whole <= self.limits.longest {
            self.make_room(whole);
        }
        for atom in atoms {
            self.make_room(atom.cost());
            self.tokens = self.tokens.saturating_add(atom.cost());
            self.open.push(atom);
        }
    }

    /// Closes the last piece and returns all pieces.
    pub(super) fn finish(mut self) -> Vec<Piece> {
        while self.has_own() {
            self.close(self.limits.longest);
        }
        self.pieces
    }

    fn has_own(&self) -> bool {
        self.open.len() > self.repeated
    }

    /// Closes pieces until the open one has room for this many tokens, or has no atoms of its own.
    fn make_room(&mut self, needed: usize) {
        while self.has_own() && self.tokens.saturating_add(needed) > self.limits.longest {
            self.close(needed);
        }
        if !self.has_own() && self.tokens.saturating_add(needed) > self.limits.longest {
            self.repeat(&[], 0);
        }
    }

    /// Closes the open piece and opens the next one; repeats atoms only if `needed` tokens still fit.
    fn close(&mut self, needed: usize) {
        let (from, to, piece) = self.fitting();
        self.pieces.push(piece);
        let room = self.limits.longest.saturating_sub(needed);
        let mut open = std::mem::take(&mut self.open);
        let later = open.split_off(to);
        let own = open.get(self.repeated.max(from)..).unwrap_or_default();
        let repeated = ending(own, self.limits.overlap.min(room));
        self.repeat(repeated, later.len());
        self.tokens = self.tokens.saturating_add(cost(&later));
        self.open.extend(later);
    }

    /// Opens a piece that starts with the end of the previous one.
    fn repeat(&mut self, atoms: &[Atom<'t>], more: usize) {
        let mut open = Vec::with_capacity(atoms.len() + more);
        open.extend_from_slice(atoms);
        self.tokens = cost(&open);
        self.repeated = open.len();
        self.open = open;
    }

    /// The longest part of the open piece within the limit, with at least one atom of its own. Costs are sums over
    /// atoms; this counts the tokens of the joined text.
    fn fitting(&self) -> (usize, usize, Piece) {
        let (mut from, mut to) = (0, self.open.len());
        loop {
            let atoms = self.open.get(from..to).unwrap_or_default();
            let text = join(atoms);
            let tokens = (self.count_tokens)(&text);
            if tokens <= self.limits.longest || atoms.len() <= 1 {
                let headings = self.headings.to_vec();
                let piece = Piece {
                    headings,
                    text,
                    tokens,
                };
                return (from, to, piece);
            }
            let fewest = self.repeated + 1;
            if to > fewest {
                let fitting = atoms.len().saturating_mul(self.limits.longest) / tokens;
                to = (from + fitting).clamp(fewest, to - 1);
            } else {
                from += 1;
            }
        }
    }
}

/// The last sentences or lines of a piece with at most `most` tokens together, but never the whole piece.
fn ending<'a, 't>(atoms: &'a [Atom<'t>], most: usize) -> &'a [Atom<'t>] {
    let mut tokens: usize = 0;
    let count = atoms
        .iter()
        .skip(1)
        .rev()
        .take_while(|atom| {
            tokens = tokens.saturating_add(atom.cost());
            atom.whole && tokens <= most
        })
        .count();
    atoms.get(atoms.len() - count..).unwrap_or_default()
}

fn cost(atoms: &[Atom<'_>]) -> usize {
    atoms
        .iter()
        .fold(0, |sum: usize, atom| sum.saturating_add(atom.cost()))
}

fn join(atoms: &[Atom<'_>]) -> String {
    let mut text = String::new();
    for atom in atoms {
        if !text.is_empty() {
            text.push_str(atom.before.text());
        }
        text.push_str(atom.text);
    }
    // a line keeps its indentation; a piece that starts within a block does not start with a blank
    if atoms
        .first()
        .is_some_and(|atom| atom.before != Joint::Line && atom.before != Joint::Block)
    {
        text = text.trim_start().to_owned();
    }
    text
}
