//! The names of the person whose conversation a text is from.

use regex::Regex;

/// The fewest characters of an id, or of a part of a name: shorter ones are words and numbers of every text.
const SHORTEST: usize = 3;

/// The pattern of a person's external id and display name, as whole words in any case, and of the parts of the name as they
/// are written; none without any of them.
pub(super) fn pattern(external_id: &str, display_name: Option<&str>) -> Option<Regex> {
    let name = display_name.unwrap_or_default().trim();
    let is_long = |text: &str| text.chars().count() >= SHORTEST;
    let has_letter = |text: &str| text.contains(char::is_alphabetic);
    let of_any_case = [external_id.trim(), name].map(|text| (text, "(?i:"));
    let parts = name.split_whitespace().map(|part| {
        let part = part.trim_matches(|c: char| !c.is_alphanumeric());
        (part, "(?:")
    });
    let parts = parts.filter(|(part, _)| has_letter(part));
    let mut names: Vec<(&str, &str)> = of_any_case
        .into_iter()
        .chain(parts)
        .filter(|(text, _)| is_long(text))
        .collect();
    if names.is_empty() {
        return None;
    }
    // the first alternative that matches is taken
    names.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    let names: Vec<String> = names
        .into_iter()
        .map(|(text, open)| format!("{open}{})", regex::escape(text)))
        .collect();
    Regex::new(&format!(
        r"\b{{start-half}}(?:{})\b{{end-half}}",
        names.join("|")
    ))
    .ok()
}
