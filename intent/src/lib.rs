//! Which skill a text asks for: vectors of examples in, calibrated probabilities out; no network, no database, no
//! threads, no randomness.
//!
//! A [`Classifier`] is fitted on [`SkillVectors`], the embedded examples of skills. It answers two questions about the
//! vector of a text, and keeps them apart:
//!
//! - *Is the text about any skill?* The similarity to the nearest skill, less a part of the similarity to everyday texts
//!   that are about none, compared with a threshold that a small share of the examples would miss if they had been left
//!   out.
//! - *About which one?* Multinomial logistic regression, whose temperature is fitted on left-out examples.
//!
//! The modules, in the order in which a fit passes them:
//!
//! - [`skill`] is the input
//! - [`logistic`] fits the weights, with [`cholesky`] for the shape of the problem and [`kernel`] for the inner loops
//! - [`nearness`] measures similarity, and [`background`] what is taken from it
//! - [`coarse`] has copies of very large tables in few bits
//! - [`calibration`] fits temperature and thresholds on examples that were left out
//! - [`classifier`] puts them together and scores a text

mod background;
mod calibration;
mod cholesky;
mod classifier;
mod coarse;
mod kernel;
mod logistic;
mod nearness;
mod skill;

pub use classifier::{Classifier, Scores};
pub use kernel::dot;
pub use skill::{SkillVectors, unit};
