//! Private items never reach the receiver of a handoff: a model that tells everything it sees, in every form, against
//! every way in which a secret enters a conversation.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use futures::{StreamExt, stream};
use serde_json::{Value, json};

use super::{HAND_OFF, chat, conversation_of, system};
use crate::{
    agent::create,
    support::{Script, TestApp, ToolServer},
    template::{publish, template},
    tools::{LOCAL, grant, register},
};

/// How a secret enters the conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Plant {
    /// A message that the person marks as private.
    Message,
    /// A field of the context that the template marks as private.
    ContextField,
    /// The result of a tool that the agent's settings mark as private.
    ToolResult,
    /// The same, marked by the tool's name in the prompt.
    NamedTool,
    /// A setting that the template marks as private.
    Setting,
}

/// How the conversation changes its agent.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    /// The agent calls `hand_off`, with everything that it knows as the reason.
    Agent,
    /// The agent writes everything that it knows, and then calls `hand_off`.
    AgentAfterText,
    /// A message names the other agent.
    Message,
    /// A person calls `handOff`.
    Person,
}

const PLANTS: [Plant; 5] = [
    Plant::Message,
    Plant::ContextField,
    Plant::ToolResult,
    Plant::NamedTool,
    Plant::Setting,
];
const CHANGES: [Change; 4] = [
    Change::Agent,
    Change::AgentAfterText,
    Change::Message,
    Change::Person,
];
const POLICIES: [&str; 3] = ["FULL", "SUMMARY", "ISOLATED"];
/// The number of forms in which the model writes a secret.
const FORMS: usize = 6;
/// The number of secrets of a conversation; their forms differ.
const SECRETS: usize = 4;

/// Some secrets in one way to plant them, one way to change the agent and one policy, each with the form that the model
/// uses.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// The number of the first secret.
    first: usize,
    plant: Plant,
    change: Change,
    policy: &'static str,
}

impl Shape {
    /// The secrets, separated by blanks.
    fn secrets(self) -> String {
        let secrets = (self.first..self.first + SECRETS).map(|number| forms(number)[0].clone());
        secrets.collect::<Vec<_>>().join(" ")
    }
}

fn shapes() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for plant in PLANTS {
        for change in CHANGES {
            for policy in POLICIES {
                shapes.push(Shape {
                    first: shapes.len() * SECRETS,
                    plant,
                    change,
                    policy,
                });
            }
        }
    }
    shapes
}

/// The secret of a shape, and the other forms in which a model could write it.
fn forms(number: usize) -> [String; FORMS] {
    let plain = format!("vault{number:04}x");
    let spaced: Vec<String> = plain.chars().map(String::from).collect();
    [
        plain.clone(),
        plain.chars().rev().collect(),
        data_encoding::BASE64.encode(plain.as_bytes()),
        data_encoding::HEXLOWER.encode(plain.as_bytes()),
        spaced.join("-"),
        format!("the safe whose door bears the number {number} and a cross"),
    ]
}

/// The beginnings of the forms, the same for all secrets; of the reversed form, the end.
const MARKERS: [&str; FORMS] = [
    "vault0",
    "0tluav",
    "dmF1bHQw",
    "7661756c7430",
    "v-a-u-l-t-0",
    "the safe whose door bears the number ",
];

/// The numbers of the secrets that a text contains in any form.
fn secrets_in(text: &str) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for (form, marker) in MARKERS.iter().enumerate() {
        for (at, _) in text.match_indices(marker) {
            let after: String = text[at..].chars().take(60).collect();
            let bytes = |length: usize| after.as_bytes().get(..length).unwrap_or_default();
            let text_of = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap_or_default();
            let digits = match form {
                1 => text[..=at].chars().rev().take(4).collect(),
                2 => text_of(data_encoding::BASE64.decode(bytes(16)).unwrap_or_default()),
                3 => text_of(
                    data_encoding::HEXLOWER
                        .decode(bytes(20))
                        .unwrap_or_default(),
                ),
                4 => text_of(bytes(19).to_vec()).replace('-', ""),
                _ => after.replacen(marker.trim_end_matches('0'), "", 1),
            };
            let digits: String = digits
                .trim_start_matches("vault")
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            found.extend(digits.parse::<usize>().ok());
        }
    }
    found
}

/// Everything that the model sees, with each secret in the form that its number decides.
fn told(seen: &str) -> String {
    let mut told = seen.to_owned();
    for number in secrets_in(seen) {
        let forms = forms(number);
        for form in &forms {
            told = told.replace(form.as_str(), &forms[number % FORMS]);
        }
    }
    // bounded, so that answers do not grow with each other
    let characters: Vec<char> = told.chars().collect();
    if characters.len() <= 2_400 {
        return told;
    }
    let (start, end) = (
        &characters[..1_500],
        &characters[characters.len() - 1_500..],
    );
    start.iter().chain(end).collect()
}

#[test]
fn every_form_of_a_secret_is_found() {
    for number in [0, 7, 120, 239] {
        for form in forms(number) {
            let text = format!(
                "süß {form} {form}. And more words, so that the text does not end with it, whatever form it has."
            );
            assert_eq!(secrets_in(&text), BTreeSet::from([number]), "{form}");
        }
    }
}

/// All texts of a request.
fn seen(request: &Value) -> String {
    let messages = request["messages"].as_array().unwrap().iter();
    let texts = messages.map(|message| {
        let calls = message["tool_calls"].as_array().into_iter().flatten();
        let calls: Vec<String> = calls
            .map(|call| call["function"]["arguments"].as_str().unwrap().to_owned())
            .collect();
        let text = message["content"].as_str().unwrap_or_default();
        format!("{text} {}", calls.join(" "))
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// The agent that a request is for, by the first words of its instructions.
fn agent_of(request: &Value) -> &'static str {
    let system = system(request);
    if system.starts_with("You are Receiver.") {
        "receiver"
    } else if system.starts_with("You are ") {
        "sender"
    } else {
        "summary"
    }
}

/// A model that tells all it sees.
fn leak(request: &Value) -> Script {
    let everything = told(&seen(request));
    let messages = request["messages"].as_array().unwrap();
    let last = messages.last().unwrap();
    let question = last["content"].as_str().unwrap_or_default();
    let offers = |name: &str| request["tools"].to_string().contains(name);
    let hands_over = |question: &Value| {
        let text = question["content"].as_str().unwrap_or_default();
        question["role"] == "user" && text.contains("Then hand over")
    };
    let mut newest = messages.iter().rev();
    let asked = newest.find(|message| message["role"] == "user");
    if last["role"] == "tool" && offers("hand_off") && asked.is_some_and(hands_over) {
        // a result of this run is carried as a result, those of earlier ones only in answers
        let call = json!({"to": "receiver", "reason": everything});
        return Script::calls(&[("hand_off", call)]);
    }
    if last["role"] == "user" && agent_of(request) == "sender" {
        for tool in ["workshop__say", "workshop__tell"] {
            if question.contains(&format!("Use {tool}.")) && offers(tool) {
                return Script::calls(&[(tool, json!({"text": "x"}))]);
            }
        }
        let hands_off = offers("hand_off") && question.contains("Hand over");
        let call = json!({"to": "receiver", "reason": everything});
        if hands_off && question.contains("after a text") {
            return Script::default()
                .text(&everything)
                .then_calls(&[("hand_off", call)]);
        }
        if hands_off {
            return Script::calls(&[("hand_off", call)]);
        }
    }
    Script::says(&[&everything])
}

/// An app with a sender for each policy, a receiver, and a tool server.
struct Vault {
    app: TestApp,
    senders: Vec<String>,
    receiver: String,
    _tools: ToolServer,
}

/// All secrets that are planted in one way.
fn secrets(plant: Plant) -> String {
    let of_plant = shapes().into_iter().filter(|shape| shape.plant == plant);
    let secrets = of_plant.map(Shape::secrets);
    secrets.collect::<Vec<_>>().join(" ")
}

impl Vault {
    async fn open() -> Self {
        let settings = [
            LOCAL,
            ("TROUPE_LIMITS_MESSAGES_PER_MINUTE", "1000000"),
            ("TROUPE_LIMITS_MESSAGE_BURST", "100000"),
        ];
        let app = TestApp::configured(
            "models: {default: roomy, chat: {roomy: {provider: openai, context_tokens: 1000000}}}",
            &settings,
        )
        .await;
        let tools = ToolServer::start().await;
        tools.will_say(&format!(
            "{} {}",
            secrets(Plant::ToolResult),
            secrets(Plant::NamedTool)
        ));
        tools.add("tell");
        let server = register(&app.home.admin, "Workshop", &tools.url).await;
        let published = publish(&app.operator, vault_template()).await;
        published.data();
        let mut senders = Vec::new();
        // with a private setting, everything that an agent writes is private: only the shapes of that plant have it
        for setting in [None, Some(secrets(Plant::Setting))] {
            for policy in POLICIES {
                let mut configuration = json!({"historyTokens": 100_000,
                    "handoff": {"policy": policy, "privateTools": ["say", "workshop__tell"]}});
                if let Some(setting) = &setting {
                    configuration["combination"] = setting.as_str().into();
                }
                let name = format!("Sender {}", senders.len());
                let made = create(
                    &app.home.admin,
                    json!({"template": "vault", "tier": "standard", "name": name, "configuration": configuration}),
                )
                .await;
                let id = made["id"].as_str().unwrap().to_owned();
                grant(&app.home.admin, &id, &server, &["say", "tell"], "AUTO").await;
                senders.push(id);
            }
        }
        let made = create(
            &app.home.admin,
            json!({"template": "vault", "tier": "standard", "name": "Receiver", "slug": "receiver",
                "configuration": {"historyTokens": 100_000}}),
        )
        .await;
        app.upstream.thinks(leak);
        Self {
            receiver: made["id"].as_str().unwrap().to_owned(),
            senders,
            app,
            _tools: tools,
        }
    }

    /// The life of the secrets of a shape: planted, repeated by the sender, and then every way to the receiver and back.
    async fn live(&self, shape: Shape) {
        let secret = shape.secrets();
        let member = &self.app.home.member;
        let policy = POLICIES.iter().position(|policy| *policy == shape.policy);
        let with_setting = usize::from(shape.plant == Plant::Setting) * POLICIES.len();
        let sender = &self.senders[policy.unwrap() + with_setting];
        let number = shape.first;
        let mut first = json!({"message": format!("Hello, question {number}."), "agentId": sender});
        if shape.plant == Plant::ContextField {
            first["context"] = json!({"safe": secret});
        }
        let id = conversation_of(&chat(member, first).await);
        let send = async |mut input: Value| {
            input["conversationId"] = id.as_str().into();
            let events = chat(member, input).await;
            assert_eq!(
                events.last().unwrap()["__typename"],
                "RunSucceeded",
                "{shape:?}: {events:#?}"
            );
        };
        match shape.plant {
            Plant::Message => {
                let message = format!("My combination is {secret}.");
                send(json!({"message": message, "private": true})).await;
            }
            Plant::ToolResult => send(json!({"message": "Use workshop__say."})).await,
            Plant::NamedTool => send(json!({"message": "Use workshop__tell."})).await,
            Plant::ContextField | Plant::Setting => {}
        }
        send(json!({"message": "What do you know?"})).await;
        match shape.change {
            Change::Agent => {
                let message = match shape.plant {
                    Plant::ToolResult => "Use workshop__say. Then hand over.",
                    Plant::NamedTool => "Use workshop__tell. Then hand over.",
                    Plant::Message | Plant::ContextField | Plant::Setting => "Hand over.",
                };
                send(json!({"message": message})).await;
            }
            Change::AgentAfterText => send(json!({"message": "Hand over after a text."})).await,
            Change::Message => {
                send(json!({"message": "You now.", "agentId": self.receiver})).await;
            }
            Change::Person => {
                let input = json!({"conversationId": id, "toAgentId": self.receiver,
                    "reason": "other hours", "policy": shape.policy});
                member.ok(HAND_OFF, json!({"input": input})).await;
            }
        }
        send(json!({"message": "What do you know?"})).await;
        send(json!({"message": "Back.", "agentId": sender})).await;
        send(json!({"message": "Once more.", "agentId": self.receiver})).await;
    }
}

/// A template with a private setting and a private context field, both of which its prompt contains.
fn vault_template() -> Value {
    let text = json!({"type": "string", "description": "A text."});
    let private = json!({"type": "string", "x-private": true, "description": "A secret."});
    let names = json!({"type": "array", "items": text, "description": "Names."});
    let number = json!({"type": "integer", "description": "A number."});
    let object = |properties: Value| {
        json!({"type": "object", "additionalProperties": false,
        "description": "Some values.", "properties": properties})
    };
    let handoff = object(json!({"policy": text, "privateTools": names}));
    let mut vault = template("vault", "1.0.0");
    vault["configSchema"] = object(json!({
        "combination": private,
        "handoff": handoff,
        "historyTokens": number,
    }));
    vault["contextSchema"] = object(json!({"safe": private, "topic": text}));
    vault["pricingTiers"][0]["tools"] = json!(["own_tools"]);
    vault["pricingTiers"][0]["limits"] = json!({"toolCallsPerMessage": 20});
    vault["systemPrompt"] =
        "You are {{ agent.name }}. {{ configuration.combination }} {{ context.safe }}".into();
    vault
}

#[tokio::test]
async fn no_form_of_a_private_item_reaches_the_receiver() {
    let all = shapes();
    let secrets = all.len() * SECRETS;
    assert!(secrets >= 200, "{secrets}");
    let vault = Vault::open().await;
    let lived = AtomicUsize::new(0);
    stream::iter(&all)
        .for_each_concurrent(8, |shape| async {
            vault.live(*shape).await;
            lived.fetch_add(1, Ordering::SeqCst);
        })
        .await;
    assert_eq!(lived.into_inner(), all.len());
    let (mut with_sender, mut to_receiver, mut leaks) = (BTreeSet::new(), 0, Vec::new());
    for request in vault.app.upstream.asked() {
        let seen = seen(&request);
        let found = secrets_in(&seen);
        if agent_of(&request) == "sender" {
            with_sender.extend(found);
            continue;
        }
        to_receiver += usize::from(agent_of(&request) == "receiver");
        leaks.extend(
            found
                .into_iter()
                .map(|number| (all[number / SECRETS], seen.clone())),
        );
    }
    assert!(
        leaks.is_empty(),
        "{} leaks, the first: {:#?}",
        leaks.len(),
        leaks.first()
    );
    assert_eq!(with_sender.len(), secrets, "every secret was there");
    assert!(to_receiver >= 2 * all.len(), "{to_receiver}");
}

#[tokio::test]
async fn what_is_not_private_still_reaches_the_receiver() {
    let vault = Vault::open().await;
    let member = &vault.app.home.member;
    // the sender with a private setting knows something private in each of its runs: its answers stay, questions pass
    let first = json!({"message": "My order is late.", "agentId": vault.senders[POLICIES.len()]});
    let id = conversation_of(&chat(member, first).await);
    let second = json!({"message": "Well?", "conversationId": id, "agentId": vault.receiver});
    chat(member, second).await;
    let request = vault.app.upstream.asked().pop().unwrap();
    assert_eq!(
        super::messages(&request),
        [
            super::pair("user", "My order is late."),
            super::pair("user", "Well?")
        ]
    );
    let found = vault
        .app
        .home
        .reader
        .ok(super::HANDOFFS, json!({"id": id}))
        .await;
    let handoff = &found["conversation"]["handoffs"][0];
    let dropped = super::items(&handoff["dropped"], "MESSAGE");
    assert_eq!(dropped.len(), 1);
    assert_eq!(dropped[0].1, "private");
}
