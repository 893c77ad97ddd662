//! Reads the quotas of accounts, by tier.

use crate::domain::{Quotas, TierQuotas};

use super::reader::Section;

/// The largest value of a quota.
const MOST: u64 = 1_000_000_000;
/// The largest value of the quota of API keys, in any tier.
const MOST_KEYS: u64 = 100;

/// Reads section `quotas` of `app.yaml`: an object per tier, each setting with the variable `TROUPE_QUOTAS_<TIER>_<NAME>`.
/// The defaults are those of [`Quotas::default`].
pub(super) fn read(section: &mut Section<'_, '_>) -> Quotas {
    let usual = Quotas::default();
    Quotas {
        entry: section.section("entry", |tier| read_tier(tier, &usual.entry)),
        standard: section.section("standard", |tier| read_tier(tier, &usual.standard)),
        premium: section.section("premium", |tier| read_tier(tier, &usual.premium)),
    }
}

fn read_tier(section: &mut Section<'_, '_>, usual: &TierQuotas) -> TierQuotas {
    let mut number = |name, most, usual| -> u64 { section.number(name, 1..=most).unwrap_or(usual) };
    TierQuotas {
        documents: number("documents", MOST, usual.documents),
        document_mib: number("document_mib", MOST, usual.document_mib),
        documents_waiting: number("documents_waiting", MOST, usual.documents_waiting),
        agents: number("agents", MOST, usual.agents),
        api_keys: number("api_keys", MOST_KEYS, usual.api_keys),
        mcp_servers: number("mcp_servers", MOST, usual.mcp_servers),
        sockets: number("sockets", MOST, usual.sockets),
        streams: number("streams", MOST, usual.streams),
        mcp_sessions: number("mcp_sessions", MOST, usual.mcp_sessions),
    }
}
