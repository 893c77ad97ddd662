//! The text of a page's form fields and annotations: what their appearance shows, else their value (ISO 32000-1, 12.5.5 and
//! 12.7).

use lopdf::{Dictionary, Object, Stream, decode_text_string};

use super::{
    file::File,
    interpreter::Interpreter,
    layout::{Drawn, PageText},
    matrix::Matrix,
    page::rectangle,
};
use crate::{budget::Budget, charset::clean, problem::Problem};

/// The flags of annotations that are not shown: Hidden and `NoView`.
const NOT_SHOWN: i64 = 2 | 32;
/// The maximum number of annotations of a page.
const MOST_ANNOTATIONS: usize = 10_000;
/// The maximum number of fields between a widget and the root of its field.
const DEEPEST_FIELD: usize = 32;
/// The flag of a choice that shows only the chosen option.
const COMBO: i64 = 1 << 17;
/// The maximum number of options of a list.
const MOST_OPTIONS: usize = 1_000;
/// The size of a value without an appearance, in points, and its distance from the edge.
const VALUE_SIZE: f32 = 10.0;
const EDGE: f32 = 2.0;
/// The width of its characters, as a fraction of the size.
const USUAL_WIDTH: f32 = 0.5;

/// Adds the text of a page's annotations.
pub(super) fn read<'d>(
    file: &mut File<'d>,
    page: &'d Dictionary,
    text: &mut PageText,
    budget: &mut Budget,
) -> Result<(), Problem> {
    let document = file.document;
    let annotations = page
        .get_deref(b"Annots", document)
        .and_then(Object::as_array);
    for annotation in annotations.into_iter().flatten().take(MOST_ANNOTATIONS) {
        budget.check_time()?;
        let annotation = document
            .dereference(annotation)
            .and_then(|(_, annotation)| annotation.as_dict());
        let Ok(annotation) = annotation else { continue };
        let flags = annotation
            .get_deref(b"F", document)
            .and_then(Object::as_i64);
        if flags.is_ok_and(|flags| flags & NOT_SHOWN != 0) || file.is_hidden(annotation) {
            continue;
        }
        let corners = annotation
            .get_deref(b"Rect", document)
            .and_then(Object::as_array);
        let Some(area) = corners.ok().and_then(|corners| rectangle(file, corners)) else {
            continue;
        };
        let kind = annotation
            .get_deref(b"Subtype", document)
            .and_then(Object::as_name);
        let kind = kind.unwrap_or_default();
        // a popup shows nothing of its own before it is opened
        if kind == b"Popup" {
            continue;
        }
        let before = text.characters;
        if let Some(form) = appearance(file, annotation) {
            let place = place(file, form, area);
            Interpreter::new(file, text, budget).draw_form(form, place, &[])?;
        }
        // some programs leave the appearance to the reader, and write an empty one
        if text.characters == before {
            let value = value(file, annotation, kind);
            add_value(&value.unwrap_or_default(), area, text, budget)?;
        }
    }
    Ok(())
}

/// The form that an annotation shows in its current state.
fn appearance<'d>(file: &File<'d>, annotation: &'d Dictionary) -> Option<&'d Stream> {
    let document = file.document;
    let appearances = annotation
        .get_deref(b"AP", document)
        .and_then(Object::as_dict)
        .ok()?;
    match appearances.get_deref(b"N", document).ok()? {
        Object::Stream(form) => Some(form),
        Object::Dictionary(states) => {
            let state = annotation
                .get_deref(b"AS", document)
                .and_then(Object::as_name)
                .ok()?;
            states
                .get_deref(state, document)
                .and_then(Object::as_stream)
                .ok()
        }
        _ => None,
    }
}

/// The matrix that fits the bounds of a form into an area (ISO 32000-1, 12.5.5).
fn place(file: &File<'_>, form: &Stream, [left, bottom, right, top]: [f32; 4]) -> Matrix {
    let numbers = |key| {
        form.dict
            .get_deref(key, file.document)
            .and_then(Object::as_array)
            .ok()
    };
    let bounds = numbers(b"BBox".as_slice()).and_then(|corners| rectangle(file, corners));
    let Some([x, y, end, height]) = bounds else {
        return Matrix::translation(left, bottom);
    };
    let matrix = numbers(b"Matrix").and_then(|numbers| Matrix::of_objects(numbers));
    let matrix = matrix.unwrap_or(Matrix::IDENTITY);
    let corners = [(x, y), (end, y), (x, height), (end, height)].map(|(x, y)| matrix.apply(x, y));
    let least = |pick: fn(&(f32, f32)) -> f32| corners.iter().map(pick).fold(f32::MAX, f32::min);
    let most = |pick: fn(&(f32, f32)) -> f32| corners.iter().map(pick).fold(f32::MIN, f32::max);
    let (x, end) = (least(|point| point.0), most(|point| point.0));
    let (y, height) = (least(|point| point.1), most(|point| point.1));
    if end <= x || height <= y {
        return Matrix::translation(left - x, bottom - y);
    }
    let (wide, high) = ((right - left) / (end - x), (top - bottom) / (height - y));
    Matrix::scaling(wide, high, left - x * wide, bottom - y * high)
}

/// The text of an annotation without an appearance: the value of a field, or a note on the page.
fn value(file: &File<'_>, annotation: &Dictionary, kind: &[u8]) -> Option<String> {
    let document = file.document;
    if kind == b"FreeText" {
        let contents = annotation.get_deref(b"Contents", document).ok()?;
        return decode_text_string(contents).ok();
    }
    if kind != b"Widget" {
        return None;
    }
    if let Some(options) = listed(file, annotation) {
        return Some(options);
    }
    let mut field = annotation;
    for _ in 0..DEEPEST_FIELD {
        match field.get_deref(b"V", document) {
            Ok(Object::Array(values)) => {
                let values = values
                    .iter()
                    .filter_map(|value| decode_text_string(value).ok());
                return Some(values.collect::<Vec<_>>().join("\n"));
            }
            Ok(value @ Object::String(..)) => return decode_text_string(value).ok(),
            // the name of a state, such as `Off`
            Ok(_) => return None,
            Err(_) => {}
        }
        field = field
            .get_deref(b"Parent", document)
            .and_then(Object::as_dict)
            .ok()?;
    }
    None
}

fn letters(line: &str) -> f32 {
    f32::from(u16::try_from(line.chars().count()).unwrap_or(u16::MAX))
}

/// The options of a list that shows them all (ISO 32000-1, 12.7.4.4).
fn listed(file: &File<'_>, widget: &Dictionary) -> Option<String> {
    let document = file.document;
    let flags = widget
        .get_deref(b"Ff", document)
        .and_then(Object::as_i64)
        .unwrap_or(0);
    let kind = widget
        .get_deref(b"FT", document)
        .and_then(Object::as_name)
        .ok()?;
    if kind != b"Ch" || flags & COMBO != 0 {
        return None;
    }
    let options = widget
        .get_deref(b"Opt", document)
        .and_then(Object::as_array)
        .ok()?;
    let name = |option: &Object| {
        let (_, option) = document.dereference(option).ok()?;
        // the value that is exported, and the one that is shown
        let shown = option
            .as_array()
            .ok()
            .and_then(|pair| pair.last())
            .unwrap_or(option);
        decode_text_string(shown).ok()
    };
    let names: Vec<String> = options.iter().take(MOST_OPTIONS).filter_map(name).collect();
    Some(names.join("\n"))
}

fn add_value(
    value: &str,
    [left, bottom, right, top]: [f32; 4],
    text: &mut PageText,
    budget: &mut Budget,
) -> Result<(), Problem> {
    let value = clean(value);
    budget.take(&value)?;
    let size = VALUE_SIZE.min(top - bottom);
    let mut y = if value.contains('\n') {
        top - size
    } else {
        (bottom + top - size) / 2.0 + EDGE
    };
    for line in value.lines() {
        text.add(&Drawn {
            text: line,
            x: left + EDGE,
            y,
            direction: (1.0, 0.0),
            length: (right - left - 2.0 * EDGE).min(size * letters(line) * USUAL_WIDTH),
            size,
        });
        y -= size;
    }
    Ok(())
}
