//! Reads files of cases strictly: a problem names the file, the case and the field.

use std::{fs, path::Path, time::Duration};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{CaseFile, EvalCase};
use crate::{
    app::record::Record,
    config::parse_yaml,
    domain::excerpt,
    error::{Error, Problem, Result},
};

impl CaseFile {
    /// Reads a file, the documents that it names and its records, and checks it as a whole.
    pub(in crate::app::eval) fn read(path: &Path) -> Result<Self> {
        let mut file: Self = read_yaml(path)?;
        path.clone_into(&mut file.path);
        file.read_records()?;
        file.read_documents()?;
        let problems = file.problems();
        if !problems.is_empty() {
            return Err(Error::problems(problems));
        }
        file.finish();
        Ok(file)
    }

    fn read_records(&mut self) -> Result<()> {
        if let Some(from) = self.records_from.take() {
            let mut records: Vec<Record> = read_yaml(&self.beside(&from))?;
            records.append(&mut self.records);
            self.records = records;
        }
        Ok(())
    }

    fn read_documents(&mut self) -> Result<()> {
        let folder = self.beside(Path::new(""));
        let documents = self
            .agents
            .iter_mut()
            .flat_map(|agent| &mut agent.documents);
        for document in documents {
            if let Some(file) = &document.file {
                document.text = text_of(&folder.join(file))?;
            }
        }
        Ok(())
    }

    /// Makes a case of each phrasing, and gives cases the groups and the time limit of the file.
    fn finish(&mut self) {
        if self.groups.is_empty() {
            self.groups = vec![self.stem()];
        }
        let cases = std::mem::take(&mut self.cases);
        self.cases = cases.into_iter().flat_map(EvalCase::phrased).collect();
        let limit = self.timeout_seconds.map(Duration::from_secs);
        for case in &mut self.cases {
            case.groups.splice(0..0, self.groups.iter().cloned());
            case.timeout = case.timeout.or(limit);
        }
    }
}

fn text_of(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| {
        Error::bad_input(
            path.display().to_string(),
            format!("cannot be read: {error}"),
        )
    })
}

fn read_yaml<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let name = path.display().to_string();
    let value = parse_yaml(&text_of(path)?).map_err(|problem| Error::bad_input(&name, problem))?;
    serde_path_to_error::deserialize(&value).map_err(|error| {
        let field = error.path().to_string();
        let place = place_of(&name, &value, &field);
        Error::problems(vec![Problem::new(place, error.inner().to_string())])
    })
}

/// The file, the name of the case and the path of a field: `a.yaml: cases[3] "How much?": expect.tools[0]`.
pub(super) fn place_of(file: &str, value: &Value, field: &str) -> String {
    let in_case = field
        .strip_prefix("cases[")
        .and_then(|rest| rest.split_once(']'));
    let Some((number, rest)) = in_case else {
        return match field {
            "." => file.to_owned(),
            field => format!("{file}: {field}"),
        };
    };
    let case = number
        .parse()
        .ok()
        .and_then(|at: usize| value.get("cases")?.get(at));
    let texts = ["/name", "/message", "/phrasings/0", "/turns/0/message"];
    let mut texts = texts
        .iter()
        .filter_map(|field| case?.pointer(field)?.as_str());
    let case = match texts.next() {
        Some(name) => format!("{file}: cases[{number}] \"{}\"", excerpt(name)),
        None => format!("{file}: cases[{number}]"),
    };
    match rest.trim_start_matches('.') {
        "" => case,
        rest => format!("{case}: {rest}"),
    }
}
