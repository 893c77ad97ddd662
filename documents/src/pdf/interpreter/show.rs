//! Shows strings (ISO 32000-1, 9.4.3 and 9.4.4).

use super::{
    super::{
        layout::{Drawn, UNREADABLE, is_right_to_left},
        matrix::Matrix,
        operand::Operand,
    },
    Interpreter,
};
use crate::{charset::clean, problem::Problem};

/// The number of bytes of a string from which the time is checked.
const LONG_STRING: usize = 256;
/// The maximum space between the letters of a word, as a fraction of the size.
const WIDEST_LETTERS: f32 = 0.35;

impl Interpreter<'_, '_> {
    /// Shows strings with gaps between them, in thousandths of the font size.
    pub(super) fn show_all(&mut self, parts: Option<&Operand>) -> Result<(), Problem> {
        let Some(Operand::Array(parts)) = parts else {
            return Ok(());
        };
        let spacing = if self.takes_spacing_back(parts) {
            0.0
        } else {
            self.letter_spacing()
        };
        for part in parts {
            match part.number() {
                Some(back) => self.advance(-back / 1000.0 * self.state.size),
                None => self.show_spaced(Some(part), spacing)?,
            }
        }
        Ok(())
    }

    /// Whether most gaps take back the space between characters. It is then the space between words, which programs that
    /// justify lines write where nothing is taken back.
    fn takes_spacing_back(&self, parts: &[Operand]) -> bool {
        let least = self.letter_spacing() / 2.0;
        let gaps = || parts.iter().filter_map(Operand::number);
        let back = gaps().filter(|back| back / 1000.0 * self.state.size > least);
        least > 0.0 && back.count() * 2 > gaps().count()
    }

    /// The space between characters as far as it belongs to the letters of a word: letters that are spaced evenly are
    /// still one word. A negative space moves back, as for text from right to left: the character is as wide as it is.
    fn letter_spacing(&self) -> f32 {
        let space = self.state.between_characters;
        if (0.0..WIDEST_LETTERS * self.state.size.abs()).contains(&space) {
            space
        } else {
            0.0
        }
    }

    pub(super) fn show(&mut self, string: Option<&Operand>) -> Result<(), Problem> {
        self.show_spaced(string, self.letter_spacing())
    }

    fn show_spaced(&mut self, string: Option<&Operand>, spacing: f32) -> Result<(), Problem> {
        let (Some(font), Some(Operand::String(codes))) = (self.state.font.clone(), string) else {
            return Ok(());
        };
        let mut codes = codes.as_slice();
        if codes.len() > LONG_STRING {
            self.budget.check_time()?;
        }
        while !codes.is_empty() {
            let code = font.next_code(codes);
            codes = codes.get(code.length..).unwrap_or_default();
            let width = code.width * self.state.size;
            let mut after = width + self.state.between_characters;
            let drawn = width + spacing;
            if !code.is_invisible(&font) {
                self.draw_character(&code.text, drawn, font.is_vertical, font.height)?;
            }
            if code.is_space {
                after += self.state.between_words;
            }
            self.advance(after);
        }
        Ok(())
    }

    /// Moves the position of the next text along the line.
    fn advance(&mut self, width: f32) {
        let is_vertical = self
            .state
            .font
            .as_ref()
            .is_some_and(|font| font.is_vertical);
        let moved = if is_vertical {
            Matrix::translation(0.0, -width)
        } else {
            Matrix::translation(width * self.state.stretch, 0.0)
        };
        self.place = moved.then(self.place);
    }

    fn draw_character(
        &mut self,
        text: &str,
        width: f32,
        is_vertical: bool,
        height: f32,
    ) -> Result<(), Problem> {
        if self.marked.is_hidden() {
            return Ok(());
        }
        let from = Matrix::translation(0.0, self.state.rise)
            .then(self.place)
            .then(self.state.transform);
        let text = match text {
            "" => UNREADABLE.to_string(),
            text if text.chars().all(char::is_control) => " ".to_owned(),
            text => clean(&text.replace('\u{ad}', "-")),
        };
        self.budget.take(&text)?;
        let (x, y) = from.origin();
        let along = if is_vertical {
            width
        } else {
            width * self.state.stretch
        };
        let (direction, length, size) = if is_vertical {
            (from.downwards(), along * from.height(), from.width())
        } else {
            (
                from.rightwards(),
                along * from.width(),
                from.height() * height,
            )
        };
        let (right, up) = direction.unwrap_or((1.0, 0.0));
        let length = length.abs();
        // a negative size mirrors the text: it runs backwards, unless its script does
        let (x, y, direction) = if along >= 0.0 {
            (x, y, (right, up))
        } else if text.chars().any(is_right_to_left) {
            (x - right * length, y - up * length, (right, up))
        } else {
            (x, y, (-right, -up))
        };
        let drawn = Drawn {
            text: &text,
            x,
            y,
            direction,
            length,
            size: (self.state.size * size).abs(),
        };
        if !self.marked.replaces(&drawn) {
            self.page.add(&drawn);
        }
        Ok(())
    }

    /// Ends marked content. The text that replaces it is drawn where its first character was.
    pub(super) fn end_marked(&mut self) -> Result<(), Problem> {
        if let Some(replacement) = self.marked.end() {
            self.budget.take(&replacement.text)?;
            self.page.add(&replacement.drawn());
        }
        Ok(())
    }
}
