//! The built-in tool with which an agent hands its conversation over to another agent.

use std::{fmt::Write, sync::Arc};

use serde_json::{json, value::RawValue};

use crate::{
    domain::{Agent, AgentId, RenamedProperties, TemplateSpec, ToolText},
    port::OfferedTool,
};

/// The tool's name. A tool of a server has its server's name and two underscores in front, so no name is taken twice.
pub(in crate::engine) const HAND_OFF: &str = "hand_off";
/// The maximum number of agents that an agent may hand over to.
pub(in crate::engine) const MOST_TARGETS: u64 = 50;
/// The maximum number of characters of an agent's description in the tool's description.
const LONGEST_DESCRIPTION: usize = 240;

/// The tool, with the agents that it may hand over to.
pub(in crate::engine) struct HandOffTool {
    /// The tool as the model sees it.
    pub(in crate::engine) offered: OfferedTool,
    /// The agents.
    pub(in crate::engine) targets: Vec<AgentId>,
}

impl HandOffTool {
    /// The tool for these agents with their templates; none without agents.
    pub(in crate::engine) fn new(targets: &[(Agent, Arc<TemplateSpec>)]) -> Option<Self> {
        if targets.is_empty() {
            return None;
        }
        let mut description = "Hands this conversation over to another agent, which answers the question in your place \
            and goes on from there. Use it only when the question belongs to that agent and not to you; call it alone, \
            without an answer of your own. The agents:"
            .to_owned();
        for (agent, template) in targets {
            let about: String = template
                .description
                .chars()
                .take(LONGEST_DESCRIPTION)
                .collect();
            // writing to a string cannot fail
            let _ = write!(description, "\n- {}: {}. {about}", agent.slug, agent.name);
        }
        let slugs: Vec<&str> = targets
            .iter()
            .map(|(agent, _)| agent.slug.as_str())
            .collect();
        let schema = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["to", "reason"],
            "properties": {
                "to": {"type": "string", "enum": slugs, "description": "The agent that takes over."},
                "reason": {"type": "string", "description": "Why, in one sentence without personal data."},
            },
        });
        Some(Self {
            offered: OfferedTool {
                name: HAND_OFF.to_owned(),
                text: Arc::new(ToolText {
                    description,
                    // a serialized JSON value is always valid JSON
                    input_schema: RawValue::from_string(schema.to_string()).unwrap_or_default(),
                    renamed: RenamedProperties::default(),
                }),
            },
            targets: targets.iter().map(|(agent, _)| agent.id).collect(),
        })
    }
}
