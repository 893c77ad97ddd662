//! The selection compiler knows every event type of the schema.

use std::collections::BTreeSet;

use super::schema;
use crate::graphql::fast_path::selection::TYPES;

#[test]
fn a_new_kind_of_event_does_not_send_tokens_through_the_executor() {
    let sdl = schema().sdl();
    let kinds = sdl.lines().filter_map(|line| {
        line.strip_prefix("type ")?
            .strip_suffix(" implements RunEvent {")
    });
    let known = BTreeSet::from(TYPES);
    assert_eq!(kinds.collect::<BTreeSet<_>>(), known);
}
