//! Whether a share is exceeded, judged from few events as well as from many.

/// The fewest events from which anything is concluded.
const FEWEST: i64 = 5;
/// The number of events from which the share itself is compared.
const ENOUGH: i64 = 20;
/// The one-sided 95% quantile of the normal distribution.
const QUANTILE: f64 = 1.645;

/// Whether `bad` of `all` events exceed the share `most`. Of few events, the lower bound of the share's Wilson interval is
/// compared: two failures of five runs prove little against 30%, five of five prove it.
#[expect(
    clippy::cast_precision_loss,
    reason = "a count of runs, far below 2^52"
)]
pub(super) fn exceeds(bad: i64, all: i64, most: f64) -> bool {
    if all < FEWEST {
        return false;
    }
    let (bad, count) = (bad as f64, all as f64);
    let share = bad / count;
    if all >= ENOUGH {
        return share > most;
    }
    let square = QUANTILE * QUANTILE;
    let centre = share + square / (2.0 * count);
    let spread = (share * (1.0 - share) / count + square / (4.0 * count * count)).sqrt();
    let lower_bound = (centre - QUANTILE * spread) / (1.0 + square / count);
    lower_bound > most
}

/// A share as a percentage with at most one digit after the point.
pub(super) fn percent(share: f64) -> String {
    format!("{}%", (share * 1_000.0).round() / 10.0)
}
