//! Executes the drawing operations of a page that affect its text (ISO 32000-1, 8.4, 9.4 and 14.6).

mod form;
mod marked;
mod show;
mod state;

use std::rc::Rc;

use lopdf::{Dictionary, Object};

use self::{marked::MarkedContent, state::GraphicsState};
use super::{
    file::File, font::Font, layout::PageText, matrix::Matrix, operand::Operand,
    operations::Operations,
};
use crate::{budget::Budget, problem::Problem};

/// The maximum nesting depth of saved graphics states.
const DEEPEST_STATE: usize = 256;
/// The number of operations between two checks of the time.
const OPERATIONS_PER_CHECK: usize = 256;

/// The operators that affect text. The operands of other operators are not decoded.
const OPERATORS: &[&[u8]] = &[
    b"q", b"Q", b"cm", b"gs", b"BT", b"Tm", b"Td", b"TD", b"T*", b"TL", b"Tc", b"Tw", b"Tz", b"Ts",
    b"Tf", b"Tj", b"'", b"\"", b"TJ", b"Do", b"BDC", b"BMC", b"EMC",
];

/// Executes the operations of one page.
pub(super) struct Interpreter<'d, 'p> {
    file: &'p mut File<'d>,
    page: &'p mut PageText,
    budget: &'p mut Budget,
    state: GraphicsState,
    saved: Vec<GraphicsState>,
    /// The position of the next text, and of the beginning of its line.
    place: Matrix,
    line: Matrix,
    forms: usize,
    marked: MarkedContent,
}

impl<'d, 'p> Interpreter<'d, 'p> {
    pub(super) fn new(
        file: &'p mut File<'d>,
        page: &'p mut PageText,
        budget: &'p mut Budget,
    ) -> Self {
        Self {
            file,
            page,
            budget,
            state: GraphicsState::FIRST,
            saved: Vec::new(),
            place: Matrix::IDENTITY,
            line: Matrix::IDENTITY,
            forms: 0,
            marked: MarkedContent::default(),
        }
    }

    /// Executes a content stream with its resources.
    pub(super) fn run(
        &mut self,
        content: &[u8],
        resources: &[&'d Dictionary],
    ) -> Result<(), Problem> {
        let mut operations = Operations::new(content);
        let mut count = 0_usize;
        while let Some(raw) = operations.next()? {
            if count.is_multiple_of(OPERATIONS_PER_CHECK) {
                self.budget.check_time()?;
            }
            count += 1;
            if OPERATORS.contains(&raw.operator) {
                self.step(raw.operator, &Operand::all(raw.text), resources)?;
            }
        }
        Ok(())
    }

    fn step(
        &mut self,
        operator: &[u8],
        operands: &[Operand],
        resources: &[&'d Dictionary],
    ) -> Result<(), Problem> {
        match operator {
            b"q" if self.saved.len() < DEEPEST_STATE => self.saved.push(self.state.clone()),
            b"Q" => self.state = self.saved.pop().unwrap_or_else(|| self.state.clone()),
            b"cm" => {
                if let Some(matrix) = Matrix::of(operands) {
                    self.state.transform = matrix.then(self.state.transform);
                }
            }
            b"gs" => self.set_state(operands.first(), resources)?,
            b"Tf" => {
                self.state.size = operands
                    .get(1)
                    .and_then(Operand::number)
                    .unwrap_or_default();
                let font = self.resource(b"Font", operands.first(), resources);
                self.state.font = self.font(font)?;
            }
            b"Do" => self.draw(operands.first(), resources)?,
            b"BDC" => {
                let is_hidden = self.is_hidden(operands, resources);
                let text = self.replacement(operands.get(1), resources);
                self.marked.begin(is_hidden, text);
            }
            b"BMC" => self.marked.begin(false, None),
            b"EMC" => self.end_marked()?,
            _ => self.step_text(operator, operands)?,
        }
        Ok(())
    }

    fn step_text(&mut self, operator: &[u8], operands: &[Operand]) -> Result<(), Problem> {
        let number = |index: usize| operands.get(index).and_then(Operand::number);
        let first = number(0).unwrap_or_default();
        match operator {
            b"BT" => self.place_at(Matrix::IDENTITY),
            b"Tm" => {
                if let Some(matrix) = Matrix::of(operands) {
                    self.place_at(matrix);
                }
            }
            b"Td" | b"TD" => {
                let y = number(1).unwrap_or_default();
                if operator == b"TD" {
                    self.state.leading = -y;
                }
                self.move_line(first, y);
            }
            b"T*" => self.move_line(0.0, -self.state.leading),
            b"TL" => self.state.leading = first,
            b"Tc" => self.state.between_characters = first,
            b"Tw" => self.state.between_words = first,
            b"Tz" => self.state.stretch = number(0).unwrap_or(100.0) / 100.0,
            b"Ts" => self.state.rise = first,
            b"Tj" => self.show(operands.first())?,
            b"'" => {
                self.move_line(0.0, -self.state.leading);
                self.show(operands.first())?;
            }
            b"\"" => {
                self.state.between_words = first;
                self.state.between_characters = number(1).unwrap_or_default();
                self.move_line(0.0, -self.state.leading);
                self.show(operands.last())?;
            }
            b"TJ" => self.show_all(operands.first())?,
            _ => {}
        }
        Ok(())
    }

    fn place_at(&mut self, matrix: Matrix) {
        self.line = matrix;
        self.place = matrix;
    }

    fn move_line(&mut self, x: f32, y: f32) {
        self.place_at(Matrix::translation(x, y).then(self.line));
    }

    /// Sets the font of a named state (ISO 32000-1, 8.4.5).
    fn set_state(
        &mut self,
        name: Option<&Operand>,
        resources: &[&'d Dictionary],
    ) -> Result<(), Problem> {
        let document = self.file.document;
        let font = self
            .resource(b"ExtGState", name, resources)
            .and_then(|state| state.as_dict().ok())
            .and_then(|state| {
                state
                    .get_deref(b"Font", document)
                    .and_then(Object::as_array)
                    .ok()
            });
        if let Some([font, size]) = font.map(Vec::as_slice) {
            self.state.size = size.as_float().unwrap_or_default();
            let font = document.dereference(font).ok().map(|(_, font)| font);
            self.state.font = self.font(font)?;
        }
        Ok(())
    }

    fn font(&mut self, font: Option<&'d Object>) -> Result<Option<Rc<Font>>, Problem> {
        match font.map(Object::as_dict) {
            Some(Ok(font)) => self.file.font(font, self.budget).map(Some),
            _ => Ok(None),
        }
    }

    fn resource(
        &self,
        kind: &[u8],
        name: Option<&Operand>,
        resources: &[&'d Dictionary],
    ) -> Option<&'d Object> {
        let name = name?.name()?;
        let document = self.file.document;
        resources.iter().find_map(|resources| {
            let named = resources.get_deref(kind, document).ok()?;
            named.as_dict().ok()?.get_deref(name, document).ok()
        })
    }
}
