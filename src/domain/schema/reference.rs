//! Resolves the references of a JSON Schema.
//!
//! A reference is resolved only as precisely as counting its cost requires: where it is ambiguous, all candidates are
//! counted. Whether a reference is valid is left to the compiler.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// A schema with the resource that its own references are relative to.
#[derive(Clone, Copy)]
pub(super) struct Located<'s> {
    /// The schema.
    pub(super) schema: &'s Value,
    /// The root of the document, or the innermost enclosing schema with an `$id`.
    pub(super) resource: &'s Value,
}

/// The target of a reference.
pub(super) enum Target<'s> {
    /// Schemas of the same document; several for an ambiguous reference, none for a dangling one.
    Here(Vec<Located<'s>>),
    /// The meta-schema of a draft, which the compiler includes.
    MetaSchema,
    /// Another document.
    Elsewhere,
}

/// The names by which the schemas of a document can be referred to.
pub(super) struct References<'s> {
    resources: HashMap<&'s str, Vec<&'s Value>>,
    anchors: HashMap<&'s str, Vec<Located<'s>>>,
}

impl<'s> References<'s> {
    /// Collects the names of a document whose nesting depth the caller has checked.
    pub(super) fn of(root: &'s Value) -> Self {
        let mut references = Self {
            resources: HashMap::new(),
            anchors: HashMap::new(),
        };
        let document = Located {
            schema: root,
            resource: root,
        };
        references.collect(document);
        references
    }

    fn collect(&mut self, at: Located<'s>) {
        match at.schema {
            Value::Object(fields) => {
                let at = at.entered();
                if let Some(id) = identifier(fields) {
                    let known = self.resources.entry(last_segment(id)).or_default();
                    known.push(at.schema);
                }
                for name in anchors(fields) {
                    self.anchors.entry(name).or_default().push(at);
                }
                for field in fields.values() {
                    self.collect(Located {
                        schema: field,
                        ..at
                    });
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.collect(Located { schema: item, ..at });
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// The target of a reference in a schema of `resource`.
    pub(super) fn target(&self, reference: &str, resource: &'s Value) -> Target<'s> {
        let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        if uri.is_empty() {
            return Target::Here(self.fragment(fragment, &[resource]));
        }
        match self.resources.get(last_segment(uri)) {
            Some(resources) => Target::Here(self.fragment(fragment, resources)),
            None if is_meta_schema(uri) => Target::MetaSchema,
            None => Target::Elsewhere,
        }
    }

    fn fragment(&self, fragment: &str, resources: &[&'s Value]) -> Vec<Located<'s>> {
        let fragment = percent_decoded(fragment);
        if fragment.is_empty() || fragment.starts_with('/') {
            let found = resources
                .iter()
                .filter_map(|resource| pointed_to(resource, &fragment));
            return found.collect();
        }
        // anchors are looked up in the whole document, whatever resource they belong to
        self.anchors
            .get(fragment.as_str())
            .cloned()
            .unwrap_or_default()
    }
}

impl Located<'_> {
    /// The same schema as seen from inside: it is its own resource if it has an `$id`.
    pub(super) fn entered(self) -> Self {
        let is_resource = self.schema.as_object().and_then(identifier).is_some();
        Self {
            resource: if is_resource {
                self.schema
            } else {
                self.resource
            },
            ..self
        }
    }
}

/// The schema at a JSON pointer, with its resource.
fn pointed_to<'s>(resource: &'s Value, pointer: &str) -> Option<Located<'s>> {
    let mut at = Located {
        schema: resource,
        resource,
    };
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let next = match at.schema {
            Value::Object(fields) => fields.get(&step)?,
            Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        };
        at = Located {
            schema: next,
            ..at.entered()
        };
    }
    Some(at)
}

/// The identifier that makes a schema a resource: an `$id`, or the `id` of draft 4, that is not just an anchor.
fn identifier(fields: &Map<String, Value>) -> Option<&str> {
    let named = ["$id", "id"]
        .into_iter()
        .find_map(|keyword| fields.get(keyword)?.as_str());
    named.filter(|id| !id.starts_with('#') && !id.is_empty())
}

fn anchors(fields: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let named = ["$anchor", "$dynamicAnchor"]
        .into_iter()
        .filter_map(|keyword| fields.get(keyword)?.as_str());
    // up to draft 7, an identifier that starts with `#` is an anchor
    let old = ["$id", "id"]
        .into_iter()
        .filter_map(|keyword| fields.get(keyword)?.as_str()?.strip_prefix('#'));
    named.chain(old)
}

/// The last path segment of a URI, without its fragment: the same for relative and absolute spellings.
fn last_segment(uri: &str) -> &str {
    let path = uri.split('#').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

fn is_meta_schema(uri: &str) -> bool {
    uri.strip_prefix("http://")
        .or_else(|| uri.strip_prefix("https://"))
        .is_some_and(|rest| rest.starts_with("json-schema.org/"))
}

fn percent_decoded(text: &str) -> String {
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}
