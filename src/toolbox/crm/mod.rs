//! The CRM: contacts, leads with their qualification, deals and activities.

mod activity;
mod contact;
mod deal;
mod lead;

use super::{server::BuiltInServer, tool::Tool};

/// The CRM server.
pub(super) struct Crm;

impl BuiltInServer for Crm {
    fn kind(&self) -> &'static str {
        "crm"
    }

    fn name(&self) -> &'static str {
        "CRM"
    }

    fn about(&self) -> &'static str {
        "The account's customers. A contact is a person; a lead is a contact's interest in something, qualified by budget, \
         authority, need and timeline; a deal is business that may come of it. Look for a contact before you create one."
    }

    fn tools(&self) -> Vec<Tool> {
        [
            contact::tools(),
            lead::tools(),
            deal::tools(),
            activity::tools(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
