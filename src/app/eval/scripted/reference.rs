//! References of scripts to the newest result of a tool: `$result.contacts.0.id`, and `${result.total}` inside a text.

use serde_json::{Map, Value};

use crate::port::{ChatPrompt, PromptMessage};

const WHOLE: &str = "$result.";
const INSIDE: &str = "${result.";

/// The newest tool result of a prompt.
pub(super) struct NewestResult(Value);

impl NewestResult {
    /// The newest result in the prompt; an empty object when there is none.
    pub(super) fn of(prompt: &ChatPrompt) -> Self {
        let newest = prompt
            .messages
            .iter()
            .rev()
            .find_map(|message| match message {
                PromptMessage::Tool { text, .. } => Some(text.as_str()),
                PromptMessage::System(_)
                | PromptMessage::User(_)
                | PromptMessage::Assistant { .. } => None,
            });
        let newest =
            newest.map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)));
        Self(newest.unwrap_or_else(|| Value::Object(Map::new())))
    }

    /// The value with results in place of the references that are whole texts.
    pub(super) fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match text.strip_prefix(WHOLE).map(|path| self.find(path)) {
                Some(Some(found)) => found.clone(),
                Some(None) => value.clone(),
                None => Value::String(self.fill(text)),
            },
            Value::Array(items) => items.iter().map(|item| self.resolve(item)).collect(),
            Value::Object(fields) => {
                let fields = fields.iter();
                let resolved = fields.map(|(name, field)| (name.clone(), self.resolve(field)));
                Value::Object(resolved.collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// The text with results in place of the references inside it.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut left = text;
        while let Some((before, after)) = left.split_once(INSIDE) {
            filled.push_str(before);
            let Some((path, after)) = after.split_once('}') else {
                filled.push_str(INSIDE);
                left = after;
                continue;
            };
            match self.find(path) {
                Some(Value::String(found)) => filled.push_str(found),
                Some(found) => filled.push_str(&found.to_string()),
                None => filled.extend([INSIDE, path, "}"]),
            }
            left = after;
        }
        filled + left
    }

    fn find(&self, path: &str) -> Option<&Value> {
        self.0.pointer(&format!("/{}", path.replace('.', "/")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_replaced_by_the_result() {
        let results =
            NewestResult(json!({"contacts": [{"id": "c1"}], "total": "12.50", "count": 3}));
        let call =
            json!({"id": "$result.contacts.0.id", "n": ["$result.count"], "other": "$bread"});
        assert_eq!(
            results.resolve(&call),
            json!({"id": "c1", "n": [3], "other": "$bread"})
        );
        assert_eq!(
            results.fill("It is ${result.total} for ${result.count}; ${result.none} ${result."),
            "It is 12.50 for 3; ${result.none} ${result."
        );
    }
}
