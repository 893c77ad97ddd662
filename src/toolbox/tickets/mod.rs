//! Tickets: customers' requests for help, from the first message to the resolution.

mod change;
mod comment;
mod ticket;

use super::{server::BuiltInServer, tool::Tool};

/// The tickets server.
pub(super) struct Tickets;

impl BuiltInServer for Tickets {
    fn kind(&self) -> &'static str {
        "tickets"
    }

    fn name(&self) -> &'static str {
        "Tickets"
    }

    fn about(&self) -> &'static str {
        "The account's support tickets. A ticket has a number that customers know it by, a priority and a state: OPEN, \
         IN_PROGRESS, WAITING for the customer, RESOLVED, CLOSED. Comments are seen by the customer unless they are internal. \
         Look for an open ticket of the same customer before you create one."
    }

    fn tools(&self) -> Vec<Tool> {
        [ticket::tools(), change::tools(), comment::tools()]
            .into_iter()
            .flatten()
            .collect()
    }
}
