//! A thread beside the async ones: it answers for the process when they do not move, and ends it when it was told to end.
//!
//! Everything that takes long belongs on other threads. Where that was forgotten, a request could hold all async threads:
//! nothing would accept a connection, notice a signal, or say that the process is ill. This thread does those three.

use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    os::fd::AsFd,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use signal_hook::consts::{SIGINT, SIGTERM};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};

/// How often the async threads show that they move, and how often this thread looks.
const BEAT: Duration = Duration::from_millis(50);
/// Async threads that have not moved for this long are stalled.
const STALL: Duration = Duration::from_secs(5);
/// They are found so in this many looks in a row: a process that was paused as a whole moves again before that.
const LOOKS: u32 = 10;
/// A process that was to end by its deadline is ended this long afterwards.
const AFTER_DEADLINE: Duration = Duration::from_secs(2);
/// How long a caller may take to say what it wants while the process is stalled.
const HEAD: Duration = Duration::from_millis(200);

/// What is answered to every request while the process is stalled.
const STALLED: &str = "HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/json\r\n\
    cache-control: no-store\r\n\
    x-content-type-options: nosniff\r\n\
    retry-after: 5\r\n\
    connection: close\r\n\
    content-length: 97\r\n\r\n\
    {\"errors\":[{\"message\":\"the process is stalled\",\"extensions\":{\"code\":\"UNAVAILABLE\"}}],\"data\":null}";

/// Watches the async threads of a process.
pub struct Watchdog {
    /// From the order to end until everything has ended.
    deadline: Duration,
    /// Where the process listens; none for one that does not.
    listener: Option<TcpListener>,
}

/// What the watching thread looks at.
struct Watch {
    beat: Arc<Beat>,
    listener: Option<TcpListener>,
    asked: Arc<AtomicBool>,
    stop: CancellationToken,
    deadline: Duration,
    end: Box<dyn Fn() + Send>,
}

/// The last time that the async threads moved.
struct Beat {
    start: Instant,
    last_ms: AtomicU64,
}

impl Watchdog {
    /// The watchdog of a process that is to end by this deadline once it is asked to, and that listens there, if it does.
    pub fn new(deadline: Duration, listener: Option<&tokio::net::TcpListener>) -> Result<Self> {
        let own = listener.map(|listener| listener.as_fd().try_clone_to_owned());
        let own = own.transpose();
        let own = own.map_err(|error| Error::internal("share the listener").because(error))?;
        Ok(Self {
            deadline,
            listener: own.map(TcpListener::from),
        })
    }

    /// Starts to watch the async threads of `runtime`. The token is cancelled when the process is asked to stop, by SIGTERM or
    /// SIGINT.
    pub fn start(self, runtime: &Handle) -> Result<CancellationToken> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            signal_hook::flag::register(signal, Arc::clone(&asked))
                .map_err(|error| Error::internal("catch signals").because(error))?;
        }
        let stop = CancellationToken::new();
        let watch = Watch {
            beat: Beat::start(runtime),
            listener: self.listener,
            asked,
            stop: stop.clone(),
            deadline: self.deadline,
            end: Box::new(|| signal_hook::low_level::exit(1)),
        };
        watch.spawn()?;
        Ok(stop)
    }
}

impl Beat {
    /// Begins to beat on the async threads, until their runtime ends.
    fn start(runtime: &Handle) -> Arc<Self> {
        let beat = Arc::new(Self {
            start: Instant::now(),
            last_ms: AtomicU64::new(0),
        });
        let beating = Arc::clone(&beat);
        // ends with the runtime, which is what it watches
        drop(runtime.spawn(async move {
            let mut ticks = tokio::time::interval(BEAT);
            loop {
                ticks.tick().await;
                beating.last_ms.store(beating.now_ms(), Ordering::Relaxed);
            }
        }));
        beat
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn age(&self) -> Duration {
        let last = self.last_ms.load(Ordering::Relaxed);
        Duration::from_millis(self.now_ms().saturating_sub(last))
    }
}

impl Watch {
    fn spawn(self) -> Result<()> {
        std::thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || self.run())
            .map(drop)
            .map_err(|error| Error::internal("start the watchdog").because(error))
    }

    /// Watches until the runtime has ended.
    fn run(self) {
        let mut asked_at = None;
        let mut is_stalled = false;
        let mut late_looks = 0_u32;
        while Arc::strong_count(&self.beat) > 1 {
            if self.asked.load(Ordering::Relaxed) && asked_at.is_none() {
                tracing::info!("asked to stop");
                asked_at = Some(Instant::now());
                self.stop.cancel();
            }
            if asked_at.is_some_and(|at| at.elapsed() > self.deadline + AFTER_DEADLINE) {
                tracing::error!("the process did not end in time, and is ended");
                (self.end)();
                return;
            }
            let stalled_for = self.beat.age();
            late_looks = if stalled_for > STALL {
                late_looks.saturating_add(1)
            } else {
                0
            };
            let was_stalled = std::mem::replace(&mut is_stalled, late_looks >= LOOKS);
            if is_stalled && !was_stalled {
                let stalled_ms = stalled_for.as_millis();
                tracing::error!(
                    stalled_ms,
                    "the async threads do not move; requests are answered with 503 until they do"
                );
            } else if was_stalled && !is_stalled {
                tracing::warn!("the async threads move again");
            }
            if !is_stalled || !self.answer_one() {
                std::thread::park_timeout(BEAT);
            }
        }
    }

    /// Answers one connection that waits, if there is one.
    fn answer_one(&self) -> bool {
        let Some(listener) = &self.listener else {
            return false;
        };
        match listener.accept() {
            Ok((stream, _)) => {
                // a caller that has gone needs no answer
                let _ = refuse(stream);
                true
            }
            Err(error) => error.kind() == ErrorKind::Interrupted,
        }
    }
}

/// Says that the process is stalled, whatever was asked.
fn refuse(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(HEAD))?;
    stream.set_write_timeout(Some(HEAD))?;
    // a connection that is closed with something unread is reset, and the answer with it
    let mut head = [0; 4096];
    let _ = stream.read(&mut head);
    stream.write_all(STALLED.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
        sync::{Arc, atomic::AtomicBool, mpsc},
        time::Duration,
    };

    use tokio_util::sync::CancellationToken;

    use super::{Beat, STALLED, Watch};

    /// A runtime whose only thread is held until the sender is dropped, and the watch over it.
    fn held(
        asked: bool,
        ended: &mpsc::Sender<()>,
    ) -> (String, CancellationToken, mpsc::Sender<()>) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (hold, released) = mpsc::channel::<()>();
        let beat = Beat::start(runtime.handle());
        drop(runtime.spawn(async move {
            // what no code of ours may do
            let _ = released.recv();
        }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, ended) = (CancellationToken::new(), ended.clone());
        let watch = Watch {
            beat,
            listener: Some(listener),
            asked: Arc::new(AtomicBool::new(asked)),
            stop: stop.clone(),
            deadline: Duration::ZERO,
            end: Box::new(move || {
                let _ = ended.send(());
            }),
        };
        watch.spawn().unwrap();
        // dropping it here would wait for its thread
        runtime.shutdown_background();
        (address, stop, hold)
    }

    #[test]
    fn a_stalled_process_says_so_to_everybody_who_asks() {
        let (ended, _ends) = mpsc::channel();
        let (address, _stop, _hold) = held(false, &ended);
        for path in ["/healthz", "/graphql"] {
            let mut stream = TcpStream::connect(&address).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert_eq!(answer, STALLED);
        }
        let (head, body) = STALLED.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())));
    }

    #[test]
    fn a_process_that_was_told_to_end_ends_whatever_its_threads_do() {
        let (ended, ends) = mpsc::channel();
        let (_address, stop, _hold) = held(true, &ended);
        ends.recv_timeout(Duration::from_mins(1)).unwrap();
        assert!(stop.is_cancelled());
    }

    #[test]
    fn the_thread_ends_with_the_runtime() {
        let (ended, ends) = mpsc::channel();
        let (address, _stop, hold) = held(false, &ended);
        // the thread goes on, sees that its runtime is over, and drops the watch with the listener
        drop((hold, ended));
        ends.recv_timeout(Duration::from_mins(1)).unwrap_err();
        TcpStream::connect(&address).unwrap_err();
    }
}
