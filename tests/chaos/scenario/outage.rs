//! What must hold while a dependency is down, and after it is back.

use std::time::{Duration, Instant};

use crate::{
    plan::{held, slack},
    probe::Probe,
    report::Report,
};

/// The maximum time of any reply during an outage.
const LONGEST_ANSWER: Duration = Duration::from_secs(4);
/// The maximum time until everything works again.
const RECOVERY: Duration = Duration::from_secs(5);

/// The intervals of the outages.
#[derive(Debug, Default)]
pub(super) struct Outages {
    windows: Vec<Window>,
}

#[derive(Debug)]
struct Window {
    what: &'static str,
    from: Instant,
    to: Instant,
}

impl Outages {
    /// Records an outage from that time to now.
    pub(super) fn was_away(&mut self, what: &'static str, from: Instant) {
        let to = Instant::now();
        self.windows.push(Window { what, from, to });
    }

    /// Checks every request that was sent meanwhile.
    pub(super) fn judge(&self, probes: &[Probe], report: &mut Report) {
        for probe in probes {
            report.trial(self.judge_one(probe));
        }
        for window in &self.windows {
            window.tell(probes, report);
        }
    }

    fn judge_one(&self, probe: &Probe) -> Result<(), String> {
        let Probe {
            took, node, answer, ..
        } = probe;
        let doing = if probe.writes { "a write" } else { "a read" };
        let when = self.when(probe);
        if *took > held(LONGEST_ANSWER) {
            return Err(format!("{doing} at {node} took {took:.1?} {when}"));
        }
        let is_excused = self.windows.iter().any(|window| {
            probe.at < window.to + RECOVERY * slack() && probe.at + *took > window.from
        });
        match answer.clone().data() {
            Ok(_) => Ok(()),
            Err(_) if answer.is_unavailable() && is_excused => Ok(()),
            Err(why) => Err(format!("{doing} at {node} {when}: {why}")),
        }
    }

    /// The time of a request relative to the outages, for the report.
    fn when(&self, probe: &Probe) -> String {
        let last = self
            .windows
            .iter()
            .rev()
            .find(|window| window.from <= probe.at);
        last.map_or_else(
            || "before anything was away".to_owned(),
            |window| {
                let after = probe.at - window.from;
                let lasted = window.to - window.from;
                format!(
                    "{after:.1?} after \"{}\" began, which lasted {lasted:.1?}",
                    window.what
                )
            },
        )
    }
}

impl Window {
    /// Reports the time until no request was refused any more.
    fn tell(&self, probes: &[Probe], report: &mut Report) {
        let inside = probes
            .iter()
            .filter(|probe| probe.at >= self.from && probe.at < self.to + RECOVERY);
        let refused: Vec<_> = inside
            .clone()
            .filter(|probe| probe.answer.clone().data().is_err())
            .collect();
        let last = refused.iter().map(|probe| probe.at + probe.took).max();
        let after = last.map(|last| last.saturating_duration_since(self.to));
        let slowest = inside
            .clone()
            .map(|probe| probe.took)
            .max()
            .unwrap_or_default();
        report.figure(format!(
            "{}: {} of {} requests refused, the slowest answer took {slowest:.1?}, the last refusal came {:.1?} after its end",
            self.what,
            refused.len(),
            inside.count(),
            after.unwrap_or_default(),
        ));
    }
}
