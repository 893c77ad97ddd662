//! How long a text takes between 8,000 skills: `cargo bench -p intent --bench score`.
//!
//! Warm, and cold as it is after an embedding, whose weights push the tables out of the processor's cache.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use intent::{Classifier, SkillVectors};

const SKILLS: usize = 8_000;
const EXAMPLES: usize = 8;
const DIMENSIONS: usize = 384;
/// The number of measured texts.
const TEXTS: usize = 200;
/// The size of what is read between two texts, in values: as much as the weights of the embedding model.
const FLUSH: usize = 24 << 20;

/// A pseudo-random number between -1 and 1.
fn noise(state: &mut u64) -> f32 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    #[expect(clippy::cast_precision_loss, reason = "a random number")]
    let noise = (*state >> 40) as f32 / 8_388_608.0 - 1.0;
    noise
}

fn vector(subject: &[f32], state: &mut u64) -> Vec<f32> {
    let values = subject.iter().map(|value| value + 0.5 * noise(state));
    values.collect()
}

fn main() -> Result<(), &'static str> {
    let mut state = 47;
    let mut subjects = Vec::new();
    let mut skills = Vec::new();
    for _ in 0..SKILLS {
        let subject: Vec<f32> = (0..DIMENSIONS).map(|_| noise(&mut state)).collect();
        let examples = (0..EXAMPLES)
            .map(|_| vector(&subject, &mut state))
            .collect();
        let skill = SkillVectors::new(examples, subject.clone()).ok_or("vectors")?;
        skills.push(Arc::new(skill));
        subjects.push(subject);
    }
    let profiles: Vec<Vec<usize>> = (0..SKILLS).map(|skill| vec![skill]).collect();
    let began = Instant::now();
    let classifier = Classifier::fit(skills, &profiles, &[]).ok_or("a classifier")?;
    println!("fit {:.1?}", began.elapsed());
    let flush = vec![1.0_f32; FLUSH];
    println!("| | p50 | p99 | right |");
    println!("|---|---|---|---|");
    for is_cold in [false, true] {
        let (mut times, mut right) = (Vec::new(), 0);
        for number in 0..TEXTS {
            let skill = number * (SKILLS / TEXTS);
            let subject = subjects.get(skill).ok_or("a subject")?;
            let text = vector(subject, &mut state);
            if is_cold {
                black_box(flush.iter().sum::<f32>());
            }
            let began = Instant::now();
            let scores = classifier.score(text).ok_or("scores")?;
            times.push(began.elapsed());
            let probabilities = scores.probabilities.iter().enumerate();
            let best = probabilities.max_by(|(_, one), (_, other)| one.total_cmp(other));
            right += usize::from(best.is_some_and(|(best, _)| best == skill));
        }
        times.sort();
        let at = |percent: usize| {
            times
                .get(TEXTS * percent / 100)
                .copied()
                .unwrap_or_default()
        };
        println!(
            "| {} | {:.2?} | {:.2?} | {right} of {TEXTS} |",
            if is_cold { "cold" } else { "warm" },
            at(50),
            at(99)
        );
    }
    Ok(())
}
