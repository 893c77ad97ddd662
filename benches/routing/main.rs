//! The time to route one message between 1,000 agents with 8 skills each: `cargo bench --bench routing`.
//!
//! Twice: agents of four templates, as most accounts have them, and agents of 1,000 templates, which have 8,000 different
//! skills. Messages are embedded by the embedded model; the examples of skills have generated vectors, because embedding
//! 64,000 of them would take minutes and change nothing in the work of a message.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use std::{
    env,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use hdrhistogram::Histogram;
use serde_json::json;
use tokio_util::task::TaskTracker;
use troupe::{
    adapter::embedded::EmbeddedEmbedder,
    domain::{TemplateId, TemplateSpec},
    error,
    port::{Embedded, Embedder, Purpose, Readiness},
    routing::{RoutableTemplate, Router, RouterParts},
};
use uuid::Uuid;

/// The number of measured messages.
const MESSAGES: usize = 500;
/// The number of skills of a template, and of examples of a skill.
const SKILLS: usize = 8;
/// The longest fit that is waited for.
const PATIENCE: Duration = Duration::from_mins(10);

/// The embedded model for messages, and generated vectors for examples.
struct HalfGenerated(EmbeddedEmbedder);

#[async_trait]
impl Embedder for HalfGenerated {
    fn model(&self) -> &str {
        self.0.model()
    }

    async fn dimensions(&self) -> error::Result<usize> {
        self.0.dimensions().await
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> error::Result<Embedded> {
        match purpose {
            Purpose::Question => self.0.embed(texts, purpose).await,
            Purpose::Passage => Ok(Embedded {
                vectors: texts.iter().map(|text| generated(text)).collect(),
                ..Embedded::default()
            }),
        }
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.0.count_tokens(text)
    }

    fn longest_text(&self) -> usize {
        self.0.longest_text()
    }

    fn readiness(&self) -> Readiness {
        self.0.readiness()
    }
}

/// A vector that follows from the text; texts with the same first word are similar.
fn generated(text: &str) -> Vec<f32> {
    let subject = text.split_whitespace().next().unwrap_or_default();
    let (mut common, mut own) = (seed(subject), seed(text));
    let values = (0..384).map(|_| noise(&mut common) + 0.5 * noise(&mut own));
    values.collect()
}

fn seed(text: &str) -> u64 {
    let step = |seed: u64, byte: u8| (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// A pseudo-random number between -1 and 1.
fn noise(state: &mut u64) -> f32 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    #[expect(clippy::cast_precision_loss, reason = "a random number")]
    let noise = (*state >> 40) as f32 / 8_388_608.0 - 1.0;
    noise
}

fn template(number: usize) -> RoutableTemplate {
    let skill = |skill: usize| {
        let subject = format!("t{number}s{skill}");
        let examples = (0..SKILLS).map(|example| format!("{subject} example {example}"));
        json!({
            "id": subject,
            "name": subject,
            "description": format!("{subject} description"),
            "examples": examples.collect::<Vec<_>>(),
        })
    };
    let spec = json!({
        "name": format!("template_{number}"),
        "version": "1.0.0",
        "workflow": "SupportAgentWorkflow",
        "description": "A template of the benchmark.",
        "latencyClass": "INTERACTIVE",
        "configSchema": {},
        "contextSchema": {},
        "pricingTiers": [],
        "skills": (0..SKILLS).map(skill).collect::<Vec<_>>(),
        "prompts": {"system": ""},
    });
    #[expect(clippy::expect_used, reason = "a benchmark, and the value is above")]
    let spec: TemplateSpec = serde_json::from_value(spec).expect("a template");
    let id = TemplateId::from_uuid(Uuid::from_u128(number as u128));
    RoutableTemplate::new(id, Arc::new(spec))
}

#[tokio::main]
async fn main() -> Result<(), String> {
    let tracker = TaskTracker::new();
    let embedder = Arc::new(HalfGenerated(EmbeddedEmbedder::load(models(), &tracker)));
    println!("| templates | different skills | fit | p50 | p99 |");
    println!("|---|---|---|---|---|");
    for templates in [4, 1_000] {
        let router = Router::new(RouterParts {
            embedder: Arc::clone(&embedder) as Arc<dyn Embedder>,
            tracker: tracker.clone(),
        });
        let templates: Vec<RoutableTemplate> = (0..templates).map(template).collect();
        let began = Instant::now();
        let first = router.rank("Hello", templates.clone(), PATIENCE).await;
        first.map_err(|error| error.message().to_owned())?;
        let fit = began.elapsed();
        let mut times = Histogram::<u64>::new(3).map_err(|error| error.to_string())?;
        for number in 0..MESSAGES {
            let message = format!("Can I get a quote for {number} licences, billed yearly?");
            let began = Instant::now();
            let ranked = router.rank(&message, templates.clone(), PATIENCE).await;
            assert!(ranked.is_ok(), "a message was not ranked");
            let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
            times.record(micros).map_err(|error| error.to_string())?;
        }
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 microseconds")]
        let at = |quantile| times.value_at_quantile(quantile) as f64 / 1_000.0;
        println!(
            "| {} | {} | {fit:.1?} | {:.2} ms | {:.2} ms |",
            templates.len(),
            templates.len() * SKILLS,
            at(0.5),
            at(0.99)
        );
    }
    Ok(())
}

/// The folder of the embedded models.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads where the models are"
)]
fn models() -> PathBuf {
    env::var("TROUPE_MODELS_DIR").map_or_else(
        |_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data/models")),
        PathBuf::from,
    )
}
