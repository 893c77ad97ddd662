//! `troupe export`: opens the database, and writes the rated answers of an account.

use std::io::{self, BufWriter, Write};

use super::open_store;
use crate::{
    config::Config,
    error::{Error, Result},
    port::SystemClock,
    service::{TrainingExport, TrainingExportOptions, TrainingExportSummary},
};

/// Writes rated answers as JSON Lines. What was written before an error stays written.
pub async fn run(
    config: &Config,
    options: &TrainingExportOptions,
    output: &mut dyn Write,
) -> Result<TrainingExportSummary> {
    let store = open_store(config).await?;
    let mut output = BufWriter::new(output);
    let mut write = |line: &str| writeln!(output, "{line}").map_err(unwritten);
    let export = TrainingExport {
        store: &store,
        clock: &SystemClock,
        write: &mut write,
    };
    let exported = export.run(options).await;
    let flushed = output.flush().map_err(unwritten);
    store.close().await?;
    let summary = exported?;
    flushed?;
    Ok(summary)
}

fn unwritten(cause: io::Error) -> Error {
    Error::unavailable("writing a line of the export failed").with_source(cause)
}
