//! The texts of an expert: the passages of an agent's documents, and the statements in them.

use std::collections::HashMap;

use crate::{
    domain::{AgentId, DocumentId, Passage, PersonaSource},
    error::Result,
    store::TenantStore,
    text_analysis::{squeezed, stated_sentences, words_of},
};

/// The maximum number of documents that a profile is built from, the newest.
const MOST_DOCUMENTS: u64 = 200;
/// The maximum number of passages of all documents together.
const MOST_PASSAGES: u64 = 1_000;
/// The minimum number of passages of a document that are read, however many documents there are.
const FEWEST_PASSAGES: u64 = 5;
/// The maximum length of a statement that may be quoted, in characters.
const LONGEST_QUOTE: usize = 400;

/// The texts of an expert.
#[derive(Debug, Default)]
pub(super) struct Corpus {
    pub(super) documents: Vec<CorpusDocument>,
    /// The sentences that state something, in the order of the documents.
    pub(super) statements: Vec<Statement>,
    /// The number of words.
    pub(super) words: usize,
}

/// A document with the passages that are read.
#[derive(Debug)]
pub(super) struct CorpusDocument {
    pub(super) id: DocumentId,
    pub(super) revision: i32,
    pub(super) passages: Vec<Passage>,
}

/// A sentence that states something.
#[derive(Debug)]
pub(super) struct Statement {
    /// The index of the document in the corpus.
    pub(super) document: usize,
    /// The position of the passage in the document.
    position: i32,
    /// The sentence as it stands in the passage, apart from white space.
    pub(super) text: String,
    /// The words in lower case, each between two spaces.
    words: String,
}

impl Corpus {
    /// Reads the searchable documents of an agent.
    pub(super) async fn read(tenant: &TenantStore, agent: AgentId) -> Result<Self> {
        let found = tenant.served_documents(agent, MOST_DOCUMENTS).await?;
        let count = u64::try_from(found.len()).unwrap_or(u64::MAX).max(1);
        let most = (MOST_PASSAGES / count).max(FEWEST_PASSAGES);
        let mut documents = Vec::with_capacity(found.len());
        for document in found {
            let passages = tenant
                .passages_from(document.id, document.revision, 0, most)
                .await?;
            documents.push(CorpusDocument {
                id: document.id,
                revision: document.revision,
                passages,
            });
        }
        Ok(Self {
            documents,
            ..Self::default()
        })
    }

    /// Splits the passages into statements. Takes a while for a large corpus.
    #[must_use]
    pub(super) fn split(mut self) -> Self {
        for (index, document) in self.documents.iter().enumerate() {
            for passage in &document.passages {
                self.words += words_of(&passage.text).count();
                let stated = stated_sentences(&passage.text).into_iter();
                self.statements.extend(stated.map(|stated| Statement {
                    document: index,
                    position: passage.position,
                    words: spaced_words(&stated.text),
                    text: squeezed(&stated.text),
                }));
            }
        }
        self
    }

    /// The texts of all passages.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let passages = self.documents.iter().flat_map(|one| &one.passages);
        passages.map(|passage| passage.text.as_str())
    }

    /// At most `most` statements that have the phrase, from as many documents as possible, as sources.
    pub(super) fn sources_of(&self, phrase: &str, most: usize) -> Vec<PersonaSource> {
        let phrase = spaced_words(phrase);
        let mut by_document: HashMap<usize, &Statement> = HashMap::new();
        for statement in &self.statements {
            if statement.words.contains(&phrase) && statement.can_be_quoted() {
                by_document.entry(statement.document).or_insert(statement);
            }
        }
        let mut statements: Vec<&Statement> = by_document.into_values().collect();
        statements.sort_by_key(|statement| statement.document);
        let sources = statements.into_iter().take(most);
        sources
            .filter_map(|statement| self.source(statement))
            .collect()
    }

    /// Where the first of these sources stands: the index of its document in the corpus, and its position.
    pub(super) fn place_of(&self, sources: &[PersonaSource]) -> Option<(usize, i32)> {
        let source = sources.first()?;
        let mut documents = self.documents.iter();
        let index = documents.position(|document| document.id == source.document)?;
        Some((index, source.position))
    }

    /// A statement as a source.
    pub(super) fn source(&self, statement: &Statement) -> Option<PersonaSource> {
        let document = self.documents.get(statement.document)?;
        Some(PersonaSource {
            document: document.id,
            revision: document.revision,
            position: statement.position,
            quote: statement.text.clone(),
        })
    }

    /// A source of an earlier build, if its quote still stands in its document: where it stands now.
    pub(super) fn confirm(&self, source: &PersonaSource) -> Option<PersonaSource> {
        let mut documents = self.documents.iter();
        let document = documents.find(|document| document.id == source.document)?;
        if document.revision == source.revision {
            return Some(source.clone());
        }
        let mut passages = document.passages.iter();
        let passage = passages.find(|passage| stands_in(&source.quote, &passage.text))?;
        Some(PersonaSource {
            revision: document.revision,
            position: passage.position,
            ..source.clone()
        })
    }
}

impl Statement {
    /// Whether the statement is short enough for a quote.
    pub(super) fn can_be_quoted(&self) -> bool {
        self.text.chars().count() <= LONGEST_QUOTE
    }

    /// The words in lower case, each between two spaces.
    pub(super) fn words(&self) -> &str {
        &self.words
    }
}

/// Whether a quote stands in a text, apart from white space.
pub(super) fn stands_in(quote: &str, text: &str) -> bool {
    let quote = squeezed(quote);
    !quote.is_empty() && squeezed(text).contains(&quote)
}

/// The words of a text in lower case, each between two spaces.
fn spaced_words(text: &str) -> String {
    let mut words = String::from(" ");
    for word in words_of(text) {
        words.push_str(&word);
        words.push(' ');
    }
    words
}

/// A corpus of documents with one passage each.
#[cfg(test)]
pub(super) fn corpus_of(texts: &[&str]) -> Corpus {
    use uuid::Uuid;

    use crate::domain::PassageId;

    let document = |text: &&str| {
        let id = DocumentId::from_uuid(Uuid::now_v7());
        CorpusDocument {
            id,
            revision: 1,
            passages: vec![Passage {
                id: PassageId::from_uuid(Uuid::now_v7()),
                document: id,
                position: 0,
                headings: Vec::new(),
                text: (*text).to_owned(),
                tokens: 1,
            }],
        }
    };
    let corpus = Corpus {
        documents: texts.iter().map(document).collect(),
        ..Corpus::default()
    };
    corpus.split()
}
