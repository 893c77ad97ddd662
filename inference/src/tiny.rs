//! A model of a few thousand random weights, written as GGUF for the tests.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use candle_core::quantized::gguf_file::{Value, write};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use crate::sampler::Random;

const LAYERS: usize = 2;
const HIDDEN: usize = 64;
const INNER: usize = 96;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const CONTEXT: usize = 256;
const CONTROL: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

const TEMPLATE: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n\
    {{ message.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n";

/// A model file that is removed when this value is dropped.
pub(crate) struct TinyModel {
    path: PathBuf,
}

impl TinyModel {
    /// Weights of the llama shape; the same seed gives the same model.
    pub(crate) fn llama(seed: u64) -> Self {
        Self::of("llama", "smollm", seed)
    }

    /// Weights of the qwen2 shape: biases, and halves that rotate together.
    pub(crate) fn qwen2(seed: u64) -> Self {
        Self::of("qwen2", "qwen2", seed)
    }

    /// A model with this architecture name and tokenizer name.
    pub(crate) fn of(family: &str, flavour: &str, seed: u64) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tiny-{}-{count}.gguf", std::process::id());
        let path = std::env::temp_dir().join(name);

        let tokens = vocabulary();
        let values = metadata(family, flavour, &tokens);
        let values: Vec<_> = values
            .iter()
            .map(|(key, value)| (key.as_str(), value))
            .collect();
        let tensors = weights(&mut Random(seed), tokens.len(), family == "qwen2");
        let tensors: Vec<_> = tensors
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
            .collect();
        write(&mut File::create(&path).unwrap(), &values, &tensors).unwrap();
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TinyModel {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path));
    }
}

/// The special tokens of the chat format, printable ASCII, space, line feed, and the bytes of some letters beyond
/// ASCII, each byte as one token.
fn vocabulary() -> Vec<String> {
    let letters = ('!'..='~')
        .chain("ĠĊÃ¤¶¼".chars())
        .map(String::from)
        .chain(["ab".to_owned()]);
    CONTROL
        .map(str::to_owned)
        .into_iter()
        .chain(letters)
        .collect()
}

fn metadata(family: &str, flavour: &str, tokens: &[String]) -> Vec<(String, Value)> {
    let number = |number: usize| Value::U32(u32::try_from(number).unwrap());
    let text = |text: &str| Value::String(text.to_owned());
    let types = (0..tokens.len()).map(|id| Value::I32(if id < CONTROL.len() { 3 } else { 1 }));
    let own = [
        ("block_count", number(LAYERS)),
        ("context_length", number(CONTEXT)),
        ("embedding_length", number(HIDDEN)),
        ("feed_forward_length", number(INNER)),
        ("attention.head_count", number(HEADS)),
        ("attention.head_count_kv", number(KV_HEADS)),
        ("attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
        ("rope.freq_base", Value::F32(10_000.0)),
    ];
    let own = own
        .into_iter()
        .map(|(key, value)| (format!("{family}.{key}"), value));
    let common = [
        ("general.architecture", text(family)),
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text(flavour)),
        (
            "tokenizer.ggml.tokens",
            Value::Array(tokens.iter().map(|token| text(token)).collect()),
        ),
        ("tokenizer.ggml.token_type", Value::Array(types.collect())),
        ("tokenizer.ggml.merges", Value::Array(vec![text("a b")])),
        ("tokenizer.ggml.eos_token_id", number(2)),
        ("tokenizer.chat_template", text(TEMPLATE)),
    ];
    own.chain(
        common
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value)),
    )
    .collect()
}

fn weights(random: &mut Random, tokens: usize, biases: bool) -> Vec<(String, QTensor)> {
    let head = HIDDEN / HEADS;
    let parts = [
        ("attn_q", HEADS * head, HIDDEN),
        ("attn_k", KV_HEADS * head, HIDDEN),
        ("attn_v", KV_HEADS * head, HIDDEN),
        ("attn_output", HIDDEN, HEADS * head),
        ("ffn_gate", INNER, HIDDEN),
        ("ffn_up", INNER, HIDDEN),
        ("ffn_down", HIDDEN, INNER),
    ];
    let mut tensors = vec![
        embedding(random, tokens),
        vector(random, "output_norm.weight", HIDDEN),
    ];
    for layer in 0..LAYERS {
        for (part, outputs, inputs) in parts {
            tensors.push(matrix(
                random,
                &format!("blk.{layer}.{part}.weight"),
                outputs,
                inputs,
            ));
            if biases && ["attn_q", "attn_k", "attn_v"].contains(&part) {
                tensors.push(vector(random, &format!("blk.{layer}.{part}.bias"), outputs));
            }
        }
        for norm in ["attn_norm", "ffn_norm"] {
            tensors.push(vector(
                random,
                &format!("blk.{layer}.{norm}.weight"),
                HIDDEN,
            ));
        }
    }
    tensors
}

/// The special tokens of the chat format score nothing, so that answers continue until a limit ends them.
fn embedding(random: &mut Random, tokens: usize) -> (String, QTensor) {
    let mut values: Vec<f32> = (0..tokens * HIDDEN).map(|_| random.share() - 0.5).collect();
    values[..CONTROL.len() * HIDDEN].fill(0.0);
    quantised("token_embd.weight", values, tokens, HIDDEN)
}

fn matrix(random: &mut Random, name: &str, rows: usize, width: usize) -> (String, QTensor) {
    let values = (0..rows * width).map(|_| random.share() - 0.5).collect();
    quantised(name, values, rows, width)
}

fn quantised(name: &str, values: Vec<f32>, rows: usize, width: usize) -> (String, QTensor) {
    let tensor = Tensor::from_vec(values, (rows, width), &Device::Cpu).unwrap();
    (
        name.to_owned(),
        QTensor::quantize(&tensor, GgmlDType::Q4_1).unwrap(),
    )
}

fn vector(random: &mut Random, name: &str, length: usize) -> (String, QTensor) {
    let values: Vec<f32> = (0..length).map(|_| 0.5 + random.share()).collect();
    let tensor = Tensor::from_vec(values, length, &Device::Cpu).unwrap();
    (
        name.to_owned(),
        QTensor::quantize(&tensor, GgmlDType::F32).unwrap(),
    )
}
