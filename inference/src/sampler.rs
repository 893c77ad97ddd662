//! Chooses the next token from the model's scores.

use std::collections::VecDeque;

use crate::Sampling;
use crate::model::softmax;

/// The number of latest tokens that the repetition penalty applies to.
const PENALISED: usize = 64;

/// The number of best tokens that are tried first; the whole vocabulary is sorted only when their probabilities do not
/// reach `top_p`.
const CANDIDATES: usize = 256;

/// The state of one answer's sampling.
pub(crate) struct Sampler {
    sampling: Sampling,
    random: Random,
    recent: VecDeque<u32>,
}

impl Sampler {
    pub(crate) fn new(sampling: Sampling) -> Self {
        Self {
            sampling,
            random: Random(sampling.seed),
            recent: VecDeque::with_capacity(PENALISED),
        }
    }

    /// Chooses a token, and records it for the repetition penalty. `None` if there are no scores, or all of them are
    /// `NaN`.
    pub(crate) fn choose(&mut self, logits: &mut [f32]) -> Option<u32> {
        self.penalise(logits);
        let token = if self.sampling.temperature > 0.0 {
            self.draw(logits)?
        } else {
            best(logits)?
        };
        if self.recent.len() == PENALISED {
            self.recent.pop_front();
        }
        self.recent.push_back(token);
        Some(token)
    }

    /// Lowers the score of each recent token once, however often it was generated.
    fn penalise(&self, logits: &mut [f32]) {
        let penalty = self.sampling.repetition_penalty;
        for (place, token) in self.recent.iter().enumerate() {
            if self
                .recent
                .iter()
                .take(place)
                .any(|earlier| earlier == token)
            {
                continue;
            }
            if let Some(logit) = logits.get_mut(*token as usize) {
                *logit = if *logit > 0.0 {
                    *logit / penalty
                } else {
                    *logit * penalty
                };
            }
        }
    }

    /// Draws one of the most likely tokens whose probabilities add up to `top_p`.
    fn draw(&mut self, logits: &mut [f32]) -> Option<u32> {
        for logit in logits.iter_mut() {
            *logit /= self.sampling.temperature;
        }
        softmax(logits);
        let mut ranked: Vec<(u32, f32)> = (0..).zip(logits.iter().copied()).collect();
        let by_share = |left: &(u32, f32), right: &(u32, f32)| right.1.total_cmp(&left.1);
        let mut candidates = ranked.as_mut_slice();
        if candidates.len() > CANDIDATES {
            let (best, ..) = candidates.select_nth_unstable_by(CANDIDATES, by_share);
            if best.iter().map(|(_, share)| share).sum::<f32>() >= self.sampling.top_p {
                candidates = ranked.get_mut(..CANDIDATES)?;
            } else {
                candidates = ranked.as_mut_slice();
            }
        }
        candidates.sort_unstable_by(by_share);

        let mut mass = 0.0;
        let needed = candidates.iter().take_while(|(_, share)| {
            let needed = mass < self.sampling.top_p;
            mass += share;
            needed
        });
        let nucleus = needed.count();
        let nucleus = candidates.get(..nucleus)?;
        let mass: f32 = nucleus.iter().map(|(_, share)| share).sum();
        let mut point = self.random.share() * mass;
        let drawn = nucleus.iter().find(|(_, share)| {
            point -= share;
            point < 0.0
        });
        // because of rounding, the point may be just past the end
        drawn.or_else(|| nucleus.last()).map(|(token, _)| *token)
    }
}

/// The token with the highest score; the first one of equal scores.
fn best(logits: &[f32]) -> Option<u32> {
    let mut best: Option<(u32, f32)> = None;
    for (token, logit) in (0..).zip(logits.iter().copied()) {
        if !logit.is_nan() && best.is_none_or(|(_, score)| logit > score) {
            best = Some((token, logit));
        }
    }
    best.map(|(token, _)| token)
}

/// `SplitMix64`: small, and with the same results on every machine and in every version.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, but not including, 1.
    #[expect(clippy::cast_precision_loss, reason = "24 bits fit f32 exactly")]
    pub(crate) fn share(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampling(temperature: f32, top_p: f32, seed: u64) -> Sampling {
        Sampling {
            temperature,
            top_p,
            repetition_penalty: 1.0,
            seed,
        }
    }

    fn draws(sampling: Sampling, logits: &[f32], count: usize) -> Vec<u32> {
        let mut sampler = Sampler::new(sampling);
        (0..count)
            .map(|_| sampler.choose(&mut logits.to_vec()).unwrap())
            .collect()
    }

    #[test]
    fn temperature_zero_takes_the_best() {
        assert_eq!(
            draws(sampling(0.0, 1.0, 7), &[0.1, f32::NAN, 2.0, 2.0], 2),
            [2, 2]
        );
    }

    #[test]
    fn the_same_seed_gives_the_same_choices() {
        let logits = [0.5, 0.4, 0.3, 0.2];
        let drawn = draws(sampling(1.0, 1.0, 7), &logits, 40);
        assert_eq!(drawn, draws(sampling(1.0, 1.0, 7), &logits, 40));
        assert_ne!(drawn, draws(sampling(1.0, 1.0, 8), &logits, 40));
    }

    #[test]
    fn top_p_leaves_the_unlikely_out() {
        let logits = [3.0, 3.0, 0.0, 0.0];
        let drawn = draws(sampling(1.0, 0.9, 1), &logits, 200);
        assert!(drawn.contains(&0) && drawn.contains(&1));
        assert!(drawn.iter().all(|token| *token < 2));
    }

    #[test]
    fn a_flat_vocabulary_larger_than_the_candidates_is_drawn_from_as_a_whole() {
        let drawn = draws(sampling(1.0, 1.0, 1), &[0.0; 4 * CANDIDATES], 100);
        assert!(drawn.iter().any(|token| *token as usize > 2 * CANDIDATES));
    }

    #[test]
    fn a_peaked_large_vocabulary_needs_only_the_candidates() {
        let mut logits = vec![0.0; 4 * CANDIDATES];
        logits[1000] = 30.0;
        assert_eq!(draws(sampling(1.0, 0.9, 1), &logits, 3), [1000, 1000, 1000]);
    }

    #[test]
    fn the_penalty_lets_the_second_best_through() {
        let mut sampler = Sampler::new(Sampling {
            repetition_penalty: 1.5,
            ..Sampling::greedy()
        });
        let logits = [2.0, 1.9, -5.0];
        let chosen: Vec<_> = (0..3)
            .map(|_| sampler.choose(&mut logits.to_vec()))
            .collect();
        assert_eq!(chosen, [Some(0), Some(1), Some(0)]);
    }

    #[test]
    fn no_scores_no_token() {
        assert_eq!(Sampler::new(Sampling::greedy()).choose(&mut []), None);
    }
}
