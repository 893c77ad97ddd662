//! The name of a file in `Content-Disposition` (RFC 6266).

use percent_encoding::percent_decode_str;

/// The name that the header gives to the file, without a path.
pub(super) fn file_name(header: &[u8]) -> Option<String> {
    let header = String::from_utf8_lossy(header);
    let mut plain = None;
    for (name, value) in parameters(&header) {
        match name.to_ascii_lowercase().as_str() {
            // the form with a charset is the exact one
            "filename*" => {
                if let Some(exact) = extended(&value) {
                    return Some(exact);
                }
            }
            "filename" => plain = last_segment(&value),
            _ => {}
        }
    }
    plain
}

/// The parameters after the kind of disposition; quoted values are unquoted.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let (value, later) = if let Some(quoted) = after.strip_prefix('"') {
            unquoted(quoted)
        } else {
            let end = after.find(';').unwrap_or(after.len());
            let (value, later) = after.split_at(end);
            (value.trim().to_owned(), later)
        };
        found.push((name.trim_matches([' ', ';', '\t']).to_owned(), value));
        rest = later.split_once(';').map_or("", |(_, later)| later);
    }
    found
}

/// A quoted value, and what follows its end.
fn unquoted(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = quoted.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => break,
            '\\' => value.extend(characters.next()),
            c => value.push(c),
        }
    }
    (value, characters.as_str())
}

/// A value with its charset and language (RFC 8187): `UTF-8''na%C3%AFve.md`.
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    let bytes = percent_decode_str(encoded);
    let text = if charset.eq_ignore_ascii_case("utf-8") {
        bytes.decode_utf8().ok()?.into_owned()
    } else {
        bytes.map(char::from).collect()
    };
    last_segment(&text)
}

fn last_segment(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '\\']).next()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_is_read_in_all_its_forms() {
        for (header, expected) in [
            ("attachment; filename=\"terms.pdf\"", Some("terms.pdf")),
            ("attachment; filename=terms.pdf; size=3", Some("terms.pdf")),
            ("attachment; filename*=UTF-8''rules.md", Some("rules.md")),
            (
                "inline; filename=\"x.txt\"; filename*=utf-8'de'R%C3%BCckgabe.md",
                Some("Rückgabe.md"),
            ),
            (
                "attachment; filename*=iso-8859-1''%FCber.txt",
                Some("über.txt"),
            ),
            ("attachment; filename=\"a\\\"b;c.csv\"", Some("a\"b;c.csv")),
            (
                "attachment; filename=\"C:\\\\files\\\\a.docx\"",
                Some("a.docx"),
            ),
            ("attachment", None),
            ("attachment; filename=\"\"", None),
            ("attachment; filename*=bad", None),
        ] {
            assert_eq!(
                file_name(header.as_bytes()).as_deref(),
                expected,
                "{header}"
            );
        }
    }
}
