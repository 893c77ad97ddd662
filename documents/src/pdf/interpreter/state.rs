//! The part of the graphics state that affects text (ISO 32000-1, 8.4 and 9.3).

use std::rc::Rc;

use super::super::{font::Font, matrix::Matrix};

/// The graphics state, which `q` saves and `Q` restores.
#[derive(Clone)]
pub(super) struct GraphicsState {
    pub(super) transform: Matrix,
    pub(super) font: Option<Rc<Font>>,
    pub(super) size: f32,
    pub(super) leading: f32,
    pub(super) stretch: f32,
    pub(super) rise: f32,
    pub(super) between_characters: f32,
    pub(super) between_words: f32,
}

impl GraphicsState {
    pub(super) const FIRST: Self = Self {
        transform: Matrix::IDENTITY,
        font: None,
        size: 0.0,
        leading: 0.0,
        stretch: 1.0,
        rise: 0.0,
        between_characters: 0.0,
        between_words: 0.0,
    };
}
