//! The sources of an answer, and where its text refers to them.

use async_graphql::{Context, SimpleObject};
use futures::future::try_join_all;

use super::{context::ContextExt, document::Passage, error::Result, loader::SourcesKey};
use crate::domain::{self, MessageId, NumberedPassage};

/// A place in an answer's text that refers to a source, such as `[1]`.
#[derive(SimpleObject)]
pub(super) struct Citation {
    /// The source.
    passage: Passage,
    /// The number of the source in the text, from 1.
    number: i32,
    /// The start of the reference with its brackets in the message's text, in Unicode code points. A reference to several
    /// sources, such as `[2, 3]`, is one citation for each of them, with the same start and end.
    start: i64,
    /// The end of the reference, in Unicode code points.
    end: i64,
    /// The start in UTF-16 code units, as JavaScript counts.
    utf16_start: i64,
    /// The end in UTF-16 code units, as JavaScript counts.
    utf16_end: i64,
}

impl Citation {
    /// The citations of a message, in the order of its text; those of deleted documents are omitted.
    pub(super) async fn all(ctx: &Context<'_>, message: &domain::Message) -> Result<Vec<Self>> {
        if message.citations.is_empty() {
            return Ok(Vec::new());
        }
        let sources = sources_of(ctx, message.id).await?;
        let mut citations = Vec::with_capacity(message.citations.len());
        let mut units = message.text.chars().map(char::len_utf16);
        let (mut characters, mut utf16) = (0_usize, 0_usize);
        // the citations stand in the order of their starts, and a reference is ASCII
        for cited in &message.citations {
            let skipped = cited.start.saturating_sub(characters);
            utf16 += units.by_ref().take(skipped).sum::<usize>();
            characters += skipped;
            let mut sources = sources.iter();
            let Some((number, passage)) = sources.find(|(number, _)| *number == cited.number)
            else {
                continue;
            };
            let position = |units: usize| i64::try_from(units).unwrap_or(i64::MAX);
            citations.push(Self {
                passage: passage.clone(),
                number: *number,
                start: position(cited.start),
                end: position(cited.end),
                utf16_start: position(utf16),
                utf16_end: position(utf16 + (cited.end - cited.start)),
            });
        }
        Ok(citations)
    }
}

/// The sources of a message with their numbers; those of deleted documents are omitted.
pub(super) async fn sources_of(
    ctx: &Context<'_>,
    message: MessageId,
) -> Result<Vec<(i32, Passage)>> {
    let sources = ctx.loaders()?.load(SourcesKey(message)).await?;
    let sources = sources.into_iter().flatten();
    let with_document = |NumberedPassage { number, passage }| async move {
        let passage = Passage::of(ctx, passage).await?;
        Result::Ok(passage.map(|passage| (number, passage)))
    };
    // concurrent, so that the documents are loaded with one query
    let sources = try_join_all(sources.map(with_document)).await?;
    Ok(sources.into_iter().flatten().collect())
}
