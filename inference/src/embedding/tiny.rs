//! A sentence model of some thousand random weights, written as its three files for the tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize_to_file};
use serde_json::{Value, json};

use crate::sampler::Random;

pub(super) const WIDTH: usize = 48;
pub(super) const PLACES: usize = 40;
const INNER: usize = 96;
const HEADS: usize = 4;
const LAYERS: usize = 2;

/// A model's folder that is removed when this value is dropped.
pub(super) struct TinyBert {
    folder: PathBuf,
}

impl TinyBert {
    /// The same seed gives the same model.
    pub(super) fn new(seed: u64) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tiny-bert-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let tiny = Self { folder };
        let vocabulary = vocabulary();
        tiny.write("config.json", &config(vocabulary.len()));
        tiny.write("tokenizer.json", &tokenizer(&vocabulary));
        tiny.write_weights(&mut Random(seed), vocabulary.len());
        tiny
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Changes a setting in `config.json`.
    pub(super) fn set(&self, name: &str, value: Value) {
        let path = self.folder.join("config.json");
        let mut config: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        config[name] = value;
        self.write("config.json", &config);
    }

    fn write(&self, name: &str, json: &Value) {
        fs::write(self.folder.join(name), json.to_string()).unwrap();
    }

    fn write_weights(&self, random: &mut Random, vocabulary: usize) {
        let mut tensors = BTreeMap::new();
        for (name, shape) in shapes(vocabulary) {
            let count = shape.iter().product();
            let values = (0..count).flat_map(|_| (random.share() - 0.5).to_le_bytes());
            tensors.insert(name, (shape, values.collect::<Vec<u8>>()));
        }
        let views = tensors.iter().map(|(name, (shape, bytes))| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap();
            (name.clone(), view)
        });
        serialize_to_file(views, None, &self.folder.join("model.safetensors")).unwrap();
    }
}

impl Drop for TinyBert {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// The special tokens, and each lower-case letter at the start of a word and inside one.
fn vocabulary() -> Vec<String> {
    let marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"].map(str::to_owned);
    let first = ('a'..='z').map(String::from);
    let later = ('a'..='z').map(|letter| format!("##{letter}"));
    marks.into_iter().chain(first).chain(later).collect()
}

fn config(vocabulary: usize) -> Value {
    json!({
        "model_type": "bert", "hidden_act": "gelu", "hidden_size": WIDTH, "intermediate_size": INNER,
        "num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "max_position_embeddings": PLACES,
        "type_vocab_size": 2, "vocab_size": vocabulary, "layer_norm_eps": 1e-12
    })
}

fn tokenizer(vocabulary: &[String]) -> Value {
    let ids: serde_json::Map<_, _> = vocabulary
        .iter()
        .zip(0..)
        .map(|(token, id): (_, u32)| (token.clone(), id.into()))
        .collect();
    let special = |name: &str, id: u32| {
        json!({"id": id, "special": true, "content": name, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false})
    };
    // as in all-MiniLM-L6-v2's file: padding and truncation to a fixed length, which the engine has to turn off
    json!({
        "version": "1.0",
        "truncation": {"max_length": 8, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": null,
            "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [special("[PAD]", 0), special("[UNK]", 1), special("[CLS]", 2), special("[SEP]", 3)],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
        "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": ids}
    })
}

fn shapes(vocabulary: usize) -> Vec<(String, Vec<usize>)> {
    let mut shapes = vec![
        (
            "embeddings.word_embeddings.weight".to_owned(),
            vec![vocabulary, WIDTH],
        ),
        (
            "embeddings.position_embeddings.weight".to_owned(),
            vec![PLACES, WIDTH],
        ),
        (
            "embeddings.token_type_embeddings.weight".to_owned(),
            vec![2, WIDTH],
        ),
    ];
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    for layer in 0..LAYERS {
        for (part, outputs, inputs) in [
            ("attention.self.query", WIDTH, WIDTH),
            ("attention.self.key", WIDTH, WIDTH),
            ("attention.self.value", WIDTH, WIDTH),
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", INNER, WIDTH),
            ("output.dense", WIDTH, INNER),
        ] {
            let name = format!("encoder.layer.{layer}.{part}");
            shapes.push((format!("{name}.weight"), vec![outputs, inputs]));
            shapes.push((format!("{name}.bias"), vec![outputs]));
        }
        for norm in ["attention.output.LayerNorm", "output.LayerNorm"] {
            norms.push(format!("encoder.layer.{layer}.{norm}"));
        }
    }
    for norm in norms {
        shapes.push((format!("{norm}.weight"), vec![WIDTH]));
        shapes.push((format!("{norm}.bias"), vec![WIDTH]));
    }
    shapes
}
