//! The files of the configuration as they are on the disk.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

use super::{Source, app_file::AppFile, line::line_of, templates::yaml_files};

/// The contents of `app.yaml` and of the templates. Contents are compared, not times: a mounted `ConfigMap` changes by a
/// swapped symbolic link, an editor writes another file and renames it, and a copy may keep the time of its original.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct WatchedFiles(BTreeMap<PathBuf, Option<Vec<u8>>>);

impl WatchedFiles {
    /// Reads the files; one that cannot be read has no content.
    pub fn read(source: &Source) -> Self {
        let place = AppFile::place(source);
        let templates = yaml_files(&place.templates_folder).unwrap_or_default();
        let mut files: BTreeMap<_, _> = templates
            .into_iter()
            .map(|file| {
                let content = content(&file);
                (file, content)
            })
            .collect();
        files.insert(place.path.clone(), content(&place.path));
        Self(files)
    }

    /// A problem with the line of its setting, if the problem is one of these files and the line is found.
    pub fn with_line(&self, problem: &str) -> String {
        for (file, content) in &self.0 {
            let file = file.display().to_string();
            let rest = problem.strip_prefix(&file);
            let Some(rest) = rest.and_then(|rest| rest.strip_prefix(": ")) else {
                continue;
            };
            let path = rest.split(": ").next().unwrap_or_default();
            let text = String::from_utf8_lossy(content.as_deref().unwrap_or_default());
            return match line_of(&text, path) {
                Some(line) => format!("{file}: line {line}: {rest}"),
                None => problem.to_owned(),
            };
        }
        problem.to_owned()
    }
}

impl fmt::Debug for WatchedFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // the contents may have secrets
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn content(file: &Path) -> Option<Vec<u8>> {
    fs::read(file).ok()
}
