//! A thread that watches the async threads: it answers requests while they are stalled, and ends the process after its
//! shutdown deadline.
//!
//! Long work belongs on other threads. Where the code breaks this rule, one request could block all async threads: the
//! process would accept no connection, notice no signal, and not report that it is unhealthy. The watchdog does these
//! three.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
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

/// The interval at which the async threads record a heartbeat, and at which the watchdog checks it.
const BEAT: Duration = Duration::from_millis(50);
/// The age of the last heartbeat after which the async threads are stalled.
const STALL: Duration = Duration::from_secs(5);
/// The number of checks in a row that must find a stall: a process that was paused as a whole recovers before that.
const LOOKS: u32 = 10;
/// The time after the shutdown deadline at which the watchdog ends the process.
const AFTER_DEADLINE: Duration = Duration::from_secs(2);
/// The time limit for reading a request, and for writing the response, while the process is stalled.
const HEAD: Duration = Duration::from_millis(200);

/// The response to every request while the process is stalled.
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
    /// The time limit from the signal to the end of the process.
    deadline: Duration,
    /// The process's listener; none for a process that does not listen.
    listener: Option<TcpListener>,
}

/// The state of the watchdog's thread.
struct WatchdogThread {
    beat: Arc<Heartbeat>,
    listener: Option<TcpListener>,
    asked: Arc<AtomicBool>,
    stop: CancellationToken,
    deadline: Duration,
    end: Box<dyn Fn() + Send>,
}

/// The time of the last heartbeat of the async threads.
struct Heartbeat {
    start: Instant,
    last_ms: AtomicU64,
}

impl Watchdog {
    /// A watchdog for a process that must end within `deadline` after a signal. `listener` is its listener, if it has
    /// one.
    pub fn new(deadline: Duration, listener: Option<&tokio::net::TcpListener>) -> Result<Self> {
        let own = listener.map(|listener| listener.as_fd().try_clone_to_owned());
        let own = own.transpose();
        let own = own.map_err(|error| Error::internal("share the listener").with_source(error))?;
        Ok(Self {
            deadline,
            listener: own.map(TcpListener::from),
        })
    }

    /// Starts to watch the async threads of `runtime`. The token is cancelled on SIGTERM or SIGINT.
    pub fn start(self, runtime: &Handle) -> Result<CancellationToken> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            signal_hook::flag::register(signal, Arc::clone(&asked))
                .map_err(|error| Error::internal("catch signals").with_source(error))?;
        }
        let stop = CancellationToken::new();
        let watch = WatchdogThread {
            beat: Heartbeat::start(runtime),
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

impl Heartbeat {
    /// Starts the heartbeat on the async threads; it ends with their runtime.
    fn start(runtime: &Handle) -> Arc<Self> {
        let beat = Arc::new(Self {
            start: Instant::now(),
            last_ms: AtomicU64::new(0),
        });
        let beating = Arc::clone(&beat);
        // ends with the runtime, which the heartbeat represents
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

impl WatchdogThread {
    fn spawn(self) -> Result<()> {
        std::thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || self.run())
            .map(drop)
            .map_err(|error| Error::internal("start the watchdog").with_source(error))
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

    /// Answers one pending connection. Returns whether there may be another.
    fn answer_one(&self) -> bool {
        let Some(listener) = &self.listener else {
            return false;
        };
        match listener.accept() {
            Ok((stream, _)) => {
                // a caller that has disconnected needs no response
                let _ = refuse(stream);
                true
            }
            Err(error) => error.kind() == ErrorKind::Interrupted,
        }
    }
}

/// Responds that the process is stalled, whatever the request.
///
/// A connection that is closed with unread data is reset, and the response is lost. So the request is read to the end of
/// its head first, and what arrives of its body is read after the response; both within [`HEAD`].
fn refuse(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(HEAD))?;
    let until = Instant::now() + HEAD;
    let mut tail = Vec::new();
    while !tail.ends_with(b"\r\n\r\n") && read_some(&mut stream, &mut tail, until)? {}
    stream.write_all(STALLED.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    while read_some(&mut stream, &mut tail, until)? {}
    Ok(())
}

/// Reads what has arrived, and keeps the last four bytes in `tail`. Returns false at the end of the data and after `until`.
fn read_some(stream: &mut TcpStream, tail: &mut Vec<u8>, until: Instant) -> std::io::Result<bool> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Ok(false);
    }
    stream.set_read_timeout(Some(left))?;
    let mut buffer = [0; 4096];
    let read = match stream.read(&mut buffer) {
        Ok(read) => read,
        // the timeout, under the names that it has on different systems
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => 0,
        Err(error) => return Err(error),
    };
    tail.extend(buffer.iter().take(read));
    tail.drain(..tail.len().saturating_sub(4));
    Ok(read > 0)
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

    use super::{Heartbeat, STALLED, WatchdogThread};

    /// A runtime whose only thread is blocked until the sender is dropped, and its watchdog.
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
        let beat = Heartbeat::start(runtime.handle());
        drop(runtime.spawn(async move {
            // blocks an async thread, which product code must never do
            let _ = released.recv();
        }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, ended) = (CancellationToken::new(), ended.clone());
        let watch = WatchdogThread {
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
        // dropping the runtime here would wait for its thread
        runtime.shutdown_background();
        (address, stop, hold)
    }

    #[test]
    fn a_stalled_process_says_so_to_everybody_who_asks() {
        let (ended, _ends) = mpsc::channel();
        let (address, _stop, _hold) = held(false, &ended);
        let mut question =
            b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: 20000\r\n\r\n".to_vec();
        question.resize(question.len() + 20_000, b' ');
        let requests = [
            b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(),
            question,
        ];
        // all of them are sent before the stall is noticed, so that no pause of this thread divides a request
        let streams = requests.map(|request| {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.write_all(&request).unwrap();
            stream
        });
        for mut stream in streams {
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
        // the thread continues, sees that its runtime has ended, and drops the watch with the listener
        drop((hold, ended));
        ends.recv_timeout(Duration::from_mins(1)).unwrap_err();
        TcpStream::connect(&address).unwrap_err();
    }
}
