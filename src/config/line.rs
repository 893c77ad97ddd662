//! Finds the line of a setting in a YAML file, for people who repair it.

/// The line, from 1, of the setting with this path, such as `runs.attempts` or `pricingTiers[0].models[1]`; of the nearest
/// object around it when the setting is written in the flow style, `{…}`; none when not even that is found.
pub(super) fn line_of(text: &str, path: &str) -> Option<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = None;
    // the first line and the smallest indentation of what is inside the found setting
    let (mut next, mut inside) = (0, 0);
    for segment in path.split('.') {
        let (name, index) = name_and_index(segment);
        let Some(line) = find(&lines, next, inside, |text| is_key(text, name)) else {
            break;
        };
        found = Some(line);
        (next, inside) = (line + 1, indentation(lines.get(line)?) + 1);
        let Some(index) = index else {
            continue;
        };
        // items of a list may stand as far left as its name
        let Some(item) = nth_item(&lines, next, inside - 1, index) else {
            break;
        };
        found = Some(item);
        (next, inside) = (item, indentation(lines.get(item)?) + 1);
    }
    found.map(|line| line + 1)
}

/// The first line from `next` on that is right; the search ends at a line that is less indented than `inside`.
fn find(
    lines: &[&str],
    next: usize,
    inside: usize,
    is_right: impl Fn(&str) -> bool,
) -> Option<usize> {
    let rest = lines.iter().enumerate().skip(next);
    let rest = rest.filter(|(_, line)| !line.trim().is_empty() && !line.trim().starts_with('#'));
    let mut level = None;
    for (number, line) in rest {
        let item = line.trim_start().trim_start_matches("- ");
        let indent = line.len() - item.len();
        if indent < inside {
            return None;
        }
        // a key of the same name further inside is another one
        let level = *level.get_or_insert(indent);
        if indent == level && is_right(item) {
            return Some(number);
        }
    }
    None
}

/// The line of an item of a list, whose items are indented by at least `inside`.
fn nth_item(lines: &[&str], next: usize, inside: usize, index: usize) -> Option<usize> {
    let level = indentation(lines.get(next)?);
    let items = lines.iter().enumerate().skip(next);
    let items = items.take_while(|(_, line)| line.trim().is_empty() || indentation(line) >= inside);
    let mut items =
        items.filter(|(_, line)| indentation(line) == level && line.trim_start().starts_with('-'));
    items.nth(index).map(|(number, _)| number)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_key(text: &str, name: &str) -> bool {
    let text = text.trim_start_matches(['"', '\'']);
    text.strip_prefix(name)
        .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':'))
}

fn name_and_index(segment: &str) -> (&str, Option<usize>) {
    match segment.split_once('[') {
        Some((name, index)) => (name, index.trim_end_matches(']').parse().ok()),
        None => (segment, None),
    }
}

#[cfg(test)]
mod tests {
    use super::line_of;

    const TEXT: &str = "\
# settings
runs:
  # not this one: attempts: 1
  attempts: 0
limits: { message_burst: 0 }
models:
  chat:
    mini:
      attempts: 2
      provider: none
pricingTiers:
  - name: standard
    models: [default]
  - name: premium
    limits:
      documents: -1
";

    #[test]
    fn a_setting_is_found_by_its_path() {
        for (path, line) in [
            ("runs.attempts", Some(4)),
            ("runs.deadline", Some(2)),
            ("limits.message_burst", Some(5)),
            ("models.chat.mini.provider", Some(10)),
            ("models.chat.mini", Some(8)),
            ("pricingTiers[0].models[0]", Some(13)),
            ("pricingTiers[1]", Some(14)),
            ("pricingTiers[1].limits.documents", Some(16)),
            ("attempts", None),
            ("line 2, column 5", None),
            ("is gone; put it back", None),
        ] {
            assert_eq!(line_of(TEXT, path), line, "{path}");
        }
    }
}
