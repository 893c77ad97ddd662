//! One end user whose session is renewed many times on the open socket, in the middle of answers: no code point is lost, in
//! either process, and the last session's revocation ends the streams of both.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::{join, try_join};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::{
    cluster::{Cluster, Setup},
    plan::{Plan, held},
    reader::EVENT,
    report::Report,
    socket::{Came, Socket},
    text::JobRequest,
    transcript::{Question, Transcript},
};

/// The account's own id of the end user.
const PERSON: &str = "ada";
/// The number of tokens of an answer.
const LENGTH: usize = 400;
/// The number of tokens of the answer that the revocation interrupts.
const LONG: usize = 20_000;
/// The mean time of the model per token.
const PACE: Duration = Duration::from_millis(5);
/// The promised time from a revocation to the end of the streams, in every process.
const REVOKED: Duration = Duration::from_secs(1);
/// The maximum time without a message on a socket.
const PATIENCE: Duration = Duration::from_secs(30);
/// The close code of a revoked session.
const CLOSED: u16 = 4401;

/// Renews the session of one end user while answers are streamed.
pub(crate) async fn of_an_open_socket(plan: &Plan, tasks: &TaskTracker, name: &str) -> Report {
    if plan.postgres.is_none() {
        return Report::skipped(name, "it needs two processes");
    }
    let mut report = Report::of(name);
    let setup = Setup {
        plan,
        pace: PACE,
        settings: vec![("TROUPE_LIMITS_SESSION_MESSAGES_PER_MINUTE", "1000")],
        workers: false,
    };
    let cluster = setup.start(tasks).await;
    let wanted = plan.trials(20, 1_000);
    match talk_and_revoke(&cluster, wanted).await {
        Ok(figures) => figures.tell(&mut report),
        Err(why) => report.trial(Err(why)),
    }
    cluster.end(report.counts().1 > 0).await;
    report
}

/// What was measured.
struct Figures {
    /// From each request to its reply.
    renewals: Vec<Duration>,
    /// The whole answers, as both processes streamed them.
    answers: usize,
    /// The renewals during each answer.
    most_in_an_answer: usize,
    code_points: usize,
    /// From the request to the end of the sockets, by process.
    ends: [Duration; 2],
}

impl Figures {
    fn tell(self, report: &mut Report) {
        for _ in &self.renewals {
            report.trial(Ok(()));
        }
        report.figure(format!(
            "{} answers with {} code points, each whole in both processes, at most {} renewals in one",
            self.answers, self.code_points, self.most_in_an_answer
        ));
        report.times("renewal on the open socket", &self.renewals, None);
        let [here, there] = self.ends;
        report.figure(format!(
            "revocation: closed after {here:.0?} in the process that revoked, {there:.0?} in the other"
        ));
        let latest = here.max(there);
        report.holds(latest <= held(REVOKED), || {
            format!("a stream went on for {latest:?} after the revocation")
        });
    }
}

async fn talk_and_revoke(cluster: &Arc<Cluster>, wanted: usize) -> Result<Figures, String> {
    let token = new_session(cluster).await?;
    let mut talk = Talk::begin(cluster, &token).await?;
    let conversation = talk.conversation().await?;
    let query = format!(
        "subscription($id: ID!) {{ conversationEvents(conversationId: $id) {{ {EVENT} }} }}"
    );
    let there = Socket::subscribe(
        &cluster.web()[1],
        &token,
        &query,
        &json!({"id": conversation}),
    )
    .await
    .map_err(|came| format!("the other process: {came:?}"))?;
    let (seen, whole) = watch::channel(0);
    let watcher = follow(there, seen);
    let talking = async {
        talk.renew_until(wanted, whole.clone()).await?;
        talk.interrupt(&whole).await
    };
    let (there, (began, here)) = try_join(watcher, talking).await?;
    Ok(Figures {
        answers: talk.answered,
        most_in_an_answer: talk.most_in_an_answer,
        code_points: talk.code_points,
        renewals: talk.renewals,
        ends: [here - began, there - began],
    })
}

/// The token of a new session of the end user.
async fn new_session(cluster: &Cluster) -> Result<String, String> {
    let query = "mutation($input: CreateSessionInput!) { createSession(input: $input) { token } }";
    let input = json!({"input": {"endUser": PERSON}});
    // by the other process than the one that renews
    let (answer, _) = cluster
        .api
        .ask(&cluster.web()[1], cluster.owner(), query, input)
        .await;
    let token = answer.data()?["createSession"]["token"].take();
    Ok(token.as_str().unwrap_or_default().to_owned())
}

/// The question with this number: both streams expect them in this order.
fn question(number: usize, length: usize) -> Question {
    Question::of(JobRequest::plain(number as u64, length))
}

/// The end user's chat, and the renewals on the same socket.
struct Talk {
    cluster: Arc<Cluster>,
    socket: Socket,
    question: Question,
    transcript: Transcript,
    /// The number of chats so far.
    asked: usize,
    answered: usize,
    code_points: usize,
    renewals: Vec<Duration>,
    in_this_answer: usize,
    most_in_an_answer: usize,
}

impl Talk {
    async fn begin(cluster: &Arc<Cluster>, token: &str) -> Result<Self, String> {
        let question = question(1, LENGTH);
        let socket = Socket::subscribe(
            &cluster.web()[0],
            token,
            &chat(),
            &json!({"input": input(cluster, &question, None)}),
        )
        .await
        .map_err(|came| format!("{came:?}"))?;
        Ok(Self {
            socket,
            cluster: Arc::clone(cluster),
            question,
            transcript: Transcript::default(),
            asked: 1,
            answered: 0,
            code_points: 0,
            renewals: Vec::new(),
            in_this_answer: 0,
            most_in_an_answer: 0,
        })
    }

    /// Reads until the conversation is known.
    async fn conversation(&mut self) -> Result<String, String> {
        loop {
            if let Some(conversation) = &self.transcript.conversation {
                return Ok(conversation.clone());
            }
            match self.next().await? {
                (_, Came::Event(event)) => self.transcript.take(&event, &self.question)?,
                (id, other) => return Err(format!("{id}: {other:?}")),
            }
        }
    }

    /// Renews the session until it was renewed `wanted` times, and the answer of that time is whole in both processes.
    async fn renew_until(
        &mut self,
        wanted: usize,
        mut whole: watch::Receiver<usize>,
    ) -> Result<(), String> {
        let mut sent = self.renew().await?;
        loop {
            match self.next().await? {
                (id, Came::Event(event)) if id == "renewal" => {
                    if event["session"]["id"].is_null() {
                        return Err(format!("not renewed: {event}"));
                    }
                    self.renewals.push(sent.elapsed());
                    self.in_this_answer += 1;
                }
                (id, Came::Complete) if id == "renewal" => {
                    if self.renewals.len() < wanted {
                        sent = self.renew().await?;
                    }
                }
                (_, Came::Event(event)) => self.transcript.take(&event, &self.question)?,
                (_, Came::Complete) => {
                    self.answer_ended()?;
                    if self.renewals.len() >= wanted {
                        break;
                    }
                    self.ask(LENGTH).await?;
                }
                (id, other) => return Err(format!("{id}: {other:?}")),
            }
        }
        let all = whole.wait_for(|seen| *seen == self.answered);
        let all = tokio::time::timeout(PATIENCE, all).await;
        all.map_err(|_| "the other process streams fewer answers")?
            .map(drop)
            .map_err(|_| "the stream of the other process ended".to_owned())
    }

    /// Revokes the sessions in the middle of an answer; returns the times of the request and of the end of this socket.
    async fn interrupt(
        &mut self,
        whole: &watch::Receiver<usize>,
    ) -> Result<(Instant, Instant), String> {
        let before = *whole.borrow();
        self.ask(LONG).await?;
        loop {
            match self.next().await? {
                (_, Came::Event(event)) => {
                    self.transcript.take(&event, &self.question)?;
                    if event["__typename"] == "TokenDelta" {
                        break;
                    }
                }
                (id, other) => return Err(format!("{id}: {other:?}")),
            }
        }
        let query =
            "mutation($input: RevokeSessionsInput!) { revokeSessions(input: $input) { revoked } }";
        let input = json!({"input": {"endUser": PERSON}});
        let cluster = Arc::clone(&self.cluster);
        let began = Instant::now();
        let revoked = async {
            let (answer, _) = cluster
                .api
                .ask(&cluster.web()[0], cluster.owner(), query, input)
                .await;
            answer.data()
        };
        let (revoked, closed) = join(revoked, closed(&mut self.socket)).await;
        let revoked = revoked?;
        // the renewed sessions were over before
        if revoked["revokeSessions"]["revoked"] != 1 || *whole.borrow() != before {
            return Err(format!(
                "not one session in the middle of an answer: {revoked}"
            ));
        }
        Ok((began, closed?))
    }

    async fn ask(&mut self, length: usize) -> Result<(), String> {
        self.asked += 1;
        self.question = question(self.asked, length);
        let conversation = self.transcript.conversation.clone();
        self.transcript = Transcript::default();
        let input = input(&self.cluster, &self.question, conversation.as_deref());
        self.socket
            .start("chat", &chat(), &json!({"input": input}))
            .await
            .map_err(|came| format!("{came:?}"))
    }

    /// Begins the next session, and puts it in the place of the socket's; returns the time of the request.
    async fn renew(&mut self) -> Result<Instant, String> {
        let token = new_session(&self.cluster).await?;
        let query =
            "mutation($token: String!) { renewSession(input: {token: $token}) { session { id } } }";
        let token = json!({"token": token});
        let sent = Instant::now();
        let started = self.socket.start("renewal", query, &token).await;
        started.map_err(|came| format!("{came:?}"))?;
        Ok(sent)
    }

    fn answer_ended(&mut self) -> Result<(), String> {
        if !self.transcript.is_whole {
            return Err(format!("answer {} is not whole", self.asked));
        }
        self.answered += 1;
        self.code_points += self.question.answer.chars().count();
        self.most_in_an_answer = self.most_in_an_answer.max(self.in_this_answer);
        self.in_this_answer = 0;
        Ok(())
    }

    async fn next(&mut self) -> Result<(String, Came), String> {
        let next = tokio::time::timeout(PATIENCE, self.socket.next_of_any()).await;
        next.map_err(|_| "nothing came on the socket".to_owned())
    }
}

fn chat() -> String {
    format!("subscription($input: ChatInput!) {{ chat(input: $input) {{ {EVENT} }} }}")
}

fn input(cluster: &Cluster, question: &Question, conversation: Option<&str>) -> Value {
    json!({
        "message": question.text,
        "agentId": cluster.agent,
        "conversationId": conversation,
        "clientMessageId": format!("renewals-{}", question.seed),
    })
}

/// Checks every answer that the other process streams, and reports how many were whole; returns the time at which the
/// socket was closed.
async fn follow(mut socket: Socket, whole: watch::Sender<usize>) -> Result<Instant, String> {
    let mut number = 1;
    let mut asked = question(number, LENGTH);
    let mut transcript = Transcript::default();
    loop {
        match socket.next().await {
            Came::Event(event) => {
                if transcript.is_whole {
                    number += 1;
                    transcript = Transcript::default();
                    asked = question(number, LENGTH);
                }
                // the answer that the revocation interrupts is longer
                if let Err(why) = transcript.clone().take(&event, &asked) {
                    asked = question(number, LONG);
                    transcript
                        .clone()
                        .take(&event, &asked)
                        .map_err(|_| format!("the other process, answer {number}: {why}"))?;
                }
                transcript.take(&event, &asked)?;
                if transcript.is_whole {
                    whole.send_replace(number);
                }
            }
            Came::Error(error) if is_revoked(&error) => return closed(&mut socket).await,
            Came::Closed(CLOSED) => return Ok(Instant::now()),
            other => return Err(format!("the other process: {other:?}")),
        }
    }
}

/// Reads until the socket is closed because the session was revoked; returns when it was.
async fn closed(socket: &mut Socket) -> Result<Instant, String> {
    loop {
        match tokio::time::timeout(PATIENCE, socket.next()).await {
            Ok(Came::Closed(CLOSED)) => return Ok(Instant::now()),
            Ok(Came::Event(_)) => {}
            Ok(Came::Error(error)) if is_revoked(&error) => {}
            Ok(other) => return Err(format!("after the revocation: {other:?}")),
            Err(_) => return Err("the socket stays open after the revocation".to_owned()),
        }
    }
}

fn is_revoked(error: &str) -> bool {
    error.starts_with("UNAUTHENTICATED")
}
