//! The scripts of the turns that run now, by account.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    app::eval::case_file::ScriptedReply,
    error::{Error, Result},
    port::{ChatPrompt, PromptMessage},
};

/// The scripts of the turns that run now. A turn has an account of its own while it runs.
#[derive(Default)]
pub(in crate::app::eval) struct ScriptBook {
    scripts: Mutex<HashMap<String, RunningScript>>,
}

/// The replies of one turn, and what the model was asked.
#[derive(Default)]
struct RunningScript {
    replies: TurnScript,
    /// The schemas for which a reply of the turn was taken.
    extracted: BTreeSet<String>,
    asked: ScriptUse,
}

/// The replies of one turn.
#[derive(Debug, Default)]
pub(in crate::app::eval) struct TurnScript {
    /// The replies of the turn.
    pub(in crate::app::eval) own: VecDeque<ScriptedReply>,
    /// The replies of the file to certain requests, for which the turn has none.
    pub(in crate::app::eval) usual: Vec<ScriptedReply>,
}

/// What a scripted model was asked in a turn.
#[derive(Debug, Clone, Default)]
pub(in crate::app::eval) struct ScriptUse {
    /// The messages of each request as one text.
    pub(in crate::app::eval) prompts: Vec<String>,
    /// The names of the tools that were offered, on their servers.
    pub(in crate::app::eval) offered: Vec<String>,
    /// The number of replies that no request took.
    pub(in crate::app::eval) unused: usize,
    /// The number of requests for which there was no reply.
    pub(in crate::app::eval) unanswered: usize,
}

impl ScriptBook {
    /// Begins a turn of the account with these replies.
    pub(in crate::app::eval) fn begin(&self, account: &str, replies: TurnScript) {
        let script = RunningScript {
            replies,
            ..RunningScript::default()
        };
        self.lock().insert(account.to_owned(), script);
    }

    /// Ends the turn of the account.
    pub(in crate::app::eval) fn end(&self, account: &str) -> ScriptUse {
        let Some(script) = self.lock().remove(account) else {
            return ScriptUse::default();
        };
        // the last reply for a schema stays for further requests
        let is_unused = |reply: &&ScriptedReply| match &reply.extract {
            Some(schema) => !script.extracted.contains(schema),
            None => true,
        };
        ScriptUse {
            unused: script.replies.own.iter().filter(is_unused).count(),
            ..script.asked
        }
    }

    /// The reply to a request.
    pub(super) fn reply(&self, prompt: &ChatPrompt) -> Result<ScriptedReply> {
        let account = prompt.api_key.as_ref().map(|key| key.reveal().to_owned());
        let mut scripts = self.lock();
        let script = account.and_then(|account| scripts.get_mut(&account));
        let script = script
            .ok_or_else(|| Error::unavailable("the model was asked outside of a case's turn"))?;
        let text = script.record(prompt);
        if let Some(output) = &prompt.output {
            let reply = script.extraction(output.name);
            // without a reply the extraction finds nothing, and the run goes on
            return reply.ok_or_else(|| {
                Error::unavailable(format!("the script has no reply for {}", output.name))
            });
        }
        script.next_reply(&text).ok_or_else(|| {
            script.asked.unanswered += 1;
            let number = script.asked.prompts.len();
            Error::unavailable(format!(
                "the script of the turn has no reply to request {number}"
            ))
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, RunningScript>> {
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunningScript {
    /// Notes a request, and returns its messages as one text.
    fn record(&mut self, prompt: &ChatPrompt) -> String {
        let texts: Vec<&str> = prompt.messages.iter().map(PromptMessage::text).collect();
        let text = texts.join("\n");
        self.asked.prompts.push(text.clone());
        let names = prompt.tools.iter().map(|tool| {
            let name = tool.name.as_str();
            name.rsplit_once("__")
                .map_or(name, |(_, on_server)| on_server)
        });
        self.asked.offered.extend(names.map(str::to_owned));
        text
    }

    /// The next reply that is for such a request, else that of the file, else the next one for any.
    fn next_reply(&mut self, request: &str) -> Option<ScriptedReply> {
        let TurnScript { own, usual } = &mut self.replies;
        let of_answers = |reply: &ScriptedReply| reply.extract.is_none();
        let matches = |reply: &ScriptedReply| {
            let when = reply.when.as_deref();
            of_answers(reply) && when.is_some_and(|when| request.contains(when))
        };
        if let Some(at) = own.iter().position(matches) {
            return own.remove(at);
        }
        if let Some(reply) = usual.iter().find(|reply| matches(reply)) {
            return Some(reply.clone());
        }
        let is_next = |reply: &ScriptedReply| of_answers(reply) && reply.when.is_none();
        own.remove(own.iter().position(is_next)?)
    }

    /// The next reply for a schema; the last one stays. Without one, that of the file.
    fn extraction(&mut self, schema: &str) -> Option<ScriptedReply> {
        let is_of_schema = |reply: &&ScriptedReply| reply.extract.as_deref() == Some(schema);
        let own = &mut self.replies.own;
        let count = own.iter().filter(is_of_schema).count();
        let Some(at) = own.iter().position(|reply| is_of_schema(&reply)) else {
            return self.replies.usual.iter().find(is_of_schema).cloned();
        };
        self.extracted.insert(schema.to_owned());
        match count {
            1 => own.get(at).cloned(),
            _ => own.remove(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reply(text: &str) -> ScriptedReply {
        ScriptedReply {
            text: Some(text.to_owned()),
            ..ScriptedReply::default()
        }
    }

    fn extraction(schema: &str, number: i32) -> ScriptedReply {
        ScriptedReply {
            extract: Some(schema.to_owned()),
            json: Some(json!({"number": number})),
            ..ScriptedReply::default()
        }
    }

    #[test]
    fn extractions_are_answered_by_schema_and_the_last_reply_stays() {
        let own = [
            reply("one"),
            extraction("lead", 1),
            extraction("case", 3),
            extraction("lead", 2),
            reply("two"),
        ];
        let usual = vec![extraction("lead", 8), extraction("usual", 9)];
        let own = own.into();
        let mut script = RunningScript {
            replies: TurnScript { own, usual },
            ..RunningScript::default()
        };
        let numbers = ["lead", "lead", "case", "lead", "usual"].map(|schema| {
            let reply = script.extraction(schema).unwrap();
            reply.json.unwrap()["number"].as_i64().unwrap()
        });
        assert_eq!(numbers, [1, 2, 3, 2, 9]);
        assert!(script.extraction("price").is_none());
        let mut of_part = reply("of a part");
        of_part.when = Some("part 2".to_owned());
        script.replies.own.push_back(of_part);
        let texts = ["part 1", "part 2", "part 3"].map(|request| {
            let reply = script.next_reply(request).unwrap();
            reply.text.unwrap()
        });
        assert_eq!(texts, ["one", "of a part", "two"]);
        assert!(script.next_reply("part 4").is_none());
    }
}
