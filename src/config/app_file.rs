//! Finds and parses `app.yaml`.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::{Source, yaml};

/// The environment variable with the path of the file.
pub(super) const VARIABLE: &str = "TROUPE_CONFIG";
/// The file name to use when the variable is not set.
const USUAL_NAME: &str = "app.yaml";
/// The folder of the templates, beside the file.
const TEMPLATES: &str = "agents";

/// The parsed `app.yaml`; empty when there is no file.
pub(super) struct AppFile {
    /// The path; none when there is no file.
    pub(super) path: Option<PathBuf>,
    /// The file's name in problems.
    pub(super) name: String,
    /// Its settings.
    pub(super) settings: Map<String, Value>,
    /// The folder of the templates, which may not exist.
    pub(super) templates_folder: PathBuf,
}

/// Where `app.yaml` and the templates are, if they exist.
pub(super) struct AppFilePlace {
    pub(super) path: PathBuf,
    /// Whether the path was given; then the file must exist.
    pub(super) is_named: bool,
    /// The folder of the templates, which may not exist.
    pub(super) templates_folder: PathBuf,
}

impl AppFile {
    /// The place of the file that `source` names, or else of the optional `app.yaml` in its folder.
    pub(super) fn place(source: &Source) -> AppFilePlace {
        let named = source.config_path.clone().or_else(|| {
            let path = source.environment.get(VARIABLE)?.trim();
            (!path.is_empty()).then(|| PathBuf::from(path))
        });
        let file = named.as_deref().unwrap_or_else(|| Path::new(USUAL_NAME));
        let path = source.folder.join(file);
        AppFilePlace {
            templates_folder: path.with_file_name(TEMPLATES),
            path,
            is_named: named.is_some(),
        }
    }

    /// Reads the file that `source` names, which must exist, or else the optional `app.yaml` in its folder.
    pub(super) fn load(source: &Source) -> Result<Self, String> {
        let AppFilePlace {
            path,
            is_named,
            templates_folder,
        } = Self::place(source);
        let name = path.display().to_string();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(reason) if reason.kind() == ErrorKind::NotFound && !is_named => {
                return Ok(Self {
                    path: None,
                    name: USUAL_NAME.to_owned(),
                    settings: Map::new(),
                    templates_folder,
                });
            }
            Err(reason) => {
                return Err(format!(
                    "{name}: cannot be read: {reason}; {VARIABLE} names the file, and without it app.yaml is optional"
                ));
            }
        };
        match yaml::parse(&text) {
            Ok(Value::Object(settings)) => Ok(Self {
                path: Some(path),
                name,
                settings,
                templates_folder,
            }),
            Ok(_) => Err(format!(
                "{name}: expected settings, as in `addr: 127.0.0.1:8080`"
            )),
            Err(problem) => Err(format!("{name}: {problem}")),
        }
    }
}
