//! Reads an export page by page: first the person, then each conversation, table by table.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use crate::{
    domain::{ConversationId, EndUser},
    error::{Error, Result},
    store::{ExportPart, ExportPosition, TenantStore},
};

/// The maximum number of rows that are read at a time.
const PAGE: u64 = 100;

/// Reads an export; holds at most one page of it, and no connection between two pages.
pub(super) struct ExportReader {
    store: TenantStore,
    person: EndUser,
    part: Option<ExportPart>,
    position: ExportPosition,
    /// Conversations that come next.
    next: VecDeque<ConversationId>,
    /// The last conversation that was found.
    last: Option<ConversationId>,
    /// The number of lines so far.
    lines: u64,
    is_complete: bool,
}

impl ExportReader {
    /// Starts before the first line.
    pub(super) fn new(store: TenantStore, person: EndUser) -> Self {
        Self {
            part: Some(ExportPart::Person(person.id)),
            store,
            person,
            position: START,
            next: VecDeque::new(),
            last: None,
            lines: 0,
            is_complete: false,
        }
    }

    /// The next lines, each with its line feed; none after the last one.
    pub(super) async fn next_lines(&mut self) -> Result<Option<String>> {
        while let Some(part) = self.part {
            let page = self.store.export_page(part, self.position, PAGE);
            let page = page.await?;
            if page.is_past_the_end {
                self.part = self.next_part().await?;
                self.position = START;
                continue;
            }
            let count = page.rows.len() as u64;
            if count < PAGE {
                self.position = ExportPosition {
                    table: self.position.table + 1,
                    offset: 0,
                };
            } else {
                self.position.offset += count;
            }
            if count > 0 {
                self.lines += count;
                return Ok(Some(lines_of(page.rows)?));
            }
        }
        if std::mem::replace(&mut self.is_complete, true) {
            return Ok(None);
        }
        let end = json!({"kind": "end", "lines": self.lines});
        Ok(Some(format!("{end}\n")))
    }

    async fn next_part(&mut self) -> Result<Option<ExportPart>> {
        if self.next.is_empty() {
            let external_id = &self.person.external_id;
            let found = self
                .store
                .conversations_to_export(external_id, self.last, PAGE);
            self.next = found.await?.into();
            self.last = self.next.back().copied().or(self.last);
        }
        Ok(self.next.pop_front().map(ExportPart::Conversation))
    }
}

/// The first row of the first table.
const START: ExportPosition = ExportPosition {
    table: 0,
    offset: 0,
};

fn lines_of(rows: Vec<Map<String, Value>>) -> Result<String> {
    let mut lines = String::new();
    for row in rows {
        let line = serde_json::to_string(&row)
            .map_err(|cause| Error::internal("write a line of an export").with_source(cause))?;
        lines.push_str(&line);
        lines.push('\n');
    }
    Ok(lines)
}
