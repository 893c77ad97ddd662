//! Markdown: blocks keep their source text, because models read Markdown well; headings become the outline.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::{
    Block, DocumentText, budget::Budget, charset::one_line, html, outline::Outline,
    problem::Problem,
};

/// The number of events between two checks of the time.
const EVENTS_PER_CHECK: usize = 1024;

/// Reads `CommonMark` with tables. Front matter is left out.
pub(crate) fn read(text: &str, budget: &mut Budget) -> Result<DocumentText, Problem> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut outline = Outline::default();
    let mut depth = 0_usize;
    let mut heading: Option<String> = None;
    for (index, (event, place)) in Parser::new_ext(text, options)
        .into_offset_iter()
        .enumerate()
    {
        if index % EVENTS_PER_CHECK == 0 {
            budget.check_time()?;
        }
        match event {
            Event::Start(Tag::Heading { .. }) if depth == 0 => {
                heading = Some(String::new());
                depth += 1;
            }
            Event::Start(_) => depth += 1,
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let source = text.get(place).unwrap_or_default();
                    close(end, source, heading.take(), &mut outline, budget)?;
                }
            }
            Event::Text(part) | Event::Code(part) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&part);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(heading) = &mut heading {
                    heading.push(' ');
                }
            }
            _ => {}
        }
    }
    Ok(outline.finish())
}

/// Handles the end of a top-level block.
fn close(
    end: TagEnd,
    source: &str,
    heading: Option<String>,
    outline: &mut Outline,
    budget: &mut Budget,
) -> Result<(), Problem> {
    match end {
        TagEnd::Heading(level) => {
            outline.heading(level as u8, one_line(&heading.unwrap_or_default()), budget)
        }
        TagEnd::MetadataBlock(_) => Ok(()),
        TagEnd::Paragraph => outline.block(one_line(source), budget),
        TagEnd::HtmlBlock => html::read(source, budget)?
            .sections
            .into_iter()
            .flat_map(|section| {
                let headings = section.headings.into_iter().map(Block::new);
                headings.chain(section.blocks)
            })
            .try_for_each(|block| outline.add(block, budget)),
        _ => outline.block(source.trim_end().to_owned(), budget),
    }
}
