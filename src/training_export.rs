//! `troupe export` at the command line: its options, its lines on the standard output, and its summary on the standard
//! error.

use std::io;

use troupe::{
    app::training_export,
    config::Config,
    domain::{AccountId, AgentId, RatedAnswerFilter},
    error::Result,
    service::{ExportPurpose, TrainingExportOptions},
};

use crate::command::{ExportArguments, ExportedRating, Purpose};

/// Writes the lines, and then what was left out.
pub(crate) async fn run(arguments: &ExportArguments, config: &Config) -> Result<()> {
    let options = options(arguments)?;
    let mut output = io::stdout().lock();
    let summary = Box::pin(training_export::run(config, &options, &mut output)).await?;
    for sentence in summary.sentences() {
        eprintln!("troupe: {sentence}");
    }
    Ok(())
}

fn options(arguments: &ExportArguments) -> Result<TrainingExportOptions> {
    let purpose = match arguments.purpose {
        Purpose::FineTuning => ExportPurpose::FineTuning,
        Purpose::Evaluation => ExportPurpose::Evaluation,
    };
    let usual = match purpose {
        ExportPurpose::FineTuning => ExportedRating::Up,
        ExportPurpose::Evaluation => ExportedRating::Any,
    };
    let agent = arguments.agent.as_deref();
    let agent = agent.map(|id| AgentId::parse("--agent", id));
    Ok(TrainingExportOptions {
        account: AccountId::parse("--account", &arguments.account)?,
        purpose,
        filter: RatedAnswerFilter {
            score: match arguments.rating.unwrap_or(usual) {
                ExportedRating::Up => Some(1),
                ExportedRating::Down => Some(-1),
                ExportedRating::Any => None,
            },
            agent: agent.transpose()?,
            since: arguments.since,
            until: arguments.until,
        },
        has_metadata: arguments.metadata,
    })
}
