//! Refuses an input that has problems.

use crate::error::{Error, Problem, Result};

/// Fails with `BAD_USER_INPUT` when there are problems.
pub(super) fn refuse(problems: Vec<Problem>) -> Result<()> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::problems(problems))
    }
}
