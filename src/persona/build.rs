//! One build of a persona: read the documents, measure them, let a model read what is new, write the next version.

use std::{collections::HashMap, sync::Arc};

use super::{
    corpus::{Corpus, CorpusDocument},
    extraction::{Extraction, batches},
    finding::PersonaFinding,
    own_sentences::own_positions,
    style::style,
    topics::topics_and_terms,
};
use crate::{
    domain::{
        AccountId, Agent, AgentId, DocumentId, Persona, PersonaDocument, PersonaDraft, PersonaItem,
        PersonaItemKind, PersonaOrigin, PersonaStyle, RemovedItem, month_of,
    },
    engine::{Engine, ReadingModels},
    error::{Error, Result},
    port::Clock,
    store::{Store, TenantStore},
};

/// Builds personas.
pub(super) struct PersonaBuilder {
    pub(super) store: Store,
    pub(super) engine: Engine,
    pub(super) clock: Arc<dyn Clock>,
}

/// What was measured in a corpus.
struct Measured {
    corpus: Corpus,
    topics_and_terms: Vec<PersonaFinding>,
    positions: Vec<PersonaFinding>,
    style: Option<PersonaStyle>,
}

impl PersonaBuilder {
    /// Builds the persona of an agent from its documents as they are now. When a model fails, what was measured is
    /// written, and the error is returned: a later attempt reads what is left.
    pub(super) async fn build(&self, account: AccountId, agent: AgentId) -> Result<()> {
        let tenant = self.store.tenant(account);
        let found = tenant.agents_by_ids(&[agent]).await?.pop();
        let (Some(agent), Some(persona)) = (found, tenant.begin_persona_build(agent).await?) else {
            return Ok(());
        };
        let measured = measure(Corpus::read(&tenant, agent.id).await?).await?;
        let read = self
            .read(&tenant, &agent, &measured.corpus, &persona)
            .await?;
        let mut persona = persona;
        loop {
            let built = self.next_version(&persona, &measured, &read);
            let expected = persona.version;
            let now = self.clock.now();
            if tenant.finish_persona_build(&built, expected, now).await? {
                return read.failure.map_or(Ok(()), Err);
            }
            // a person has changed the persona meanwhile
            match tenant.persona(agent.id).await? {
                Some(changed) => persona = changed,
                None => return Ok(()),
            }
        }
    }

    /// Lets a model read the documents that no model has read in this revision and round.
    async fn read(
        &self,
        tenant: &TenantStore,
        agent: &Agent,
        corpus: &Corpus,
        persona: &Persona,
    ) -> Result<Extraction> {
        let known = read_before(persona, persona.round);
        let is_new = |document: &CorpusDocument| {
            let before = known.get(&document.id);
            before.is_none_or(|read| read.revision != document.revision || read.model.is_none())
        };
        if !corpus.documents.iter().any(is_new) {
            return Ok(Extraction::default());
        }
        let models = match self.models(tenant, agent).await {
            Ok(Some(models)) => models,
            Ok(None) => return Ok(Extraction::default()),
            Err(error) => return Ok(Extraction::prevented(&error)),
        };
        let mut extraction = Extraction::default();
        for batch in batches(corpus, is_new) {
            let answer = models.extract(batch.request()).await;
            let now = self.clock.now();
            tenant
                .record_call_without_run(Some(agent.id), &answer.model, answer.usage, now)
                .await?;
            if let Some(failure) = answer.failure {
                return Ok(Extraction::failed(failure));
            }
            extraction.model = Some(answer.model);
            let found = answer.value.map(|items| batch.findings(items));
            extraction.findings.extend(found.unwrap_or_default());
        }
        Ok(extraction)
    }

    /// The models that read for the agent; none when the first one is for demonstrations. `QUOTA_EXCEEDED` when the
    /// account's budget is spent.
    async fn models(&self, tenant: &TenantStore, agent: &Agent) -> Result<Option<ReadingModels>> {
        let models = ReadingModels::of_agent(&self.engine, agent).await?;
        if models.is_none() {
            return Ok(None);
        }
        let account = tenant.account().await?;
        if account.has_blocking_budget() {
            let month = month_of(self.clock.now());
            let spent = tenant.spending_since(month).await?;
            if let Some(message) = account.spent_budget(spent) {
                return Err(Error::quota_exceeded(message, None));
            }
        }
        Ok(models)
    }

    /// The persona after the build; its version grows when a reader sees another profile.
    fn next_version(&self, persona: &Persona, measured: &Measured, read: &Extraction) -> Persona {
        let corpus = &measured.corpus;
        let before = read_before(persona, current_round(persona, read));
        let documents = corpus.documents.iter();
        let documents: Vec<PersonaDocument> = documents
            .map(|document| {
                let known = before.get(&document.id);
                let known = known.filter(|known| known.revision == document.revision);
                PersonaDocument {
                    document: document.id,
                    revision: document.revision,
                    model: known
                        .and_then(|known| known.model.clone())
                        .or_else(|| read.model.clone()),
                }
            })
            .collect();
        let draft = PersonaDraft {
            items: self.items(persona, measured, read),
            style: measured.style,
            documents,
            round: current_round(persona, read),
        };
        let profile = persona
            .profile
            .rebuilt(draft, |source| corpus.confirm(source));
        let has_changed = !profile.shows_same_as(&persona.profile);
        Persona {
            version: persona.version + i32::from(has_changed),
            profile,
            problem: read.problem.clone(),
            ..persona.clone()
        }
    }

    /// The items that a build has found: measured, kept from documents that have not changed, and extracted.
    fn items(&self, persona: &Persona, measured: &Measured, read: &Extraction) -> Vec<PersonaItem> {
        let item = |finding: &PersonaFinding| finding.clone().into_item(self.clock.as_ref());
        let own: Vec<PersonaItem> = measured.positions.iter().map(item).collect();
        let own_keys: Vec<RemovedItem> = own.iter().map(PersonaItem::key).collect();
        let before = read_before(persona, current_round(persona, read));
        let kept = kept_items(persona, &before, &measured.corpus)
            .into_iter()
            .filter(|item| !own_keys.contains(&item.key()));
        let mut extracted: Vec<PersonaItem> = kept.chain(read.findings.iter().map(item)).collect();
        // the same documents make the same profile, in whatever order they were read
        extracted.sort_by_key(|item| measured.corpus.place_of(&item.sources));
        let is_quoted = |own: &PersonaItem| {
            let positions = extracted
                .iter()
                .filter(|item| item.kind == PersonaItemKind::Position);
            let mut quotes = positions.flat_map(|item| &item.sources);
            quotes.any(|source| source.quote.contains(&own.text))
        };
        let own: Vec<PersonaItem> = own.into_iter().filter(|own| !is_quoted(own)).collect();
        let topics_and_terms = measured.topics_and_terms.iter().map(item);
        topics_and_terms
            .chain(in_turns(extracted))
            .chain(own)
            .collect()
    }
}

/// The round that the profile is in after a build: the requested one, unless no model could read the documents now.
fn current_round(persona: &Persona, read: &Extraction) -> i32 {
    if read.is_complete() {
        persona.round
    } else {
        persona.profile.round
    }
}

/// The documents that were read in a round.
fn read_before(persona: &Persona, round: i32) -> HashMap<DocumentId, &PersonaDocument> {
    if persona.profile.round != round {
        return HashMap::new();
    }
    let documents = persona.profile.documents.iter();
    documents.map(|read| (read.document, read)).collect()
}

/// The extracted items of documents that have not changed since a model read them.
fn kept_items(
    persona: &Persona,
    read: &HashMap<DocumentId, &PersonaDocument>,
    corpus: &Corpus,
) -> Vec<PersonaItem> {
    let has_stayed = |item: &PersonaItem| {
        item.sources.first().is_some_and(|source| {
            let is_served = corpus
                .documents
                .iter()
                .any(|one| one.id == source.document && one.revision == source.revision);
            let before = read.get(&source.document);
            is_served
                && before
                    .is_some_and(|read| read.revision == source.revision && read.model.is_some())
        })
    };
    let extracted = persona.profile.items.iter().filter(|item| {
        item.origin == PersonaOrigin::Built
            && matches!(
                item.kind,
                PersonaItemKind::Tone | PersonaItemKind::Position | PersonaItemKind::Fact
            )
    });
    extracted.filter(|item| has_stayed(item)).cloned().collect()
}

/// The items in an order in which each kind takes turns through the documents, so that no document fills the profile.
fn in_turns(items: Vec<PersonaItem>) -> Vec<PersonaItem> {
    let mut counts: HashMap<(PersonaItemKind, Option<DocumentId>), usize> = HashMap::new();
    let mut ranked: Vec<(usize, PersonaItem)> = items
        .into_iter()
        .map(|item| {
            let document = item.sources.first().map(|source| source.document);
            let count = counts.entry((item.kind, document)).or_default();
            *count += 1;
            (*count, item)
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, item)| item).collect()
}

/// Measures a corpus on a blocking thread, so that a large one does not delay other tasks.
async fn measure(corpus: Corpus) -> Result<Measured> {
    let work = move || {
        let corpus = corpus.split();
        Measured {
            topics_and_terms: topics_and_terms(&corpus),
            positions: own_positions(&corpus),
            style: style(&corpus),
            corpus,
        }
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|cause| Error::internal("measure the documents of an expert").with_source(cause))
}
