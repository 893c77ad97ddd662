//! The transformer on a tiny random model: the two ways of multiplying agree, and so do different chunk sizes of a
//! prompt.

use super::{Cache, Gguf, Model, Segment};
use crate::text::Tokenizer;
use crate::tiny::TinyModel;

const PROMPT: &str = "<|im_start|>user\nIs the sea calm tonight, or is it the wind?<|im_end|>\n";

fn load(model: &TinyModel) -> (Model, Vec<u32>) {
    let mut file = Gguf::open(model.path()).unwrap();
    let tokenizer = Tokenizer::load(&file).unwrap();
    let tokens = tokenizer.encode(PROMPT).unwrap();
    (Model::load(&mut file, tokenizer.size()).unwrap(), tokens)
}

/// The scores after the prompt, read in chunks of this size.
fn scores(model: &Model, tokens: &[u32], chunk: usize) -> Vec<f32> {
    let mut cache = model.cache();
    let mut last = Vec::new();
    for tokens in tokens.chunks(chunk) {
        last = model
            .read(&mut [Segment {
                cache: &mut cache,
                tokens,
            }])
            .unwrap();
    }
    assert_eq!(cache.tokens(), tokens.len());
    model.logits(&last).remove(0)
}

/// The difference between the directions of two score lists; 0 when they are equal.
fn difference(left: &[f32], right: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    1.0 - dot(left, right) / (dot(left, left) * dot(right, right)).sqrt()
}

#[test]
fn a_prompt_in_chunks_gives_the_scores_of_the_whole() {
    for tiny in [TinyModel::llama(1), TinyModel::qwen2(1)] {
        let (model, tokens) = load(&tiny);
        let tokens = &tokens[..48];
        let whole = scores(&model, tokens, 48);
        // short chunks use the 8-bit product, whose inputs are rounded
        for (chunk, tolerance) in [(24, 1e-5), (16, 1e-5), (7, 1e-2), (1, 1e-2)] {
            let difference = difference(&whole, &scores(&model, tokens, chunk));
            assert!(
                difference < tolerance,
                "chunks of {chunk} differ by {difference}"
            );
        }
    }
}

#[test]
fn earlier_tokens_matter_and_their_order_too() {
    let (model, mut tokens) = load(&TinyModel::llama(1));
    let before = scores(&model, &tokens, 64);
    tokens.swap(3, 5);
    assert!(difference(&before, &scores(&model, &tokens, 64)) > 1e-4);
}

#[test]
fn a_batch_gives_each_conversation_its_own_scores_to_the_bit() {
    let (model, tokens) = load(&TinyModel::llama(1));
    let (left, right) = tokens.split_at(20);
    let alone = [scores(&model, left, 1), scores(&model, right, 1)];

    let (mut left_cache, mut right_cache) = (model.cache(), model.cache());
    let read = |cache: &mut Cache, tokens: &[u32]| {
        model.read(&mut [Segment { cache, tokens }]).unwrap();
    };
    for token in &left[..19] {
        read(&mut left_cache, std::slice::from_ref(token));
    }
    for token in &right[..right.len() - 1] {
        read(&mut right_cache, std::slice::from_ref(token));
    }
    let mut segments = [
        Segment {
            cache: &mut left_cache,
            tokens: &left[19..],
        },
        Segment {
            cache: &mut right_cache,
            tokens: &right[right.len() - 1..],
        },
    ];
    let last = model.read(&mut segments).unwrap();
    assert_eq!(model.logits(&last), alone);
}

#[test]
fn a_token_outside_the_vocabulary_is_an_error() {
    let (model, _) = load(&TinyModel::llama(1));
    let mut cache = model.cache();
    assert!(
        model
            .read(&mut [Segment {
                cache: &mut cache,
                tokens: &[9999]
            }])
            .is_err()
    );
}
