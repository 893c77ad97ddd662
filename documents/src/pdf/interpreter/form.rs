//! Draws forms, and decides what is hidden (ISO 32000-1, 8.10 and 8.11).

use lopdf::{Dictionary, Object, Stream, decode_text_string};

use super::{
    super::{LARGEST_STREAM, inflate::inflate, matrix::Matrix, operand::Operand},
    Interpreter,
};
use crate::{charset::clean, problem::Problem};

/// The maximum nesting depth of forms.
const DEEPEST_FORM: usize = 8;

impl<'d> Interpreter<'d, '_> {
    /// Draws a named form. Images are only noted.
    pub(super) fn draw(
        &mut self,
        name: Option<&Operand>,
        resources: &[&'d Dictionary],
    ) -> Result<(), Problem> {
        let Some(Ok(drawing)) = self
            .resource(b"XObject", name, resources)
            .map(Object::as_stream)
        else {
            return Ok(());
        };
        let kind = drawing.dict.get_deref(b"Subtype", self.file.document);
        match kind.and_then(Object::as_name) {
            Ok(b"Form") => self.draw_form(drawing, Matrix::IDENTITY, resources),
            Ok(b"Image") => {
                self.page.draws_image = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Draws a form where a matrix places it.
    pub(in crate::pdf) fn draw_form(
        &mut self,
        form: &'d Stream,
        place: Matrix,
        resources: &[&'d Dictionary],
    ) -> Result<(), Problem> {
        let document = self.file.document;
        if self.forms >= DEEPEST_FORM || self.file.is_hidden(&form.dict) {
            return Ok(());
        }
        let content = match inflate(form, LARGEST_STREAM, &mut self.budget.inflated) {
            // a form that cannot be read shows nothing
            Err(Problem::Damaged) => {
                self.page.is_incomplete = true;
                return Ok(());
            }
            content => content?,
        };
        let own = form
            .dict
            .get_deref(b"Resources", document)
            .and_then(Object::as_dict);
        let resources: Vec<&Dictionary> = own
            .ok()
            .into_iter()
            .chain(resources.iter().copied())
            .collect();
        let before = (self.state.clone(), self.place, self.line);
        let matrix = form
            .dict
            .get_deref(b"Matrix", document)
            .and_then(Object::as_array);
        let matrix = matrix.ok().and_then(|numbers| Matrix::of_objects(numbers));
        let matrix = matrix.unwrap_or(Matrix::IDENTITY).then(place);
        self.state.transform = matrix.then(self.state.transform);
        let outer = std::mem::take(&mut self.saved);
        self.forms += 1;
        self.run(&content, &resources)?;
        self.forms -= 1;
        self.saved = outer;
        (self.state, self.place, self.line) = before;
        Ok(())
    }

    /// Whether marked content belongs to a layer that is not shown.
    pub(super) fn is_hidden(&self, operands: &[Operand], resources: &[&'d Dictionary]) -> bool {
        let [tag, layer, ..] = operands else {
            return false;
        };
        if tag.name() != Some(b"OC") {
            return false;
        }
        let document = self.file.document;
        let name = layer.name();
        let layer = resources.iter().find_map(|resources| {
            let named = resources.get_deref(b"Properties", document).ok()?;
            named.as_dict().ok()?.get(name?).ok()
        });
        layer.is_some_and(|layer| self.file.is_layer_hidden(layer))
    }

    /// The text that replaces marked content, in the properties that the content has itself or names.
    pub(super) fn replacement(
        &self,
        properties: Option<&Operand>,
        resources: &[&'d Dictionary],
    ) -> Option<String> {
        let text = match properties? {
            Operand::Name(_) => {
                let named = self.resource(b"Properties", properties, resources)?;
                let text = named
                    .as_dict()
                    .ok()?
                    .get_deref(b"ActualText", self.file.document);
                decode_text_string(text.ok()?).ok()?
            }
            own => match own.get(b"ActualText")? {
                Operand::String(bytes) => {
                    let text = Object::string_literal(bytes.clone());
                    decode_text_string(&text).ok()?
                }
                _ => return None,
            },
        };
        Some(clean(&text.replace('\u{ad}', "-")))
    }
}
