//! What the pages of a file share: its objects, its fonts and the layers that are not shown.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::font::Font;
use crate::{budget::Budget, problem::Problem};

/// The maximum decompressed size in bytes of all font programs of a file. What only a later one tells cannot be read.
const MOST_PROGRAMS: usize = 64 * 1024 * 1024;

/// A file that is read.
pub(super) struct File<'d> {
    pub(super) document: &'d Document,
    /// The fonts by the address of their dictionary, which is stable because the document does not change.
    fonts: HashMap<*const Dictionary, Rc<Font>>,
    programs: usize,
    /// Groups of optional content that are off.
    hidden: HashSet<ObjectId>,
}

impl<'d> File<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self {
            document,
            fonts: HashMap::new(),
            programs: MOST_PROGRAMS,
            hidden: hidden_layers(document).unwrap_or_default(),
        }
    }

    /// The decoder of a font.
    pub(super) fn font(
        &mut self,
        font: &'d Dictionary,
        budget: &mut Budget,
    ) -> Result<Rc<Font>, Problem> {
        let place = std::ptr::from_ref(font);
        if let Some(font) = self.fonts.get(&place) {
            return Ok(Rc::clone(font));
        }
        let font = Rc::new(Font::read(font, self.document, budget, &mut self.programs)?);
        self.fonts.insert(place, Rc::clone(&font));
        Ok(font)
    }

    /// Whether a form or an annotation belongs to a layer that is not shown.
    pub(super) fn is_hidden(&self, object: &Dictionary) -> bool {
        object
            .get(b"OC")
            .is_ok_and(|layer| self.is_layer_hidden(layer))
    }

    /// Whether a layer is not shown: a group that is off, or a set of groups which are all off (ISO 32000-1, 8.11.2.2).
    pub(super) fn is_layer_hidden(&self, layer: &Object) -> bool {
        if layer
            .as_reference()
            .is_ok_and(|id| self.hidden.contains(&id))
        {
            return true;
        }
        let Ok((_, Object::Dictionary(set))) = self.document.dereference(layer) else {
            return false;
        };
        let is_off = |group: &Object| {
            group
                .as_reference()
                .is_ok_and(|id| self.hidden.contains(&id))
        };
        match set.get(b"OCGs") {
            Ok(Object::Array(groups)) => !groups.is_empty() && groups.iter().all(is_off),
            Ok(group) => is_off(group),
            Err(_) => false,
        }
    }
}

/// The groups that are off in the default configuration (ISO 32000-1, 8.11.4.3).
fn hidden_layers(document: &Document) -> Option<HashSet<ObjectId>> {
    let catalog = document.catalog().ok()?;
    let layers = catalog
        .get_deref(b"OCProperties", document)
        .and_then(Object::as_dict)
        .ok()?;
    let usual = layers
        .get_deref(b"D", document)
        .and_then(Object::as_dict)
        .ok()?;
    let groups = |from: &Dictionary, key: &[u8]| -> Vec<ObjectId> {
        let list = from.get_deref(key, document).and_then(Object::as_array);
        list.into_iter()
            .flatten()
            .filter_map(|group| group.as_reference().ok())
            .collect()
    };
    let mut hidden = HashSet::new();
    let base = usual
        .get_deref(b"BaseState", document)
        .and_then(Object::as_name);
    if base.is_ok_and(|base| base == b"OFF") {
        hidden.extend(groups(layers, b"OCGs"));
        for shown in groups(usual, b"ON") {
            hidden.remove(&shown);
        }
    }
    hidden.extend(groups(usual, b"OFF"));
    Some(hidden)
}
