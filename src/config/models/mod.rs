//! Chat models and the embedding model, and the names by which templates refer to them.

mod breaker;
mod chat;
mod provider;
mod remote;

pub use breaker::BreakerConfig;
pub use chat::{ChatModelConfig, EmbeddedModelConfig};
pub use provider::EmbeddingModelConfig;
pub use remote::{ModelEndpointConfig, RemoteModelConfig};

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use self::provider::{ANTHROPIC, OPENAI, Provider, needs_provider};
use super::reader::Section;
use crate::domain::excerpt;

/// The name of the chat model on the CPU, unless `app.yaml` redefines it.
const EMBEDDED: &str = "embedded";
/// The alias of the configured default model.
const DEFAULT: &str = "default";
/// The aliases that templates may use on every installation; each means the default model unless `app.yaml` redefines
/// it.
const USUAL_ALIASES: [&str; 2] = ["fast", "deep"];
/// The model of a provider for which only a URL is configured.
const USUAL_MODEL: &str = "gpt-4.1-mini";
/// The beginning of the names of Anthropic's models.
const CLAUDE: &str = "claude";

/// The providers of models that do not name another address.
struct Providers {
    openai: Provider,
    anthropic: Provider,
}

/// The models; sections `models`, `openai` and `anthropic` of `app.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelsConfig {
    /// `TROUPE_MODELS_DIR`: the folder of the embedded models' files. Default: `models` in the data folder.
    pub dir: PathBuf,
    /// `TROUPE_CHAT_MODEL` (`models.default`): the key in `chat` of the model that `default` means. Default: the
    /// OpenAI-compatible provider's model if `TROUPE_OPENAI_BASE_URL` is set, else `embedded`.
    pub default: String,
    /// The chat models by name.
    pub chat: BTreeMap<String, ChatModelConfig>,
    /// The aliases, each for a key of `chat`: `default`, `fast`, `deep` and those of `models.aliases`.
    pub aliases: BTreeMap<String, String>,
    /// `TROUPE_EMBEDDING_MODEL` (`models.embedding`): the model for passages and queries. Default: `embedded`.
    pub embedding: EmbeddingModelConfig,
    /// `models.breaker`: when a model that keeps failing is not asked.
    pub breaker: BreakerConfig,
}

impl ModelsConfig {
    /// The chat model of a name (`default`, another alias, or a key of `chat`), and its key.
    pub fn resolve(&self, name: &str) -> Option<(&str, &ChatModelConfig)> {
        let key = self.aliases.get(name).map_or(name, String::as_str);
        self.chat
            .get_key_value(key)
            .map(|(key, model)| (key.as_str(), model))
    }

    /// Every name that a template may use.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.aliases
            .keys()
            .chain(self.chat.keys())
            .map(String::as_str)
    }

    /// The names of the models behind an API.
    pub fn remote_names(&self) -> Vec<String> {
        let remote = self
            .chat
            .iter()
            .filter(|(_, model)| model.remote().is_some());
        remote.map(|(name, _)| name.clone()).collect()
    }

    /// The path of an embedded model's file.
    pub fn file(&self, model: &EmbeddedModelConfig) -> PathBuf {
        self.dir.join(&model.file)
    }

    /// Reads the sections; relative folders start from `folder`.
    pub(super) fn read(top: &mut Section<'_, '_>, folder: &Path, data_dir: &Path) -> Self {
        let providers = Providers {
            openai: top.section(OPENAI, |section| Provider::openai(section)),
            anthropic: top.section(ANTHROPIC, |section| Provider::anthropic(section)),
        };
        top.section("models", |section| {
            let usual_dir = data_dir.join("models");
            Self::read_section(section, &providers, |given| match given {
                Some(dir) => folder.join(dir),
                None => usual_dir,
            })
        })
    }

    fn read_section(
        section: &mut Section<'_, '_>,
        providers: &Providers,
        place: impl FnOnce(Option<PathBuf>) -> PathBuf,
    ) -> Self {
        let mut chat = section.each("chat", |name, entry| {
            check_model_name(name, entry);
            ChatModelConfig::read(entry, name, providers)
        });
        chat.entry(EMBEDDED.to_owned())
            .or_insert_with(|| ChatModelConfig::Embedded(EmbeddedModelConfig::default()));
        let default = choose_default(section, providers, &mut chat);
        let aliases = read_aliases(section, &default, &chat);
        Self {
            dir: place(section.path("dir")),
            embedding: EmbeddingModelConfig::read(section, &providers.openai),
            breaker: BreakerConfig::read(section),
            default,
            chat,
            aliases,
        }
    }
}

/// Returns the key of the default chat model; adds the model to `chat` if only the environment names it.
fn choose_default(
    section: &mut Section<'_, '_>,
    providers: &Providers,
    chat: &mut BTreeMap<String, ChatModelConfig>,
) -> String {
    let provider = &providers.openai;
    let given = section.text(("default", "TROUPE_CHAT_MODEL"));
    let by_variable = section.is_given_by_variable("default");
    let wanted = match given {
        // a URL in the environment overrides the file's choice of the CPU
        Some(name) if name == EMBEDDED && !by_variable && provider.base_url_by_variable => None,
        Some(name) if chat.contains_key(&name) => return name,
        // its own names tell Anthropic's models
        Some(name) if providers.anthropic.is_given() && name.starts_with(CLAUDE) => {
            let model = RemoteModelConfig::new(&name, &providers.anthropic);
            chat.insert(name.clone(), ChatModelConfig::Anthropic(model));
            return name;
        }
        Some(name) if !provider.is_given() => {
            section.problem("default", &needs_provider(&name));
            return EMBEDDED.to_owned();
        }
        Some(name) => Some(name),
        None if provider.base_url.is_none() => return EMBEDDED.to_owned(),
        None => None,
    };
    let name = wanted.unwrap_or_else(|| USUAL_MODEL.to_owned());
    chat.entry(name.clone())
        .or_insert_with(|| ChatModelConfig::OpenAi(RemoteModelConfig::new(&name, provider)));
    name
}

fn read_aliases(
    section: &mut Section<'_, '_>,
    default: &str,
    chat: &BTreeMap<String, ChatModelConfig>,
) -> BTreeMap<String, String> {
    let mut aliases = BTreeMap::from([(DEFAULT.to_owned(), default.to_owned())]);
    for alias in USUAL_ALIASES {
        if !chat.contains_key(alias) {
            aliases.insert(alias.to_owned(), default.to_owned());
        }
    }
    for (alias, target) in section.object("aliases") {
        let name = format!("aliases.{}", excerpt(&alias));
        let known = target.as_str().filter(|key| chat.contains_key(*key));
        if alias == DEFAULT {
            section.problem(&name, "is set by models.default, remove it here");
        } else if chat.contains_key(&alias) {
            section.problem(
                &name,
                "is a model of models.chat too; give one of them another name",
            );
        } else if let Some(key) = known {
            aliases.insert(alias, key.to_owned());
        } else {
            let keys: Vec<&str> = chat.keys().map(String::as_str).collect();
            let shown = excerpt(&target.to_string());
            section.problem(
                &name,
                &format!(
                    "{shown} given, expected a model of models.chat: {}",
                    keys.join(", ")
                ),
            );
        }
    }
    aliases
}

fn check_model_name(name: &str, entry: &mut Section<'_, '_>) {
    if name.is_empty()
        || name.len() > 120
        || name.contains(|c: char| c.is_whitespace() || c.is_control())
    {
        entry.problem("", "a model's name has 1 to 120 characters and no blanks");
    }
    if name == DEFAULT {
        entry.problem(
            "",
            "the name default is set by models.default; call the model something else",
        );
    }
}
