//! A mixed load for a long time while many runs await approval: waiting runs cost nothing, and memory stays level.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use tokio_util::task::TaskTracker;

use super::PACE;
use crate::{
    agents::Cast,
    approvals::{self, Decision, Parked, ToolContext},
    bystanders::{self, Followers},
    cluster::{Cluster, Setup},
    crowd::Crowd,
    memory::{Bar, Memory},
    plan::Plan,
    reader::{Begun, Chat, Opening, Outcome, Reader},
    report::Report,
    socket::{Came, Socket},
    text::Random,
    tool_server::ToolServer,
};

/// The number of concurrent chats.
const CROWD: usize = 16;
/// Tokens of an answer: about two seconds of a model's time.
const PIECES: usize = 80;
/// The number of runs that are parked concurrently at the start.
const AT_ONCE: usize = 16;
/// The load of the short form, too short for level memory: memory is reported and must not double.
const SHORT: Duration = Duration::from_secs(25);
/// The load of the long form, in which memory must stay flat.
const LONG: Duration = Duration::from_mins(30);
/// The pause between two samples of the memory.
const LOOKS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// A load without faults, with the same number of waiting runs at its start and end.
pub(crate) async fn flat_memory(plan: &Plan, tasks: &TaskTracker, name: &str) -> Report {
    if plan.postgres.is_none() || plan.redis.is_none() {
        return Report::skipped(
            name,
            "needs TROUPE_TEST_DATABASE_URL and TROUPE_TEST_REDIS_URL",
        );
    }
    if !Memory::is_told() {
        return Report::skipped(name, "needs /proc, where Linux tells what memory is used");
    }
    let setup = Setup {
        plan,
        pace: PACE,
        // No limit is raised for the waiting runs.
        settings: vec![("TROUPE_EGRESS_ALLOW", "127.0.0.0/8")],
        workers: true,
    };
    let cluster = setup.start(tasks).await;
    let mut report = Report::of(name);
    let tools = ToolServer::start().await;
    let Some(cast) = Cast::hired(&cluster, &tools).await else {
        cluster.end(false).await;
        return Report::skipped(name, "no template of the latency class DEEP can be used");
    };
    let mut memory = Memory::of(&cluster).await;
    let mut crowd = Crowd::new(&cluster, 0);
    let count = plan.trials(40, 1_000).max(1);
    match park_all(&cluster, &cast, &mut crowd, count).await {
        Ok(parked) => {
            memory.are_parked();
            report.figure(format!("{count} runs wait for a person all the time"));
            let mut endurance = Endurance {
                desk: Arc::new(ToolContext::with(parked, Random::new(plan.seed))),
                random: Random::new(plan.seed),
                cluster: Arc::clone(&cluster),
                written: BTreeSet::new(),
                kinds: BTreeMap::new(),
                cast,
                crowd,
                tools,
                report,
            };
            endurance.lasts(plan, &mut memory).await;
            let (some, bar) = if plan.long {
                (20, Bar::Flat)
            } else {
                (5, Bar::NotDoubled)
            };
            endurance.wakes(some).await;
            report = endurance.ends().await;
            memory.judge(bar, &mut report);
        }
        Err(why) => report.trial(Err(format!("parking: {why}"))),
    }
    cluster.end(report.counts().1 > 0).await;
    report
}

/// Parks this number of runs: web processes start one half, workers the other.
async fn park_all(
    cluster: &Cluster,
    cast: &Cast,
    crowd: &mut Crowd,
    count: usize,
) -> Result<Vec<Parked>, String> {
    crowd.writes = true;
    let chats: Vec<Chat> = (0..count)
        .map(|number| {
            let agent = cast.careful[number % 2].clone();
            crowd.chat(agent, number / 2 % cluster.webs, Opening::Chat, PIECES)
        })
        .collect();
    let parked: Vec<Parked> = stream::iter(&chats)
        .map(|chat| approvals::park(cluster, chat))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let found = approvals::waiting(cluster).await?.len();
    if found != count {
        return Err(format!("{count} runs were parked, and {found} wait"));
    }
    Ok(parked)
}

/// The behaviour of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Reads an answer.
    Plain,
    /// Reads an answer with a tool call that has an effect.
    Written,
    /// Drops its socket midway, and reads everything over another one.
    Dropped,
    /// It has one more run wait, and one that waited goes on.
    Decided,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Plain,
        Self::Plain,
        Self::Plain,
        Self::Plain,
        Self::Written,
        Self::Written,
        Self::Dropped,
        Self::Decided,
    ];
}

struct Endurance {
    cluster: Arc<Cluster>,
    cast: Cast,
    crowd: Crowd,
    desk: Arc<ToolContext>,
    tools: ToolServer,
    random: Random,
    /// The numbers of the questions whose calls need no approval.
    written: BTreeSet<u64>,
    kinds: BTreeMap<Kind, usize>,
    report: Report,
}

impl Endurance {
    /// Runs the load and everything beside it.
    async fn lasts(&mut self, plan: &Plan, memory: &mut Memory) {
        let time = plan.load(SHORT, LONG);
        let cluster = Arc::clone(&self.cluster);
        let renamed = self.cast.free[0].clone();
        let conversation = self.desk.conversation();
        let followers = Followers::start(&cluster, conversation.as_deref());
        let until = Instant::now() + time;
        let ((), (asked, failures), ()) = tokio::join!(
            self.chats(until),
            bystanders::ask(&cluster, &renamed, until),
            memory.watch(until, (time / 60).clamp(LOOKS.0, LOOKS.1)),
        );
        followers.stop(&mut self.report).await;
        let (kinds, minutes) = (&self.kinds, time.as_secs_f64() / 60.0);
        self.report.figure(format!(
            "{} chats in {minutes:.1} min: {kinds:?}; {} calls approved, {} refused",
            kinds.values().sum::<usize>(),
            self.desk.approved().len(),
            self.desk.refused(),
        ));
        self.report.figure(format!("{asked} other requests"));
        for failure in failures {
            self.report.trial(Err(failure));
        }
    }

    /// Chats until the time is over; each ended chat is replaced by a new one.
    async fn chats(&mut self, until: Instant) {
        while Instant::now() < until {
            while self.crowd.count() < CROWD {
                self.begin_one();
            }
            let next = tokio::time::timeout_at(until.into(), self.crowd.next_over()).await;
            if let Ok(Some(outcome)) = next {
                self.report.trial(outcome.verdict);
            }
        }
        self.finish().await;
    }

    fn begin_one(&mut self) {
        let kind = Kind::ALL[self.random.below(Kind::ALL.len())];
        *self.kinds.entry(kind).or_default() += 1;
        let cast = match kind {
            Kind::Decided => &self.cast.careful,
            Kind::Plain | Kind::Written | Kind::Dropped => &self.cast.free,
        };
        let agent = cast[self.random.below(cast.len())].clone();
        let web = self.random.below(self.cluster.webs);
        let opening = [Opening::Chat, Opening::SendElsewhere][self.random.below(2)];
        self.crowd.writes = matches!(kind, Kind::Written | Kind::Decided);
        let chat = self.crowd.chat(agent, web, opening, PIECES);
        let (cluster, begun) = (Arc::clone(&self.cluster), self.crowd.begun.clone());
        if kind == Kind::Written {
            self.written.insert(chat.question.seed);
        }
        match kind {
            Kind::Plain | Kind::Written => {
                self.crowd.reads(Reader::new(&cluster, chat, &begun).read());
            }
            Kind::Dropped => self.crowd.reads(drop_midway(cluster, chat, begun)),
            Kind::Decided => {
                let desk = Arc::clone(&self.desk);
                self.crowd.reads(desk.exchange(cluster, chat, begun));
            }
        }
    }

    async fn finish(&mut self) {
        while let Some(outcome) = self.crowd.next_over().await {
            self.report.trial(outcome.verdict);
        }
    }

    /// Checks that all parked runs still wait; approves some of them, which continue normally.
    async fn wakes(&mut self, some: usize) {
        self.check_waiting("after the load").await;
        let mut woken = Vec::new();
        for parked in std::iter::from_fn(|| self.desk.take()).take(some) {
            woken.push(parked.run.clone());
            let (cluster, begun) = (Arc::clone(&self.cluster), self.crowd.begun.clone());
            let decided = (parked, Decision::Approve);
            let desk = Arc::clone(&self.desk);
            self.crowd.reads(desk.decide(cluster, decided, begun));
        }
        self.finish().await;
        for run in woken {
            let found = approvals::look(&self.cluster, &run).await;
            let is_over = found.as_ref().is_ok_and(|found| {
                found["status"] == "SUCCEEDED" && found["toolCalls"][0]["status"] == "SUCCEEDED"
            });
            self.report
                .holds(is_over, || format!("{run} was approved: {found:?}"));
        }
        self.check_waiting("after some were approved").await;
    }

    async fn check_waiting(&mut self, when: &str) {
        let expected = self.desk.runs();
        let found = approvals::waiting(&self.cluster).await;
        let told = match &found {
            Ok(found) => format!(
                "{when}: {} of {} runs wait, and {} that should not",
                found.intersection(&expected).count(),
                expected.len(),
                found.difference(&expected).count()
            ),
            Err(why) => format!("{when}: {why}"),
        };
        self.report.holds(found == Ok(expected), || told.clone());
        self.report.figure(told);
    }

    /// Checks that each effect took place once, none for a denied or waiting call, and that all messages are there
    /// once.
    async fn ends(mut self) -> Report {
        let mut effects: BTreeMap<String, usize> = BTreeMap::new();
        for call in self.tools.calls() {
            let text = call.arguments["text"].as_str().unwrap_or_default();
            *effects.entry(text.to_owned()).or_default() += 1;
        }
        let approved = self.desk.approved();
        let once: BTreeMap<String, usize> = self
            .written
            .union(&approved)
            .map(|seed| (seed.to_string(), 1))
            .collect();
        let wrong: Vec<_> = effects
            .keys()
            .chain(once.keys())
            .filter(|seed| effects.get(*seed) != once.get(*seed))
            .collect();
        self.report.holds(wrong.is_empty(), || {
            format!("not one effect, or one too many, of the questions {wrong:?}")
        });
        let count = once.len();
        self.report.figure(format!("{count} effects, each once"));
        self.crowd.check(&mut self.report).await;
        self.report
    }
}

/// Chats over a socket that is dropped at the first token, and reads everything over another one.
async fn drop_midway(cluster: Arc<Cluster>, chat: Chat, begun: Begun) -> Outcome {
    let query = "subscription($input: ChatInput!) { chat(input: $input) { __typename } }";
    let (web, key) = (&cluster.web()[chat.node], cluster.key());
    let variables = json!({"input": chat.input()});
    let mut socket = match Socket::subscribe(web, &key, query, &variables).await {
        Ok(socket) => socket,
        Err(came) => return Outcome::unread(chat, &format!("opening: {came:?}")),
    };
    loop {
        match socket.next().await {
            Came::Event(event) if event["__typename"] == "TokenDelta" => break,
            Came::Event(_) => {}
            other => return Outcome::unread(chat, &format!("before its words: {other:?}")),
        }
    }
    drop(socket);
    Reader::new(&cluster, chat, &begun).read().await
}
