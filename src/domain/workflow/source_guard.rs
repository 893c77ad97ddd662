//! Removes the references of a streamed answer to sources that do not exist, and lists the others.

use std::{collections::BTreeSet, fmt::Write, mem};

/// The maximum length of a reference to sources, in bytes.
const LONGEST_REFERENCE: usize = 40;

/// Removes references such as `[9]` to sources that do not exist, and lists those that were referred to.
#[derive(Debug, Clone)]
pub struct SourceGuard {
    /// The titles of the sources.
    titles: Vec<String>,
    /// The heading of the list.
    heading: String,
    /// The numbers that were referred to.
    cited: BTreeSet<usize>,
    held: String,
}

impl SourceGuard {
    /// A guard for sources with these titles, numbered from 1, and the heading of their list.
    pub fn new(titles: Vec<String>, heading: &str) -> Self {
        Self {
            titles,
            heading: heading.to_owned(),
            cited: BTreeSet::new(),
            held: String::new(),
        }
    }

    /// What is held back.
    pub(super) fn release(&mut self) -> String {
        mem::take(&mut self.held)
    }

    /// What is left at the end, and the list of the sources.
    pub(super) fn finish(&mut self) -> String {
        let mut text = mem::take(&mut self.held);
        if self.cited.is_empty() {
            return text;
        }
        let _ = write!(text, "\n\n{}", self.heading);
        for number in &self.cited {
            let title = self.titles.get(number - 1).map(String::as_str);
            let _ = write!(text, "\n[{number}] {}", title.unwrap_or_default());
        }
        text
    }

    pub(super) fn push(&mut self, text: &str) -> String {
        self.held.push_str(text);
        let mut passed = String::new();
        while let Some(start) = self.held.find('[') {
            passed.push_str(self.held.get(..start).unwrap_or_default());
            self.held.drain(..start);
            let Some(end) = self.held.find(']') else {
                if self.held.len() <= LONGEST_REFERENCE {
                    return passed;
                }
                passed.push('[');
                self.held.drain(..1);
                continue;
            };
            let inner = self.held.get(1..end).unwrap_or_default().to_owned();
            passed.push_str(&self.existing(&inner));
            self.held.drain(..=end);
        }
        passed.push_str(&mem::take(&mut self.held));
        passed
    }

    /// A bracket with the numbers of sources that exist; as it is when it holds something else.
    fn existing(&mut self, inner: &str) -> String {
        let numbers: Option<Vec<usize>> = inner
            .split([',', ';'])
            .map(|number| number.trim().parse().ok())
            .collect();
        let Some(numbers) = numbers.filter(|numbers| !numbers.is_empty()) else {
            return format!("[{inner}]");
        };
        let exist = |number: &usize| (1..=self.titles.len()).contains(number);
        let numbers: Vec<usize> = numbers.into_iter().filter(exist).collect();
        self.cited.extend(&numbers);
        if numbers.is_empty() {
            return String::new();
        }
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        format!("[{}]", numbers.join(", "))
    }
}
