//! Mail messages and saved web pages (RFC 5322, RFC 2045, RFC 2557).

use mail_parser::{Address, Message, MessageParser, MimeHeaders, PartType};

use crate::{
    DocumentText, MediaType,
    budget::Budget,
    charset::{clean, one_line},
    excerpt::excerpt,
    html,
    outline::Outline,
    plain,
    problem::Problem,
};

/// The plain form of a message is read if it has at least this share of the text of its HTML form, in percent.
const PLAIN_SHARE: usize = 70;
/// The maximum number of attachments that a warning names.
const MOST_NAMES: usize = 10;
/// The maximum number of messages inside a message that are read.
const MOST_INNER: usize = 100;

/// Reads a message: its subject is the title, its sender, receivers and date are the first lines, and of alternatives
/// one is read. Messages inside it are read as well; other attachments are named in a warning.
pub(crate) fn read(
    content: &[u8],
    media_type: MediaType,
    budget: &mut Budget,
) -> Result<DocumentText, Problem> {
    let message = MessageParser::default()
        .parse(content)
        .ok_or(Problem::Damaged)?;
    let mut outline = Outline::default();
    outline.title(message.subject().unwrap_or_default());
    let mut inner: Vec<&Message<'_>> = Vec::new();
    let mut attachments = Vec::new();
    if media_type == MediaType::Mail {
        read_header(&message, &mut outline, budget)?;
    }
    read_message(&message, &mut outline, budget)?;
    collect(&message, &mut inner, &mut attachments);
    for message in inner {
        let subject = one_line(message.subject().unwrap_or("Message"));
        outline.heading(1, clean(&subject), budget)?;
        read_header(message, &mut outline, budget)?;
        read_message(message, &mut outline, budget)?;
    }
    if let Some(first) = attachments.first() {
        let names = attachments
            .iter()
            .take(MOST_NAMES)
            .map(|name| excerpt(name))
            .collect::<Vec<_>>()
            .join(", ");
        let more = if attachments.len() > MOST_NAMES {
            ", …"
        } else {
            ""
        };
        outline.warn(match attachments.len() {
            1 => format!(
                "the attachment {} was not read; ingest it by itself",
                excerpt(first)
            ),
            count => format!(
                "{count} attachments were not read: {names}{more}; ingest them by themselves"
            ),
        });
    }
    outline.finish(budget)
}

/// Adds who wrote a message to whom, and when.
fn read_header(
    message: &Message<'_>,
    outline: &mut Outline,
    budget: &mut Budget,
) -> Result<(), Problem> {
    let addresses = [
        ("From", message.from()),
        ("To", message.to()),
        ("Cc", message.cc()),
    ];
    let mut header: Vec<String> = addresses
        .into_iter()
        .filter_map(|(name, address)| Some(format!("{name}: {}", people(address?)?)))
        .collect();
    header.extend(
        message
            .date()
            .map(|date| format!("Date: {}", date.to_rfc3339())),
    );
    outline.block(clean(&header.join("\n")), budget)
}

/// Adds the text of a message.
fn read_message(
    message: &Message<'_>,
    outline: &mut Outline,
    budget: &mut Budget,
) -> Result<(), Problem> {
    budget.check_time()?;
    let html: Vec<&str> = texts(message.html_bodies(), true);
    let text: Vec<&str> = texts(message.text_bodies(), false);
    if html.is_empty() {
        return add_plain(&text, outline, budget);
    }
    let mut page = Outline::default();
    for part in &html {
        html::read_into(part, &mut page, budget)?;
    }
    let page = page.finish(budget)?;
    let of_page: usize = page
        .sections
        .iter()
        .flat_map(|section| &section.blocks)
        .map(|block| visible(&block.text))
        .sum();
    let of_text: usize = text.iter().map(|text| visible(text)).sum();
    if of_text > 0 && of_text * 100 >= of_page * PLAIN_SHARE {
        return add_plain(&text, outline, budget);
    }
    outline.append(page, budget)
}

fn add_plain(texts: &[&str], outline: &mut Outline, budget: &mut Budget) -> Result<(), Problem> {
    for text in texts {
        for section in plain::read(&clean(text), budget)?.sections {
            for block in section.blocks {
                outline.counted_block(block, budget)?;
            }
        }
    }
    Ok(())
}

/// The texts of the parts that are HTML, or of those that are not.
fn texts<'m>(
    parts: impl Iterator<Item = &'m mail_parser::MessagePart<'m>>,
    is_html: bool,
) -> Vec<&'m str> {
    parts
        .filter_map(|part| match &part.body {
            PartType::Html(text) if is_html => Some(&**text),
            PartType::Text(text) if !is_html => Some(&**text),
            _ => None,
        })
        .collect()
}

fn visible(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

/// The messages inside a message, and the names of its other attachments.
fn collect<'m>(
    message: &'m Message<'m>,
    inner: &mut Vec<&'m Message<'m>>,
    attachments: &mut Vec<String>,
) {
    let mut queue: Vec<&'m Message<'m>> = vec![message];
    while let Some(message) = queue.pop() {
        for part in message.attachments() {
            if let PartType::Message(nested) = &part.body
                && inner.len() < MOST_INNER
            {
                inner.push(nested);
                queue.push(nested);
                continue;
            }
            let is_inline = matches!(part.body, PartType::InlineBinary(_));
            let name = part.attachment_name().map(|name| clean(&one_line(name)));
            // pictures and styles of the page have no name that people see
            if let Some(name) = name.filter(|_| !is_inline) {
                attachments.push(name);
            }
        }
    }
}

/// Names and addresses, separated by commas.
fn people(address: &Address<'_>) -> Option<String> {
    let people: Vec<String> = address
        .iter()
        .filter_map(|person| match (&person.name, &person.address) {
            (Some(name), Some(address)) => Some(format!("{name} <{address}>")),
            (Some(only), None) | (None, Some(only)) => Some(only.to_string()),
            (None, None) => None,
        })
        .collect();
    (!people.is_empty()).then(|| one_line(&people.join(", ")))
}
