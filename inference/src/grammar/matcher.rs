//! Follows an answer through a grammar, token by token.

use std::collections::{HashMap, HashSet};

use super::{Grammar, State};
use crate::text::Tokenizer;

/// The number of sets from which the memory of them is emptied, so that no grammar takes unbounded memory.
const MOST_SETS: usize = 10_000;

/// The states that an answer may be in, sorted.
type StateSet = Box<[u32]>;

/// An answer's position in its grammar. Sets of states and the steps between them are computed once and remembered.
pub(crate) struct Matcher {
    grammar: Grammar,
    sets: Vec<StateSet>,
    ids: HashMap<StateSet, usize>,
    steps: HashMap<(usize, u8), Option<usize>>,
    now: usize,
}

impl Matcher {
    /// The beginning of an answer.
    pub(crate) fn new(grammar: Grammar) -> Self {
        let mut matcher = Self {
            sets: Vec::new(),
            ids: HashMap::new(),
            steps: HashMap::new(),
            now: 0,
            grammar,
        };
        let start = matcher.closure([matcher.grammar.start]);
        matcher.now = matcher.id(start);
        matcher
    }

    /// Removes the tokens that cannot continue the answer from the choice. Returns false if none is left.
    pub(crate) fn mask(&mut self, tokenizer: &Tokenizer, logits: &mut [f32]) -> bool {
        if self.sets.len() > MOST_SETS {
            self.forget();
        }
        let mut has_choice = false;
        for (token, logit) in (0..).zip(logits) {
            let may_come = match tokenizer.bytes(token) {
                Some(bytes) => !bytes.is_empty() && self.after(bytes).is_some(),
                None => false,
            };
            if may_come {
                has_choice |= !logit.is_nan();
            } else {
                *logit = f32::NEG_INFINITY;
            }
        }
        has_choice
    }

    /// Goes on by the bytes of a token. Returns false, and stays, when they cannot continue the answer.
    pub(crate) fn advance(&mut self, bytes: &[u8]) -> bool {
        match self.after(bytes) {
            Some(now) => {
                self.now = now;
                true
            }
            None => false,
        }
    }

    /// Whether the answer may end here.
    #[cfg(test)]
    pub(super) fn may_end(&self) -> bool {
        let now = self.sets.get(self.now);
        now.is_some_and(|set| set.contains(&0))
    }

    /// Whether the answer is complete and cannot go on.
    pub(crate) fn is_over(&self) -> bool {
        let now = self.sets.get(self.now);
        now.is_some_and(|set| **set == [0])
    }

    /// The set after these bytes.
    fn after(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = self.now;
        for byte in bytes {
            at = self.step(at, *byte)?;
        }
        Some(at)
    }

    fn step(&mut self, from: usize, byte: u8) -> Option<usize> {
        if let Some(known) = self.steps.get(&(from, byte)) {
            return *known;
        }
        let states = &self.grammar.states;
        let leads = |state: &u32| match states.get(*state as usize) {
            Some(State::Byte { low, high, next }) if (*low..=*high).contains(&byte) => Some(*next),
            _ => None,
        };
        let next: Vec<u32> = self.sets.get(from)?.iter().filter_map(leads).collect();
        let to = (!next.is_empty()).then(|| {
            let set = self.closure(next);
            self.id(set)
        });
        self.steps.insert((from, byte), to);
        to
    }

    /// The states that need a byte, and the end, among those that these states continue as.
    fn closure(&self, from: impl IntoIterator<Item = u32>) -> StateSet {
        let mut open: Vec<u32> = from.into_iter().collect();
        let mut found: Vec<u32> = Vec::new();
        // a set, because the states of a closure are few among those of a grammar
        let mut seen = HashSet::new();
        while let Some(state) = open.pop() {
            if !seen.insert(state) {
                continue;
            }
            match self.grammar.states.get(state as usize) {
                Some(State::Either(states)) => open.extend(states),
                Some(State::Byte { .. } | State::End) => found.push(state),
                None => {}
            }
        }
        found.sort_unstable();
        found.into()
    }

    fn id(&mut self, set: StateSet) -> usize {
        if let Some(id) = self.ids.get(&set) {
            return *id;
        }
        let id = self.sets.len();
        self.sets.push(set.clone());
        self.ids.insert(set, id);
        id
    }

    /// Forgets every set but the current one.
    fn forget(&mut self) {
        let now = self.sets.get(self.now).cloned().unwrap_or_default();
        self.sets.clear();
        self.ids.clear();
        self.steps.clear();
        self.now = self.id(now);
    }
}
