//! Tokens of identity providers.

use super::reader::Section;

/// Tokens of identity providers; section `identity_providers` of `app.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvidersConfig {
    /// `TROUPE_IDENTITY_PROVIDERS_CLOCK_SKEW_SECONDS`: the allowed difference between the clocks of this machine and of
    /// identity providers. Default: 60 seconds.
    pub clock_skew_seconds: u32,
}

impl IdentityProvidersConfig {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            clock_skew_seconds: section.number("clock_skew_seconds", 0..=300).unwrap_or(60),
        }
    }
}
