//! Traces: the ids that every process derives alike, and the versions of the GenAI conventions.

use std::fmt;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::RunId;

/// The id of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId([u8; 16]);

impl TraceId {
    /// The trace that bears the id of a request, of a run, or of a reading outside of runs.
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid.into_bytes())
    }

    /// The id as OTLP writes it.
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// Whether the trace is among a share of all traces, from 0 to 1. Every process decides alike: by the last 32 bits,
    /// which are random in a `UUIDv7`.
    pub fn is_within(self, share: f64) -> bool {
        let last = self.0.last_chunk().copied().unwrap_or_default();
        f64::from(u32::from_be_bytes(last)) < share * 2_f64.powi(32)
    }
}

impl fmt::Display for TraceId {
    /// 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// The id of a span; never zero, which means no span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId([u8; 8]);

impl SpanId {
    /// The span of a whole run. It is derived, so that each process that answers the run places its spans below the same
    /// one, and the process that ends the run exports it.
    pub fn of_run(run: RunId) -> Self {
        Self::derived("run", run, 0)
    }

    /// The span of one attempt at a run.
    pub fn of_attempt(run: RunId, attempt: i32) -> Self {
        Self::derived("attempt", run, attempt)
    }

    /// The span of a number that the caller has drawn at random.
    pub fn from_number(number: u64) -> Self {
        Self(number.max(1).to_be_bytes())
    }

    /// The id as OTLP writes it.
    pub fn bytes(self) -> [u8; 8] {
        self.0
    }

    fn derived(kind: &str, run: RunId, attempt: i32) -> Self {
        let mut hash = Sha256::new();
        hash.update(kind);
        hash.update(run.uuid().as_bytes());
        hash.update(attempt.to_be_bytes());
        let hash: [u8; 32] = hash.finalize().into();
        let first = hash.first_chunk().copied().unwrap_or_default();
        Self::from_number(u64::from_be_bytes(first))
    }
}

/// A version of the semantic conventions for generative AI: the names of spans and attributes. All versions are in
/// development, so one is pinned, and another one is used only where the operator selects it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenAiConventions {
    /// 0.1.0, the first release of a repository of their own:
    /// <https://github.com/open-telemetry/semantic-conventions-genai>.
    V0_1_0,
    /// 1.36.0 of the semantic conventions, the last version with `gen_ai.system`:
    /// <https://github.com/open-telemetry/semantic-conventions/tree/v1.36.0/docs/gen-ai>.
    V1_36_0,
}

impl GenAiConventions {
    /// Every version by its name in the settings, the default first.
    pub const ALL: [(&'static str, Self); 2] = [
        (Self::V0_1_0.name(), Self::V0_1_0),
        (Self::V1_36_0.name(), Self::V1_36_0),
    ];

    /// The version's name in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V0_1_0 => "gen_ai-0.1.0",
            Self::V1_36_0 => "gen_ai-1.36.0",
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{SpanId, TraceId};
    use crate::domain::RunId;

    fn run(number: u128) -> RunId {
        RunId::from_uuid(Uuid::from_u128(number))
    }

    fn hex(id: SpanId) -> String {
        data_encoding::HEXLOWER.encode(&id.bytes())
    }

    #[test]
    fn ids_of_spans_are_the_same_in_every_process_and_version() {
        // a change of these breaks the traces of runs that are answered during a deploy
        assert_eq!(hex(SpanId::of_run(run(1))), "175af96b6058e4c0");
        assert_eq!(hex(SpanId::of_attempt(run(1), 1)), "5cf008f89c032eff");
        let ids = [
            SpanId::of_run(run(1)),
            SpanId::of_run(run(2)),
            SpanId::of_attempt(run(1), 0),
            SpanId::of_attempt(run(1), 1),
            SpanId::of_attempt(run(1), 2),
            SpanId::of_attempt(run(2), 1),
        ];
        for (place, id) in ids.iter().enumerate() {
            assert!(!ids[..place].contains(id), "{ids:?}");
        }
        assert_ne!(SpanId::from_number(0).bytes(), [0; 8]);
    }

    #[test]
    fn a_trace_is_sampled_by_its_id_alone() {
        let trace = |last: u32| TraceId::from_uuid(Uuid::from_u128(u128::from(last)));
        for last in [0, 1 << 31, u32::MAX] {
            assert!(trace(last).is_within(1.0), "{last}");
            assert!(!trace(last).is_within(0.0), "{last}");
        }
        assert!(trace((1 << 30) - 1).is_within(0.25));
        assert!(!trace(1 << 30).is_within(0.25));
    }
}
