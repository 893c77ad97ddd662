//! Five hundred hostile PDF files: each is read or refused within the limits of its process, nearly all by a cheaper
//! limit.

use std::time::Duration;

use futures::{StreamExt, stream};
use rand::{SeedableRng, rngs::StdRng};
use troupe::{domain::MediaType, error::Kind, port::TextExtractor};

use super::{processes, structure::KINDS};

/// The number of files of each kind.
const FILES: u64 = 52;
/// Half of a process's default.
const MEMORY_MIB: u32 = 256;
/// Enough for each file without compiler optimisation.
const TIME: Duration = Duration::from_mins(1);

#[tokio::test]
async fn every_hostile_file_is_read_or_refused_within_its_limits() {
    let processes = processes(MEMORY_MIB, TIME, 2);
    let files = KINDS
        .iter()
        .flat_map(|(kind, draw)| (0..FILES).map(move |seed| (*kind, *draw, seed)));
    let outcomes: Vec<_> = stream::iter(files)
        .map(|(kind, draw, seed)| {
            let processes = &processes;
            async move {
                let file = draw(&mut StdRng::seed_from_u64(seed));
                let outcome = processes.extract(file, MediaType::Pdf.into()).await;
                (kind, seed, outcome)
            }
        })
        .buffer_unordered(3)
        .collect()
        .await;
    assert!(outcomes.len() >= 500, "{}", outcomes.len());
    let (mut read, mut refused) = (0, 0);
    for (kind, seed, outcome) in outcomes {
        match outcome {
            Ok(_) => read += 1,
            Err(error) => {
                refused += 1;
                let message = error.message();
                // An internal error would be a fault of the program: a process that exceeded its limits, or died
                // without a message.
                let is_its_own = matches!(error.kind(), Kind::BadInput(_));
                let is_over_its_bounds =
                    message.contains("takes more memory") || message.contains("takes longer");
                // A font's map may name any number of codes in a few bytes: only the process's memory limits them.
                let may_be_over = matches!(kind, "font" | "changed bytes");
                assert!(
                    is_its_own && (may_be_over || !is_over_its_bounds),
                    "{kind} {seed}: {message}"
                );
            }
        }
    }
    assert!(read > 50 && refused > 50, "{read} read, {refused} refused");
}
