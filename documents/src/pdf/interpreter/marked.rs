//! Marked content: hidden layers, and text that replaces what is drawn (ISO 32000-1, 8.11.3 and 14.9.4).

use super::super::layout::Drawn;

/// The maximum nesting depth of marked content; deeper content counts as that around it.
const DEEPEST_CONTENT: usize = 256;

/// The open marked content.
#[derive(Default)]
pub(super) struct MarkedContent {
    open: Vec<bool>,
    /// The number of levels beyond the maximum.
    beyond: usize,
    /// The outermost replacement, and the depth at which it was opened.
    replacement: Option<(usize, Replacement)>,
}

/// A text that replaces drawn characters.
pub(super) struct Replacement {
    pub(super) text: String,
    place: Option<Place>,
}

/// Where the replaced characters are.
#[derive(Clone, Copy)]
struct Place {
    x: f32,
    y: f32,
    direction: (f32, f32),
    length: f32,
    size: f32,
}

impl MarkedContent {
    /// Begins content that may be hidden, and replaced by a text.
    pub(super) fn begin(&mut self, is_hidden: bool, text: Option<String>) {
        if self.open.len() >= DEEPEST_CONTENT {
            self.beyond += 1;
            return;
        }
        self.open.push(is_hidden || self.is_hidden());
        if let Some(text) = text
            && self.replacement.is_none()
        {
            self.replacement = Some((self.open.len(), Replacement { text, place: None }));
        }
    }

    /// Ends the innermost content. Returns the text that replaces it, if characters were replaced.
    pub(super) fn end(&mut self) -> Option<Replacement> {
        if self.beyond > 0 {
            self.beyond -= 1;
            return None;
        }
        let depth = self.open.len();
        self.open.pop();
        let (_, replacement) = self.replacement.take_if(|(at, _)| *at >= depth)?;
        replacement.place.is_some().then_some(replacement)
    }

    pub(super) fn is_hidden(&self) -> bool {
        self.open.last().copied().unwrap_or_default()
    }

    /// Whether the character is replaced; the place of the replacement then extends to it.
    pub(super) fn replaces(&mut self, drawn: &Drawn<'_>) -> bool {
        let Some((_, replacement)) = &mut self.replacement else {
            return false;
        };
        let place = replacement.place.get_or_insert(Place {
            x: drawn.x,
            y: drawn.y,
            direction: drawn.direction,
            length: 0.0,
            size: drawn.size,
        });
        let (right, up) = place.direction;
        let start = (drawn.x - place.x) * right + (drawn.y - place.y) * up;
        place.length = place.length.max(start + drawn.length);
        true
    }
}

impl Replacement {
    /// The text where the replaced characters were.
    pub(super) fn drawn(&self) -> Drawn<'_> {
        let place = self.place.unwrap_or(Place {
            x: 0.0,
            y: 0.0,
            direction: (1.0, 0.0),
            length: 0.0,
            size: 0.0,
        });
        Drawn {
            text: &self.text,
            x: place.x,
            y: place.y,
            direction: place.direction,
            length: place.length,
            size: place.size,
        }
    }
}
