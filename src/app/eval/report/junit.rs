//! The report as JUnit XML, which CI systems show: <https://github.com/testmoapp/junitxml>. A file is a suite; an
//! expectation that does not hold is a failure, a case that could not be run an error.

use std::fmt::Write;

use super::{EvalReport, FileRun, count::CaseCount};
use crate::app::eval::running::{CaseRun, CaseStatus};

/// The report as JUnit XML.
pub(super) fn junit(report: &EvalReport) -> String {
    let count = report.summary.count;
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites".to_owned();
    attributes(&mut xml, "troupe eval", count, report.time.as_secs_f64());
    xml.push_str(">\n");
    for file in &report.files {
        suite(&mut xml, file);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn suite(xml: &mut String, file: &FileRun) {
    let time = file.cases.iter().map(|case| case.time.as_secs_f64());
    xml.push_str("  <testsuite");
    attributes(xml, &file.path, CaseCount::of(&file.cases), time.sum());
    xml.push_str(">\n");
    for case in &file.cases {
        test_case(xml, case);
    }
    xml.push_str("  </testsuite>\n");
}

fn attributes(xml: &mut String, name: &str, count: CaseCount, seconds: f64) {
    let tests = count.cases + count.skipped;
    let CaseCount {
        failed,
        broken,
        skipped,
        ..
    } = count;
    let name = escaped(name);
    // writing to a string cannot fail
    let _ = write!(
        xml,
        " name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"{broken}\" skipped=\"{skipped}\" time=\"{seconds:.3}\""
    );
}

fn test_case(xml: &mut String, case: &CaseRun) {
    let (name, file) = (escaped(&case.name), escaped(&case.file));
    let seconds = case.time.as_secs_f64();
    let _ = write!(
        xml,
        "    <testcase name=\"{name}\" classname=\"{file}\" time=\"{seconds:.3}\""
    );
    let element = match case.status {
        CaseStatus::Passed => {
            xml.push_str("/>\n");
            return;
        }
        CaseStatus::Failed => "failure",
        CaseStatus::Broken(_) => "error",
        CaseStatus::Skipped(_) => "skipped",
    };
    let reasons = case.reasons();
    let first = reasons
        .first()
        .map(|reason| escaped(reason))
        .unwrap_or_default();
    let all = escaped(&reasons.join("\n"));
    let _ = writeln!(
        xml,
        ">\n      <{element} message=\"{first}\">{all}</{element}>\n    </testcase>"
    );
}

/// The text as XML content or attribute; characters that XML 1.0 does not allow become the replacement character.
fn escaped(text: &str) -> String {
    let mut xml = String::new();
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            // an attribute keeps line breaks and tabs only as references
            '\n' => xml.push_str("&#10;"),
            '\t' => xml.push_str("&#9;"),
            '\r' => xml.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => xml.push('\u{fffd}'),
            c => xml.push(c),
        }
    }
    xml
}
