//! What one process can do for itself, without anything beside it.

mod announcements;

pub use announcements::LocalAnnouncements;
