//! Settings as their author meets them: all problems at once, in words, and the order of precedence.

mod changes;
mod documents;
mod models;
mod precedence;
mod refusals;
mod templates;
mod traces;

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::*;

/// 32 bytes in base64.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A temporary folder with files, removed at the end of its test.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let name = format!("troupe-config-{}", uuid::Uuid::now_v7().simple());
        let folder = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&folder.0).unwrap();
        for (name, text) in files {
            let path = folder.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn source(&self, mode: Mode, environment: &[(&str, &str)]) -> Source {
        source(&self.0, mode, environment)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn source(folder: &Path, mode: Mode, environment: &[(&str, &str)]) -> Source {
    Source {
        folder: folder.to_path_buf(),
        environment: environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..Source::new(mode)
    }
}

/// Loads settings from `app.yaml` and variables, without templates, whose checks are slow.
fn load(mode: Mode, app_yaml: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = Folder::new(&[("app.yaml", app_yaml), ("agents/README", "none")]);
    Config::load(&folder.source(mode, environment))
}

/// The problems, without the folder's name.
fn problems(mode: Mode, app_yaml: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let folder = Folder::new(&[("app.yaml", app_yaml), ("agents/README", "none")]);
    let error = Config::load(&folder.source(mode, environment)).unwrap_err();
    without_folder(&error, &folder)
}

fn without_folder(error: &ConfigError, folder: &Folder) -> Vec<String> {
    let prefix = format!("{}/", folder.0.display());
    error
        .problems()
        .iter()
        .map(|problem| problem.replace(&prefix, ""))
        .collect()
}
