//! Recognises greetings, thanks and questions about the agent itself, and replies to them.

use super::{MOST_NAMED, first, joined};
use crate::{
    domain::AccountId,
    engine::{EngineParts, turn::Turn},
    error::Result,
    knowledge::Quoter,
};

/// The minimum cosine with an example of a message that is probably small talk; measured with all-MiniLM-L6-v2.
const PROBABLE: f32 = 0.5;
/// The minimum cosine of a message that certainly is.
const CERTAIN: f32 = 0.72;
/// The maximum number of words of such a message.
const LONGEST: usize = 12;

/// What a message of small talk wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SmallTalk {
    Greeting,
    Wellbeing,
    Thanks,
    Farewell,
    Identity,
    Capabilities,
    Acknowledgement,
}

/// A recognised message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recognised {
    pub(super) kind: SmallTalk,
    /// Whether the message cannot be a question to the documents.
    pub(super) is_certain: bool,
}

/// Messages with what they want.
#[rustfmt::skip]
const EXAMPLES: [(SmallTalk, &str); 47] = [
    (SmallTalk::Greeting, "hi"),
    (SmallTalk::Greeting, "hello"),
    (SmallTalk::Greeting, "hey there"),
    (SmallTalk::Greeting, "good morning"),
    (SmallTalk::Greeting, "good evening"),
    (SmallTalk::Greeting, "nice to meet you"),
    (SmallTalk::Greeting, "ciao"),
    (SmallTalk::Greeting, "hello, is anybody there?"),
    (SmallTalk::Greeting, "say hello"),
    (SmallTalk::Wellbeing, "how are you?"),
    (SmallTalk::Wellbeing, "how is it going?"),
    (SmallTalk::Wellbeing, "what's up?"),
    (SmallTalk::Wellbeing, "how do you do?"),
    (SmallTalk::Thanks, "thanks"),
    (SmallTalk::Thanks, "thank you very much"),
    (SmallTalk::Thanks, "thx"),
    (SmallTalk::Thanks, "many thanks, that helped"),
    (SmallTalk::Thanks, "great, thank you for the help"),
    (SmallTalk::Farewell, "bye"),
    (SmallTalk::Farewell, "goodbye"),
    (SmallTalk::Farewell, "see you later"),
    (SmallTalk::Farewell, "have a nice day"),
    (SmallTalk::Identity, "who are you?"),
    (SmallTalk::Identity, "what are you?"),
    (SmallTalk::Identity, "what is your name?"),
    (SmallTalk::Identity, "who am I talking to?"),
    (SmallTalk::Identity, "are you a robot?"),
    (SmallTalk::Identity, "are you a human being or a machine?"),
    (SmallTalk::Identity, "are you ChatGPT?"),
    (SmallTalk::Identity, "which AI model are you?"),
    (SmallTalk::Identity, "tell me about yourself"),
    (SmallTalk::Capabilities, "what can you do?"),
    (SmallTalk::Capabilities, "what can you do for me?"),
    (SmallTalk::Capabilities, "what do you do?"),
    (SmallTalk::Capabilities, "how can you help me?"),
    (SmallTalk::Capabilities, "what can I ask you?"),
    (SmallTalk::Capabilities, "what are you good at?"),
    (SmallTalk::Capabilities, "what do you know?"),
    (SmallTalk::Capabilities, "help"),
    (SmallTalk::Capabilities, "can you help me?"),
    (SmallTalk::Acknowledgement, "ok"),
    (SmallTalk::Acknowledgement, "yes"),
    (SmallTalk::Acknowledgement, "no"),
    (SmallTalk::Acknowledgement, "cool"),
    (SmallTalk::Acknowledgement, "great"),
    (SmallTalk::Acknowledgement, "I see"),
    (SmallTalk::Acknowledgement, "sorry"),
];

impl SmallTalk {
    /// The small talk in a message, if it is close to an example.
    pub(super) async fn in_message(
        quoter: &Quoter,
        account: AccountId,
        message: &str,
    ) -> Result<Option<Recognised>> {
        if message.split_whitespace().count() > LONGEST {
            return Ok(None);
        }
        let phrases = EXAMPLES.map(|(_, phrase)| phrase);
        let closest = quoter.closest(account, message, &phrases).await?;
        let recognised = closest.and_then(|(index, cosine)| {
            let (kind, _) = EXAMPLES.get(index)?;
            (cosine >= PROBABLE).then_some(Recognised {
                kind: *kind,
                is_certain: cosine >= CERTAIN,
            })
        });
        Ok(recognised)
    }

    /// The reply: what the agent is, and what its documents are.
    pub(super) async fn reply(self, parts: &EngineParts, turn: &Turn) -> Result<String> {
        let name = &turn.agent.name;
        Ok(match self {
            Self::Greeting => format!("Hello! I am {name}. {}", documents(parts, turn).await?),
            Self::Wellbeing => {
                "Thank you for asking; I am a program and always feel the same. What would you like to know?".to_owned()
            }
            Self::Thanks => "You are welcome.".to_owned(),
            Self::Farewell => "Goodbye!".to_owned(),
            Self::Acknowledgement => "All right. Ask me when you want to know more.".to_owned(),
            Self::Identity => format!(
                "I am {name}, an AI agent{} and not a person. {}",
                company(turn),
                documents(parts, turn).await?
            ),
            Self::Capabilities => {
                let skills: Vec<String> = turn.template.skills.iter().map(|skill| skill.name.clone()).collect();
                let subjects = joined(&skills, "and").map(|names| format!(" My subjects: {names}."));
                format!(
                    "{}{} When they have no answer, I say so.",
                    documents(parts, turn).await?,
                    subjects.unwrap_or_default()
                )
            }
        })
    }
}

fn company(turn: &Turn) -> String {
    let name = turn.setting("/companyName");
    name.map(|name| format!(" of {name}")).unwrap_or_default()
}

/// The sentence that the agent quotes its documents, with their titles.
async fn documents(parts: &EngineParts, turn: &Turn) -> Result<String> {
    let store = parts.store.tenant(turn.agent.account);
    let page = store.documents(turn.agent.id, &first(MOST_NAMED)).await?;
    let mut titles: Vec<String> = page
        .items
        .into_iter()
        .map(|document| format!("“{}”", document.title))
        .collect();
    if page.has_next {
        titles.push("others".to_owned());
    }
    Ok(match joined(&titles, "and") {
        Some(titles) => format!("I answer with sentences of my documents: {titles}."),
        None => "I answer with sentences of my documents, and I have none yet.".to_owned(),
    })
}
