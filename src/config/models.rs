//! The models that answer and embed, and the names that templates call them by.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::reader::Section;
use crate::domain::{Secret, excerpt};

/// The chat model on the CPU, under this name unless `app.yaml` changes it.
const EMBEDDED: &str = "embedded";
/// The name that always means the configured default.
const DEFAULT: &str = "default";
/// Names that templates may use on every installation; each means the default unless `app.yaml` says otherwise.
const USUAL_ALIASES: [&str; 2] = ["fast", "deep"];
/// The provider's address where only a key or a model is given.
const PUBLIC_BASE_URL: &str = "https://api.openai.com/v1";
/// The model of a provider that is given by its address alone.
const USUAL_MODEL: &str = "gpt-4.1-mini";
/// The embedded model's context, which its memory is laid out for.
const EMBEDDED_CONTEXT: usize = 2_048;

/// The models; sections `models` and `openai` of `app.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelsConfig {
    /// `TROUPE_MODELS_DIR`: where the embedded models' files lie. Default: `models` in the data folder.
    pub dir: PathBuf,
    /// `TROUPE_CHAT_MODEL` (`models.default`): the key in `chat` of the model that `default` means. Default: the
    /// OpenAI-compatible provider's when `TROUPE_OPENAI_BASE_URL` is set, else `embedded`.
    pub default: String,
    /// Every chat model by its name.
    pub chat: BTreeMap<String, ChatModelConfig>,
    /// Other names, each for a key of `chat`: `default`, `fast`, `deep` and those of `models.aliases`.
    pub aliases: BTreeMap<String, String>,
    /// `TROUPE_EMBEDDING_MODEL` (`models.embedding`): what embeds passages and questions. Default: `embedded`.
    pub embedding: EmbeddingModelConfig,
}

/// A chat model: an entry of `models.chat`.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatModelConfig {
    /// On the CPU, in this process.
    Embedded(EmbeddedModelConfig),
    /// Behind an OpenAI-compatible API.
    OpenAi(OpenAiModelConfig),
}

/// A model on the CPU: `provider: embedded`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedModelConfig {
    /// `file`: a GGUF file, in `models.dir` unless the path is absolute. Default: the one that `troupe models fetch` gets.
    pub file: PathBuf,
    /// `context_tokens`: prompt and answer together, at most 2048. Default: 2048 tokens.
    pub context_tokens: usize,
    /// `threads`: CPU threads that decode; on two cores, one is fastest. Default: 1.
    pub threads: usize,
    /// `conversations`: answered at the same time. Default: 4.
    pub conversations: usize,
    /// `waiting`: questions that wait for their turn before others are refused. Default: 32.
    pub waiting: usize,
}

/// A model behind an OpenAI-compatible API: `provider: openai`.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenAiModelConfig {
    /// `base_url`: the API's address. Default: `openai.base_url`, else OpenAI's own.
    pub base_url: String,
    /// The value of the variable that `api_key_env` names. Default: `openai.api_key`, where `base_url` is not given.
    pub api_key: Option<Secret>,
    /// `model`: its name there. Default: the entry's own name.
    pub model: String,
    /// `context_tokens`: prompt and answer together. Default: 32768 tokens.
    pub context_tokens: usize,
    /// `price_per_million_input_usd`: US dollars. Default: 0.
    pub price_per_million_input_usd: f64,
    /// `price_per_million_output_usd`: US dollars. Default: 0.
    pub price_per_million_output_usd: f64,
    /// `first_byte_seconds`: how long it may be silent at first. Default: 30 seconds.
    pub first_byte_seconds: u64,
    /// `idle_seconds`: how long it may be silent later. Default: 60 seconds.
    pub idle_seconds: u64,
}

/// What embeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmbeddingModelConfig {
    /// On the CPU, in this process.
    Embedded,
    /// Behind the OpenAI-compatible API of section `openai`.
    OpenAi {
        /// The API's address.
        base_url: String,
        /// Its key.
        api_key: Option<Secret>,
        /// The model's name there.
        model: String,
    },
}

/// The default OpenAI-compatible provider; section `openai` of `app.yaml`.
struct Provider {
    base_url: Option<String>,
    base_url_by_variable: bool,
    api_key: Option<Secret>,
}

impl ModelsConfig {
    /// The chat model of a name: `default`, another alias, or a key of `chat`; with its key.
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

    /// Where the file of an embedded model lies.
    pub fn file(&self, model: &EmbeddedModelConfig) -> PathBuf {
        self.dir.join(&model.file)
    }

    pub(super) fn read(top: &mut Section<'_, '_>, data_dir: &Path) -> Self {
        let provider = top.section("openai", |section| Provider::read(section));
        top.section("models", |section| {
            Self::read_section(section, &provider, data_dir)
        })
    }

    fn read_section(section: &mut Section<'_, '_>, provider: &Provider, data_dir: &Path) -> Self {
        let mut chat = section.each("chat", |name, entry| {
            check_model_name(name, entry);
            ChatModelConfig::read(entry, name, provider)
        });
        chat.entry(EMBEDDED.to_owned())
            .or_insert_with(|| ChatModelConfig::Embedded(EmbeddedModelConfig::default()));
        let default = choose_default(section, provider, &mut chat);
        let aliases = read_aliases(section, &default, &chat);
        Self {
            dir: section
                .path(("dir", "TROUPE_MODELS_DIR"))
                .unwrap_or_else(|| data_dir.join("models")),
            embedding: EmbeddingModelConfig::read(section, provider),
            default,
            chat,
            aliases,
        }
    }
}

impl ChatModelConfig {
    /// The tokens that prompt and answer may have together.
    pub fn context_tokens(&self) -> usize {
        match self {
            Self::Embedded(model) => model.context_tokens,
            Self::OpenAi(model) => model.context_tokens,
        }
    }

    /// What `input` tokens read and `output` tokens written cost, US dollars.
    #[expect(
        clippy::cast_precision_loss,
        reason = "no run comes near the 2^53 tokens that a double counts exactly"
    )]
    pub fn cost_usd(&self, input: u64, output: u64) -> f64 {
        match self {
            Self::Embedded(_) => 0.0,
            Self::OpenAi(model) => {
                (input as f64 * model.price_per_million_input_usd
                    + output as f64 * model.price_per_million_output_usd)
                    / 1_000_000.0
            }
        }
    }

    fn read(entry: &mut Section<'_, '_>, name: &str, provider: &Provider) -> Option<Self> {
        let is_named = entry.has("provider");
        let openai = entry.choice("provider", &[(EMBEDDED, false), ("openai", true)]);
        match openai {
            Some(true) => Some(Self::OpenAi(OpenAiModelConfig::read(entry, name, provider))),
            Some(false) => Some(Self::Embedded(EmbeddedModelConfig::read(entry))),
            None => {
                let label = entry.label_of("provider");
                if !is_named {
                    entry.problem(&label, "is missing, expected one of: embedded, openai");
                }
                entry.ignore_rest();
                None
            }
        }
    }
}

impl Default for EmbeddedModelConfig {
    fn default() -> Self {
        Self {
            file: PathBuf::from("SmolLM2-135M-Instruct.Q4_1.gguf"),
            context_tokens: EMBEDDED_CONTEXT,
            threads: 1,
            conversations: 4,
            waiting: 32,
        }
    }
}

impl EmbeddedModelConfig {
    fn read(entry: &mut Section<'_, '_>) -> Self {
        let usual = Self::default();
        Self {
            file: entry.path("file").unwrap_or(usual.file),
            context_tokens: entry
                .number("context_tokens", 256..=EMBEDDED_CONTEXT)
                .unwrap_or(usual.context_tokens),
            threads: entry.number("threads", 1..=256).unwrap_or(usual.threads),
            conversations: entry
                .number("conversations", 1..=16)
                .unwrap_or(usual.conversations),
            waiting: entry.number("waiting", 0..=10_000).unwrap_or(usual.waiting),
        }
    }
}

impl OpenAiModelConfig {
    fn new(model: &str, provider: &Provider) -> Self {
        Self {
            base_url: provider.address(),
            api_key: provider.api_key.clone(),
            model: model.to_owned(),
            context_tokens: 32_768,
            price_per_million_input_usd: 0.0,
            price_per_million_output_usd: 0.0,
            first_byte_seconds: 30,
            idle_seconds: 60,
        }
    }

    fn read(entry: &mut Section<'_, '_>, name: &str, provider: &Provider) -> Self {
        let usual = Self::new(name, provider);
        let base_url = entry.web_address("base_url");
        let api_key = match entry.text("api_key_env") {
            Some(variable) => read_named_key(entry, &variable),
            // the provider's key is for the provider's address, and goes to no other
            None => usual.api_key.filter(|_| {
                base_url
                    .as_ref()
                    .is_none_or(|given| *given == usual.base_url)
            }),
        };
        Self {
            api_key,
            base_url: base_url.unwrap_or(usual.base_url),
            model: entry.text("model").unwrap_or(usual.model),
            context_tokens: entry
                .number("context_tokens", 256..=10_000_000)
                .unwrap_or(usual.context_tokens),
            price_per_million_input_usd: entry
                .number("price_per_million_input_usd", 0.0..=100_000.0)
                .unwrap_or(usual.price_per_million_input_usd),
            price_per_million_output_usd: entry
                .number("price_per_million_output_usd", 0.0..=100_000.0)
                .unwrap_or(usual.price_per_million_output_usd),
            first_byte_seconds: entry
                .number("first_byte_seconds", 1..=600)
                .unwrap_or(usual.first_byte_seconds),
            idle_seconds: entry
                .number("idle_seconds", 1..=600)
                .unwrap_or(usual.idle_seconds),
        }
    }
}

impl EmbeddingModelConfig {
    fn read(section: &mut Section<'_, '_>, provider: &Provider) -> Self {
        let setting = ("embedding", "TROUPE_EMBEDDING_MODEL");
        let Some((label, model)) = section.labelled_text(setting) else {
            return Self::Embedded;
        };
        if model == EMBEDDED {
            return Self::Embedded;
        }
        if !provider.is_given() {
            section.problem(&label, &needs_provider(&model));
        }
        Self::OpenAi {
            base_url: provider.address(),
            api_key: provider.api_key.clone(),
            model,
        }
    }
}

impl Provider {
    fn read(section: &mut Section<'_, '_>) -> Self {
        let by_variable = section.variable("TROUPE_OPENAI_BASE_URL").is_some();
        Self {
            base_url: section.web_address("base_url"),
            base_url_by_variable: by_variable,
            api_key: section.secret("api_key"),
        }
    }

    fn is_given(&self) -> bool {
        self.base_url.is_some() || self.api_key.is_some()
    }

    fn address(&self) -> String {
        self.base_url
            .clone()
            .unwrap_or_else(|| PUBLIC_BASE_URL.to_owned())
    }
}

/// The key of the default chat model; one that only the environment knows is added.
fn choose_default(
    section: &mut Section<'_, '_>,
    provider: &Provider,
    chat: &mut BTreeMap<String, ChatModelConfig>,
) -> String {
    let by_variable = section.variable("TROUPE_CHAT_MODEL").is_some();
    let given = section.labelled_text(("default", "TROUPE_CHAT_MODEL"));
    let wanted = match given {
        // an address in the environment wins over the file's choice of the CPU
        Some((_, name)) if name == EMBEDDED && !by_variable && provider.base_url_by_variable => {
            None
        }
        Some((_, name)) if chat.contains_key(&name) => return name,
        Some((label, name)) if !provider.is_given() => {
            section.problem(&label, &needs_provider(&name));
            return EMBEDDED.to_owned();
        }
        Some((_, name)) => Some(name),
        None if provider.base_url.is_none() => return EMBEDDED.to_owned(),
        None => None,
    };
    let name = wanted.unwrap_or_else(|| USUAL_MODEL.to_owned());
    chat.entry(name.clone())
        .or_insert_with(|| ChatModelConfig::OpenAi(OpenAiModelConfig::new(&name, provider)));
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
        let label = section.label_of(&format!("aliases.{}", excerpt(&alias)));
        let known = target.as_str().filter(|key| chat.contains_key(*key));
        if alias == DEFAULT {
            section.problem(&label, "is set by models.default, remove it here");
        } else if chat.contains_key(&alias) {
            section.problem(
                &label,
                "is a model of models.chat too; give one of them another name",
            );
        } else if let Some(key) = known {
            aliases.insert(alias, key.to_owned());
        } else {
            let keys: Vec<&str> = chat.keys().map(String::as_str).collect();
            let shown = excerpt(&target.to_string());
            section.problem(
                &label,
                &format!(
                    "{shown} given, expected a model of models.chat: {}",
                    keys.join(", ")
                ),
            );
        }
    }
    aliases
}

fn read_named_key(entry: &mut Section<'_, '_>, variable: &str) -> Option<Secret> {
    let key = entry.variable(variable).map(Secret::new);
    if key.is_none() {
        let label = entry.label_of("api_key_env");
        entry.problem(
            &label,
            &format!("names the variable {}, which is not set", excerpt(variable)),
        );
    }
    key
}

fn check_model_name(name: &str, entry: &mut Section<'_, '_>) {
    if name.is_empty()
        || name.len() > 120
        || name.contains(|c: char| c.is_whitespace() || c.is_control())
    {
        let label = entry.label_of("");
        entry.problem(
            &label,
            "a model's name has 1 to 120 characters and no blanks",
        );
    }
    if name == DEFAULT {
        let label = entry.label_of("");
        entry.problem(
            &label,
            "the name default is set by models.default; call the model something else",
        );
    }
}

fn needs_provider(model: &str) -> String {
    format!(
        "\"{}\" is no model of models.chat, and no provider is given that could have it; set TROUPE_OPENAI_BASE_URL \
         or TROUPE_OPENAI_API_KEY, or say embedded",
        excerpt(model)
    )
}
