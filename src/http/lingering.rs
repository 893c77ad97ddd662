//! A TCP stream that continues to read for a while after its last response, so that a peer that is still sending a body
//! gets the response.
//!
//! Closing a socket with unread bytes resets it, and a reset discards what the peer has not read yet: the peer would
//! see a broken pipe instead of the refusal. So the writing half is closed first, and incoming bytes are discarded, up
//! to a limit, until the peer has closed its half too (nginx calls this `lingering_close`).

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Sleep,
};

/// The time for which a peer may continue to send after the last response.
const LINGER: Duration = Duration::from_secs(2);
/// The same for a peer whose body has timed out already.
const LATE_LINGER: Duration = Duration::from_millis(250);
/// The maximum number of bytes to discard.
const DISCARDED: usize = 16 * 1024 * 1024;
/// The size of the buffer for discarding, in bytes.
const PIECE: usize = 16 * 1024;

/// A TCP stream with a lingering close.
pub(super) struct LingeringStream {
    stream: TcpStream,
    is_late: Arc<AtomicBool>,
    linger: Option<Box<Linger>>,
}

/// The remaining time and bytes of a peer.
struct Linger {
    end: Pin<Box<Sleep>>,
    bytes: usize,
}

impl LingeringStream {
    /// Wraps an accepted stream; `is_late` is read at the end, and says whether the peer's body has timed out.
    pub(super) fn new(stream: TcpStream, is_late: Arc<AtomicBool>) -> Self {
        Self {
            stream,
            is_late,
            linger: None,
        }
    }
}

impl AsyncRead for LingeringStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for LingeringStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Completes when the peer has closed its half, or its time or bytes are used up.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self {
            stream,
            is_late,
            linger,
        } = &mut *self;
        let linger = if let Some(linger) = linger {
            linger
        } else {
            ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
            let time = if is_late.load(Ordering::Relaxed) {
                LATE_LINGER
            } else {
                LINGER
            };
            linger.insert(Box::new(Linger {
                end: Box::pin(tokio::time::sleep(time)),
                bytes: DISCARDED,
            }))
        };
        if linger.end.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut room = [const { MaybeUninit::uninit() }; PIECE];
        // a peer that sends without end must not keep the thread busy: yield after some reads
        for _ in 0..32 {
            let mut piece = ReadBuf::uninit(&mut room);
            let read = ready!(Pin::new(&mut *stream).poll_read(cx, &mut piece));
            let length = piece.filled().len();
            if read.is_err() || length == 0 || length > linger.bytes {
                return Poll::Ready(Ok(()));
            }
            linger.bytes -= length;
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
