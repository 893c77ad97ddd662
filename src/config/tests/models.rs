//! The choice of models, and which key is sent where.

use super::*;

const BASE: (&str, &str) = ("TROUPE_OPENAI_BASE_URL", "http://127.0.0.1:9999/v1/");
const KEY_OF_BASE: (&str, &str) = ("TROUPE_OPENAI_API_KEY", "sk-base");

fn models(yaml: &str, environment: &[(&str, &str)]) -> ModelsConfig {
    load(Mode::Dev, yaml, environment).unwrap().models
}

fn openai<'m>(models: &'m ModelsConfig, name: &str) -> &'m RemoteModelConfig {
    match models.resolve(name) {
        Some((_, ChatModelConfig::OpenAi(model))) => model,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn the_embedded_model_is_the_default() {
    let models = models("", &[]);
    for name in ["default", "fast", "deep", "embedded"] {
        assert_eq!(models.resolve(name).unwrap().0, "embedded");
    }
    assert_eq!(models.resolve("gpt-4.1-mini"), None);
    assert_eq!(models.embedding, EmbeddingModelConfig::Embedded);
}

#[test]
fn a_provider_in_the_environment_replaces_the_embedded_model() {
    let models = models("", &[BASE, KEY_OF_BASE]);
    assert_eq!(models.default, "gpt-4.1-mini");
    let model = openai(&models, "default");
    assert_eq!(model.base_url, "http://127.0.0.1:9999/v1");
    assert_eq!(model.model, "gpt-4.1-mini");
    assert_eq!(model.api_key.as_ref().unwrap().reveal(), "sk-base");
    assert_eq!((model.first_byte_seconds, model.idle_seconds), (300, 60));
    assert_eq!(models.embedding, EmbeddingModelConfig::Embedded);
    assert_eq!(models.resolve("embedded").unwrap().0, "embedded");
}

#[test]
fn the_model_name_can_be_configured() {
    let named = models("", &[BASE, ("TROUPE_CHAT_MODEL", "meta/llama-3")]);
    assert_eq!(openai(&named, "deep").model, "meta/llama-3");
    let by_key_alone = models("", &[KEY_OF_BASE, ("TROUPE_CHAT_MODEL", "gpt-4.1")]);
    assert_eq!(
        openai(&by_key_alone, "default").base_url,
        "https://api.openai.com/v1"
    );
    let forced = models("", &[BASE, ("TROUPE_CHAT_MODEL", "embedded")]);
    assert_eq!(forced.default, "embedded");
    let over_the_file = models("models: {default: embedded}", &[BASE]);
    assert_eq!(over_the_file.default, "gpt-4.1-mini");
}

#[test]
fn a_model_without_a_provider_is_refused() {
    let environment = [
        ("TROUPE_CHAT_MODEL", "gpt-4.1"),
        ("TROUPE_EMBEDDING_MODEL", "embed-3"),
    ];
    let found = problems(Mode::Dev, "", &environment);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("TROUPE_CHAT_MODEL: \"gpt-4.1\" is no model of models.chat"),
        "{found:?}"
    );
    assert!(
        found[1].starts_with("TROUPE_EMBEDDING_MODEL: \"embed-3\""),
        "{found:?}"
    );
}

#[test]
fn the_vector_length_of_an_embedding_model_can_be_configured() {
    let model = ("TROUPE_EMBEDDING_MODEL", "embed-3");
    let dimensions = |environment: &[(&str, &str)]| match models("", environment).embedding {
        EmbeddingModelConfig::OpenAi { dimensions, .. } => dimensions,
        EmbeddingModelConfig::Embedded => panic!("the embedded model"),
    };
    assert_eq!(dimensions(&[BASE, model]), None);
    let given = ("TROUPE_EMBEDDING_DIMENSIONS", "1536");
    assert_eq!(dimensions(&[BASE, model, given]), Some(1536));
    let found = problems(Mode::Dev, "", &[given]);
    assert!(
        found[0].starts_with("TROUPE_EMBEDDING_DIMENSIONS: belongs to a provider's model"),
        "{found:?}"
    );
}

#[test]
fn the_providers_key_goes_to_the_provider_only() {
    let yaml = "
models:
  default: mine
  chat:
    mine: {provider: openai, model: m}
    other: {provider: openai, base_url: 'https://other.example/v1'}
    keyed: {provider: openai, base_url: 'https://keyed.example/v1', api_key_env: OTHER_KEY}
  aliases: {deep: keyed}
";
    let models = models(yaml, &[BASE, KEY_OF_BASE, ("OTHER_KEY", "sk-other")]);
    let key = |name: &str| openai(&models, name).api_key.as_ref().map(Secret::reveal);
    assert_eq!(models.default, "mine");
    assert_eq!(key("mine"), Some("sk-base"));
    assert_eq!(key("other"), None);
    assert_eq!(key("keyed"), Some("sk-other"));
    assert_eq!(openai(&models, "other").model, "other");
    assert_eq!(models.resolve("deep").unwrap().0, "keyed");
    assert_eq!(models.resolve("fast").unwrap().0, "mine");
}

#[test]
fn every_invalid_model_is_reported() {
    let yaml = "
models:
  chat:
    a: {provider: openai, api_key_env: NOT_SET, idle_seconds: -1}
    b: {model: x}
    c: {provider: claude}
    d: {provider: embedded, context_tokens: 4096, model: x}
    'two words': {provider: embedded}
    e: gpt
    f: {provider: openai, thinking_tokens: 2000}
    openai: {provider: openai, base_url: 'https://other.example'}
  aliases: {deep: nowhere, a: embedded, default: a}
";
    let expected = [
        "app.yaml: models.chat.a.api_key_env: names the variable NOT_SET, which is not set",
        "app.yaml: models.chat.a.idle_seconds: -1 given, expected a whole number from 1 to 600",
        "app.yaml: models.chat.b.provider: is missing, expected one of: embedded, openai, anthropic",
        "app.yaml: models.chat.c.provider: \"claude\" given, expected one of: embedded, openai, anthropic",
        "app.yaml: models.chat.d.context_tokens: 4096 given, expected a whole number from 256 to 2048",
        "app.yaml: models.chat.d.model: unknown setting, expected one of: provider, file, context_tokens, \
         conversations, waiting",
        "app.yaml: models.chat.e: \"gpt\" given, expected an object",
        "app.yaml: models.chat.f.thinking_tokens: is for models of anthropic; see reasoning_effort",
        "app.yaml: models.chat.openai: has the name of a provider and another address; call the model something else",
        "app.yaml: models.chat.two words: a model's name has 1 to 120 characters and no blanks",
        "app.yaml: models.aliases.a: is a model of models.chat too; give one of them another name",
        "app.yaml: models.aliases.deep: \"nowhere\" given, expected a model of models.chat: a, d, embedded, f, openai, two words",
        "app.yaml: models.aliases.default: is set by models.default, remove it here",
    ];
    let mut found = problems(Mode::Dev, yaml, &[]);
    let mut expected: Vec<String> = expected.iter().map(|&text| text.to_owned()).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn a_model_of_anthropic_has_the_address_and_the_key_of_its_section() {
    let yaml = "
models:
  default: claude
  chat:
    claude: {provider: anthropic, model: claude-sonnet-4-5, thinking_tokens: 2000}
    other: {provider: anthropic, base_url: 'https://other.example/v1/messages'}
    both:
      provider: openai
      endpoints:
        east: {base_url: 'https://east.example/v1', api_key_env: EAST}
        west: {base_url: 'https://west.example/v1'}
";
    let key = ("TROUPE_ANTHROPIC_API_KEY", "sk-ant");
    let models = models(yaml, &[key, ("EAST", "sk-east"), KEY_OF_BASE]);
    let remote = |name: &str| models.resolve(name).unwrap().1.remote().unwrap().clone();
    let claude = remote("default");
    assert_eq!(claude.base_url, "https://api.anthropic.com");
    assert_eq!(claude.api_key.as_ref().unwrap().reveal(), "sk-ant");
    assert_eq!(claude.takes.thinking_tokens, Some(2_000));
    assert_eq!(
        (claude.first_byte_seconds, claude.context_tokens),
        (30, 200_000)
    );
    assert_eq!(claude.key_name.as_deref(), Some("anthropic"));
    let other = remote("other");
    assert_eq!(other.base_url, "https://other.example/v1");
    assert_eq!(
        (other.api_key, other.key_name.as_deref()),
        (None, Some("other"))
    );
    let both = remote("both");
    assert_eq!(both.key_name, None);
    let keys = both.endpoints.values();
    let keys: Vec<_> = keys
        .map(|endpoint| endpoint.api_key.as_ref().map(Secret::reveal))
        .collect();
    assert_eq!(keys, [Some("sk-east"), None]);
    let named = super::load(
        Mode::Dev,
        "",
        &[key, ("TROUPE_CHAT_MODEL", "claude-haiku-4-5")],
    );
    assert!(matches!(
        named.unwrap().models.resolve("default"),
        Some(("claude-haiku-4-5", ChatModelConfig::Anthropic(_)))
    ));
}

#[test]
fn cached_tokens_have_prices_of_their_own_or_those_of_other_tokens() {
    let yaml = "
models:
  default: plain
  chat:
    plain: {provider: openai, price_per_million_input_usd: 0.4, price_per_million_output_usd: 1.6}
    claude: {provider: anthropic, price_per_million_input_usd: 4}
    own: {provider: anthropic, price_per_million_input_usd: 4, price_per_million_cached_input_usd: 0.5, price_per_million_cache_write_usd: 8}
";
    let models = models(yaml, &[]);
    let prices = |name: &str| {
        let model = models.resolve(name).unwrap().1.remote().unwrap();
        [
            model.price_per_million_input_usd,
            model.price_per_million_cached_input_usd,
            model.price_per_million_cache_write_usd,
            model.price_per_million_output_usd,
        ]
    };
    let expected = [
        ("plain", [0.4, 0.4, 0.4, 1.6]),
        ("claude", [4.0, 4.0, 5.0, 0.0]),
        ("own", [4.0, 0.5, 8.0, 0.0]),
    ];
    for (name, expected) in expected {
        let found = prices(name);
        let differs = found
            .iter()
            .zip(expected)
            .any(|(a, b)| (a - b).abs() > 1e-9);
        assert!(!differs, "{name}: {found:?}");
    }
}
