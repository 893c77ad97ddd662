//! Accounts that may chat, and the other requests to the program.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::Result;

const CREATE_ACCOUNT: &str =
    "mutation($name: String!) { createAccount(input: {name: $name, tier: PREMIUM}) { ownerKey } }";
// the longest answer of a section has 1,500 tokens of 20 characters: a model that goes on beyond the limit of its answer is
// stopped, by an estimate of eight characters a token
const CREATE_AGENT: &str = "mutation { createAgent(input: {template: \"support_agent\", tier: \"premium\", name: \"Support\", configuration: {maxOutputTokens: 4096, keepCase: false}}) { agent { id } } }";
const SEND: &str = "mutation($message: String!) { sendMessage(input: {message: $message}) { run { id conversation { id } } } }";

/// Creates accounts.
pub(crate) struct Tenants {
    operator: Member,
}

/// An owner of an account with one active agent.
#[derive(Clone)]
pub(crate) struct Member {
    /// The owner's API key.
    pub(crate) key: String,
    url: String,
    http: reqwest::Client,
}

/// A run that a mutation has started.
pub(crate) struct Sent {
    /// The id of the run.
    pub(crate) run: String,
    /// The id of the conversation.
    pub(crate) conversation: String,
}

impl Tenants {
    /// Connects to a program that was started with this operator's key.
    pub(crate) fn new(address: SocketAddr, key: &str) -> Result<Self> {
        Ok(Self {
            operator: Member {
                key: key.to_owned(),
                url: format!("http://{address}/graphql"),
                http: reqwest::Client::builder().no_proxy().build()?,
            },
        })
    }

    /// Creates this number of accounts, and returns their owners.
    pub(crate) async fn members(&self, accounts: usize) -> Result<Vec<Member>> {
        let mut members = Vec::with_capacity(accounts);
        for n in 0..accounts {
            let name = json!({"name": format!("Load {n}")});
            let made = self.operator.ask(CREATE_ACCOUNT, &name).await?;
            let member = Member {
                key: text(&made, "/createAccount/ownerKey")?,
                ..self.operator.clone()
            };
            member.ask(CREATE_AGENT, &json!({})).await?;
            members.push(member);
        }
        Ok(members)
    }
}

impl Member {
    /// Sends a message without reading its answer.
    pub(crate) async fn send(&self, message: &str) -> Result<Sent> {
        let sent = self.ask(SEND, &json!({"message": message})).await?;
        Ok(Sent {
            run: text(&sent, "/sendMessage/run/id")?,
            conversation: text(&sent, "/sendMessage/run/conversation/id")?,
        })
    }

    async fn ask(&self, query: &str, variables: &Value) -> Result<Value> {
        let asked = json!({"query": query, "variables": variables});
        let request = self.http.post(&self.url).bearer_auth(&self.key);
        let mut reply: Value = request.json(&asked).send().await?.json().await?;
        match reply.get("errors") {
            Some(errors) => Err(format!("the program refuses: {errors}").into()),
            None => Ok(reply
                .pointer_mut("/data")
                .map(Value::take)
                .unwrap_or_default()),
        }
    }
}

fn text(value: &Value, path: &str) -> Result<String> {
    let found = value.pointer(path).and_then(Value::as_str);
    Ok(found.ok_or_else(|| format!("no {path}"))?.to_owned())
}
