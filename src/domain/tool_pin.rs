//! The pinned hashes of an approved tool definition, and how a definition differs from them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::domain::{ToolDefinition, canonical_json};

/// Which parts of a tool's definition must stay as they were approved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ToolPinning {
    /// The whole definition.
    #[default]
    WholeDefinition,
    /// The name and the input schema; for servers whose descriptions differ at each listing.
    NameAndInputSchema,
}

/// The hashes of an approved definition: SHA-256 in hexadecimal of the whole, of the input schema and of the
/// description, separated by dots. A pin from before the parts were stored has only the first.
#[derive(Debug, Clone, Copy)]
pub struct ToolPin<'a> {
    whole: &'a str,
    input: Option<&'a str>,
    description: Option<&'a str>,
}

impl<'a> ToolPin<'a> {
    /// Reads a pin as [`ToolDefinition::pin`] writes it.
    pub fn read(pin: &'a str) -> Self {
        let mut parts = pin.split('.');
        Self {
            whole: parts.next().unwrap_or_default(),
            input: parts.next(),
            description: parts.next(),
        }
    }

    /// Whether the definition is the approved one, as far as the server's setting pins it.
    pub fn allows(self, tool: &ToolDefinition, pinning: ToolPinning) -> bool {
        let now = tool.pin();
        let now = ToolPin::read(&now);
        match pinning {
            ToolPinning::WholeDefinition => now.whole == self.whole,
            // the pins are stored by name, so the name is the same
            ToolPinning::NameAndInputSchema => self.input.is_some() && now.input == self.input,
        }
    }

    /// Whether both pins are of the same definition.
    pub fn is_same(self, other: ToolPin<'_>) -> bool {
        self.whole == other.whole
    }

    /// The parts of the definition that differ from the approved ones, in a phrase that continues "its definition has
    /// changed since it was approved".
    pub fn difference(self, tool: &ToolDefinition) -> &'static str {
        let now = tool.pin();
        let now = ToolPin::read(&now);
        if self.input.is_none() {
            return "";
        }
        match (now.input == self.input, now.description == self.description) {
            (false, true) => ": its input schema differs",
            (false, false) => ": its input schema and its description differ",
            (true, false) => ": its description differs, its input schema is the same",
            (true, true) => {
                ": its output schema or its annotations differ, its input schema is the same"
            }
        }
    }

    /// Whether only parts differ that [`ToolPinning::NameAndInputSchema`] does not pin.
    pub fn is_same_input(self, tool: &ToolDefinition) -> bool {
        self.allows(tool, ToolPinning::NameAndInputSchema)
    }
}

/// The pin of a definition, as [`ToolPin::read`] reads it.
pub(super) fn pin_of(tool: &ToolDefinition) -> String {
    let whole = json!({
        "name": tool.name,
        "description": tool.description,
        "inputSchema": tool.input_schema,
        "outputSchema": tool.output_schema,
        "annotations": tool.annotations,
    });
    let parts = [
        hash(&whole),
        hash(&tool.input_schema),
        hash(&json!(tool.description)),
    ];
    parts.join(".")
}

fn hash(value: &Value) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(canonical_json(value)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{ToolPin, ToolPinning::*};
    use crate::domain::ToolDefinition;

    fn definition(value: Value) -> ToolDefinition {
        serde_json::from_value(value).unwrap()
    }

    fn base() -> Value {
        json!({"name": "a", "description": "b", "inputSchema": {"type": "object", "x": 1}})
    }

    #[test]
    fn the_hash_covers_every_part_of_a_definition_but_not_key_order() {
        let pin = definition(base()).pin();
        let same =
            json!({"inputSchema": {"x": 1, "type": "object"}, "description": "b", "name": "a"});
        assert_eq!(pin, definition(same).pin());
        for (key, value) in [
            ("name", json!("A")),
            ("description", json!("b ")),
            ("inputSchema", json!({"type": "object", "x": 2})),
            ("outputSchema", json!({"type": "object"})),
            ("annotations", json!({"readOnlyHint": true})),
        ] {
            let mut changed = base();
            changed[key] = value;
            assert_ne!(pin, definition(changed).pin(), "{key}");
        }
    }

    #[test]
    fn narrowed_pinning_allows_all_but_another_input_schema() {
        let pin = definition(base()).pin();
        let pin = ToolPin::read(&pin);
        for (key, value, is_allowed, words) in [
            (
                "description",
                json!("B"),
                true,
                ": its description differs, its input schema is the same",
            ),
            (
                "annotations",
                json!({"a": 1}),
                true,
                ": its output schema or its annotations differ, its input schema is the same",
            ),
            (
                "inputSchema",
                json!({"type": "object"}),
                false,
                ": its input schema differs",
            ),
        ] {
            let mut changed = base();
            changed[key] = value;
            let changed = definition(changed);
            assert!(!pin.allows(&changed, WholeDefinition), "{key}");
            assert_eq!(
                pin.allows(&changed, NameAndInputSchema),
                is_allowed,
                "{key}"
            );
            assert_eq!(pin.difference(&changed), words);
        }
    }

    #[test]
    fn a_pin_without_parts_still_pins_the_whole_definition() {
        let tool = definition(base());
        let pin = tool.pin();
        let old = ToolPin::read(pin.split('.').next().unwrap());
        assert!(old.allows(&tool, WholeDefinition));
        assert!(!old.allows(&tool, NameAndInputSchema));
    }
}
