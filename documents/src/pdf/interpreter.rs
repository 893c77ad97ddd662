//! Executes the drawing operations of a page that affect its text (ISO 32000-1, 8.4 and 9.4).

use std::collections::HashMap;

use lopdf::{Dictionary, Document, Object, content::Content};

use super::{
    LARGEST_STREAM,
    font::Font,
    inflate::inflate,
    layout::{Layout, TextRun},
    matrix::Matrix,
    operations::Operations,
};
use crate::{budget::Budget, charset::clean, problem::Problem};

/// The maximum nesting depth of forms, and of saved graphics states.
const DEEPEST_FORM: usize = 8;
const DEEPEST_STATE: usize = 256;
/// The number of operations between two checks of the time.
const OPERATIONS_PER_CHECK: usize = 256;

/// The operators that affect text. The operands of other operators are not decoded.
const OPERATORS: &[&[u8]] = &[
    b"q", b"Q", b"cm", b"BT", b"Tm", b"Td", b"TD", b"T*", b"TL", b"Tc", b"Tw", b"Tz", b"Tf", b"Tj",
    b"'", b"\"", b"TJ", b"Do",
];

/// The graphics state, which `q` saves and `Q` restores.
#[derive(Clone)]
struct GraphicsState {
    transform: Matrix,
    font: Option<*const Dictionary>,
    size: f32,
    leading: f32,
    stretch: f32,
    between_characters: f32,
    between_words: f32,
}

impl GraphicsState {
    const FIRST: Self = Self {
        transform: Matrix::IDENTITY,
        font: None,
        size: 0.0,
        leading: 0.0,
        stretch: 1.0,
        between_characters: 0.0,
        between_words: 0.0,
    };
}

/// Executes the operations of one page.
pub(super) struct Interpreter<'d, 'p> {
    document: &'d Document,
    /// The fonts by the address of their dictionary, which is stable because the document does not change.
    fonts: &'p mut HashMap<*const Dictionary, Option<Font<'d>>>,
    layout: &'p mut Layout,
    budget: &'p mut Budget,
    state: GraphicsState,
    saved: Vec<GraphicsState>,
    /// The position of the next text, and of the beginning of its line.
    place: Matrix,
    line: Matrix,
    forms: usize,
}

impl<'d, 'p> Interpreter<'d, 'p> {
    pub(super) fn new(
        document: &'d Document,
        fonts: &'p mut HashMap<*const Dictionary, Option<Font<'d>>>,
        layout: &'p mut Layout,
        budget: &'p mut Budget,
    ) -> Self {
        Self {
            document,
            fonts,
            layout,
            budget,
            state: GraphicsState::FIRST,
            saved: Vec::new(),
            place: Matrix::IDENTITY,
            line: Matrix::IDENTITY,
            forms: 0,
        }
    }

    /// Executes a content stream with its resources, up to the first operation that cannot be parsed.
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
            if !OPERATORS.contains(&raw.operator) {
                continue;
            }
            let Some(Ok(operation)) = Content::decode_iter(raw.text).next() else {
                break;
            };
            self.step(&operation.operator, &operation.operands, resources)?;
        }
        Ok(())
    }

    fn step(
        &mut self,
        operator: &str,
        operands: &[Object],
        resources: &[&'d Dictionary],
    ) -> Result<(), Problem> {
        let number = |index: usize| operands.get(index).and_then(|value| value.as_float().ok());
        match operator {
            "q" if self.saved.len() < DEEPEST_STATE => self.saved.push(self.state.clone()),
            "Q" => self.state = self.saved.pop().unwrap_or_else(|| self.state.clone()),
            "cm" => {
                if let Some(matrix) = Matrix::of(operands) {
                    self.state.transform = matrix.then(self.state.transform);
                }
            }
            "BT" => self.place_at(Matrix::IDENTITY),
            "Tm" => {
                if let Some(matrix) = Matrix::of(operands) {
                    self.place_at(matrix);
                }
            }
            "Td" | "TD" => {
                let (x, y) = (number(0).unwrap_or_default(), number(1).unwrap_or_default());
                if operator == "TD" {
                    self.state.leading = -y;
                }
                self.move_line(x, y);
            }
            "T*" => self.move_line(0.0, -self.state.leading),
            "TL" => self.state.leading = number(0).unwrap_or_default(),
            "Tc" => self.state.between_characters = number(0).unwrap_or_default(),
            "Tw" => self.state.between_words = number(0).unwrap_or_default(),
            "Tz" => self.state.stretch = number(0).unwrap_or(100.0) / 100.0,
            "Tf" => {
                self.state.size = number(1).unwrap_or_default();
                self.state.font = self.font(operands.first(), resources)?;
            }
            "Tj" => self.show(operands.first())?,
            "'" | "\"" => {
                self.move_line(0.0, -self.state.leading);
                self.show(operands.last())?;
            }
            "TJ" => {
                for part in operands
                    .first()
                    .and_then(|list| list.as_array().ok())
                    .into_iter()
                    .flatten()
                {
                    match part.as_float() {
                        Ok(back) => self.advance(-back / 1000.0 * self.state.size),
                        Err(_) => self.show(Some(part))?,
                    }
                }
            }
            "Do" => self.draw(operands.first(), resources)?,
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

    fn advance(&mut self, width: f32) {
        self.place = Matrix::translation(width * self.state.stretch, 0.0).then(self.place);
    }

    fn font(
        &mut self,
        name: Option<&Object>,
        resources: &[&'d Dictionary],
    ) -> Result<Option<*const Dictionary>, Problem> {
        let Some(font) = self.resource(b"Font", name, resources) else {
            return Ok(None);
        };
        let Ok(font) = font.as_dict() else {
            return Ok(None);
        };
        let place = std::ptr::from_ref(font);
        if !self.fonts.contains_key(&place) {
            let read = Font::read(font, self.document, self.budget)?;
            self.fonts.insert(place, read);
        }
        Ok(Some(place))
    }

    fn resource(
        &self,
        kind: &[u8],
        name: Option<&Object>,
        resources: &[&'d Dictionary],
    ) -> Option<&'d Object> {
        let name = name?.as_name().ok()?;
        resources.iter().find_map(|resources| {
            let named = resources.get_deref(kind, self.document).ok()?;
            named.as_dict().ok()?.get_deref(name, self.document).ok()
        })
    }

    fn show(&mut self, string: Option<&Object>) -> Result<(), Problem> {
        let font = self.state.font.and_then(|place| self.fonts.get(&place));
        let (Some(Some(font)), Some(Ok(codes))) = (font, string.map(Object::as_str)) else {
            return Ok(());
        };
        let (text, width) = font.show(codes);
        let text = clean(&text);
        self.budget.take(&text)?;
        let characters = f32::from(u16::try_from(font.length(codes)).unwrap_or(u16::MAX));
        let spaces = codes.split(|code| *code == b' ').count() - 1;
        let spaces = f32::from(u16::try_from(spaces).unwrap_or(u16::MAX));
        let width = width * self.state.size
            + characters * self.state.between_characters
            + spaces * self.state.between_words;
        let from = self.place.then(self.state.transform);
        self.advance(width);
        let (x, y) = from.origin();
        // the width of rotated text is measured along its line
        let length = width * self.state.stretch * from.width();
        self.layout.add(&TextRun {
            text: &text,
            x,
            y,
            end: x + length,
            size: (self.state.size * from.height()).abs(),
        })
    }

    /// Draws a form. Images are ignored.
    fn draw(&mut self, name: Option<&Object>, resources: &[&'d Dictionary]) -> Result<(), Problem> {
        let Some(Ok(form)) = self
            .resource(b"XObject", name, resources)
            .map(Object::as_stream)
        else {
            return Ok(());
        };
        let is_form = form
            .dict
            .get(b"Subtype")
            .and_then(Object::as_name)
            .is_ok_and(|kind| kind == b"Form");
        if !is_form || self.forms >= DEEPEST_FORM {
            return Ok(());
        }
        let content = inflate(form, LARGEST_STREAM, &mut self.budget.inflated)?;
        let own = form
            .dict
            .get_deref(b"Resources", self.document)
            .and_then(Object::as_dict);
        let resources: Vec<&Dictionary> = own
            .ok()
            .into_iter()
            .chain(resources.iter().copied())
            .collect();
        let before = (self.state.clone(), self.place, self.line);
        let matrix = form
            .dict
            .get_deref(b"Matrix", self.document)
            .and_then(Object::as_array);
        if let Some(matrix) = matrix.ok().and_then(|numbers| Matrix::of(numbers)) {
            self.state.transform = matrix.then(self.state.transform);
        }
        let outer = std::mem::take(&mut self.saved);
        self.forms += 1;
        self.run(&content, &resources)?;
        self.forms -= 1;
        self.saved = outer;
        (self.state, self.place, self.line) = before;
        Ok(())
    }
}
