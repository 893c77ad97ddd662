//! Fills pieces with atoms, in order.

use super::{
    Piece, SplitLimits,
    atom::{Atom, Joint, atoms, is_lead},
    group::BlockRef,
};

/// The maximum length of a token in bytes, about, for a first look at a block.
const LONGEST_TOKEN: usize = 16;

/// The header of a table that is split.
#[derive(Clone, Copy)]
struct TableHeader<'t> {
    text: &'t str,
    /// The number of tokens with a separator.
    tokens: usize,
}

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
    /// The lines with which each piece of the open table begins.
    header: Option<TableHeader<'t>>,
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
            header: None,
            pieces: Vec::new(),
        }
    }

    /// Adds a block: as a whole if a piece can hold it, else atom by atom. A block that introduces the next one shares a
    /// piece with its beginning.
    pub(super) fn add(&mut self, block: BlockRef<'t>, next: Option<BlockRef<'t>>) {
        let longest = self.limits.longest;
        let atoms = atoms(block.text, longest, self.count_tokens);
        let whole = cost(&atoms);
        if whole <= longest {
            let introduced = next.filter(|_| block.is_heading || is_lead(block.text));
            let needed = whole.saturating_add(introduced.map_or(0, |next| self.beginning(next)));
            self.make_room(if needed <= longest { needed } else { whole });
        } else if let Some((header, rows)) = self.header_of(block) {
            self.add_table(header, rows);
            return;
        }
        self.add_atoms(atoms);
    }

    fn add_atoms(&mut self, atoms: Vec<Atom<'t>>) {
        let longest = self.limits.longest;
        let mut atoms = atoms.into_iter().peekable();
        while let Some(atom) = atoms.next() {
            let introduced = atoms
                .peek()
                .filter(|_| atom.is_lead())
                .map_or(0, Atom::cost);
            let needed = atom.cost().saturating_add(introduced);
            let room = longest.saturating_sub(self.header_tokens());
            self.make_room(if needed <= room { needed } else { atom.cost() });
            self.tokens = self.tokens.saturating_add(atom.cost());
            self.open.push(atom);
        }
    }

    /// The cost of the next block as a whole, or of its first atom if no piece can hold the block. Only the beginning of
    /// a long block is counted.
    fn beginning(&self, next: BlockRef<'t>) -> usize {
        let longest = self.limits.longest;
        let most = next
            .text
            .floor_char_boundary(longest.saturating_mul(LONGEST_TOKEN));
        let (start, rest) = next.text.split_at(most);
        let atoms = atoms(start, longest, self.count_tokens);
        let whole = cost(&atoms);
        if rest.is_empty() && whole <= longest / 2 {
            whole
        } else {
            atoms.first().map_or(0, Atom::cost)
        }
    }

    /// The header of a table that has to be split, and its rows, if the header leaves enough room for them.
    fn header_of(&self, block: BlockRef<'t>) -> Option<(TableHeader<'t>, &'t str)> {
        let (text, rows) = block.parts()?;
        let tokens = (self.count_tokens)(text).saturating_add(1);
        let fits = tokens.saturating_mul(2) <= self.limits.longest;
        fits.then_some((TableHeader { text, tokens }, rows))
    }

    /// Adds a table whose pieces each begin with its header; they share no piece with other blocks.
    fn add_table(&mut self, header: TableHeader<'t>, rows: &'t str) {
        self.close_all();
        self.header = Some(header);
        self.repeat(&[], 0);
        let room = self.limits.longest.saturating_sub(header.tokens).max(1);
        self.add_atoms(atoms(rows, room, self.count_tokens));
        self.close_all();
        self.header = None;
        self.repeat(&[], 0);
    }

    fn header_tokens(&self) -> usize {
        self.header.map_or(0, |header| header.tokens)
    }

    fn close_all(&mut self) {
        while self.has_own() {
            self.close(self.limits.longest);
        }
    }

    /// Closes the last piece and returns all pieces.
    pub(super) fn finish(mut self) -> Vec<Piece> {
        self.close_all();
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
        // rows stand for themselves
        let overlap = if self.header.is_some() {
            0
        } else {
            self.limits.overlap
        };
        let repeated = ending(own, overlap.min(room));
        self.repeat(repeated, later.len());
        self.tokens = self.tokens.saturating_add(cost(&later));
        self.open.extend(later);
    }

    /// Opens a piece that starts with the end of the previous one.
    fn repeat(&mut self, atoms: &[Atom<'t>], more: usize) {
        let mut open = Vec::with_capacity(atoms.len() + more);
        open.extend_from_slice(atoms);
        self.tokens = cost(&open).saturating_add(self.header_tokens());
        self.repeated = open.len();
        self.open = open;
    }

    /// The longest part of the open piece within the limit, with at least one atom of its own. Costs are sums over
    /// atoms; this counts the tokens of the joined text.
    fn fitting(&self) -> (usize, usize, Piece) {
        let (mut from, mut to) = (0, self.open.len());
        loop {
            let atoms = self.open.get(from..to).unwrap_or_default();
            let mut text = join(atoms);
            let mut tokens = (self.count_tokens)(&text);
            if let Some(header) = self.header {
                let headed = format!("{}\n{text}", header.text);
                let with_header = (self.count_tokens)(&headed);
                if with_header <= self.limits.longest || atoms.len() > 1 {
                    (text, tokens) = (headed, with_header);
                }
            }
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
