//! A TCP stream that still reads for a while after its last answer, so that a peer in the middle of a body reads the answer.
//!
//! A socket that is closed with bytes unread is reset, and a reset takes back what the peer has not read yet: it would see
//! a broken pipe in place of the refusal. So the writing half is closed first, and what still comes is thrown away, up to a
//! bound, until the peer has closed its half too (nginx calls this `lingering_close`).

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

/// How long a peer may go on sending after the last answer.
const LINGER: Duration = Duration::from_secs(2);
/// The same for a peer that had its time already.
const LATE_LINGER: Duration = Duration::from_millis(250);
/// How much of what a peer still sends is thrown away.
const DISCARDED: usize = 16 * 1024 * 1024;
/// How much is thrown away at once.
const PIECE: usize = 16 * 1024;

/// The stream.
pub(super) struct LingeringStream {
    stream: TcpStream,
    is_late: Arc<AtomicBool>,
    linger: Option<Box<Linger>>,
}

/// The time and the bytes that a peer has left.
struct Linger {
    end: Pin<Box<Sleep>>,
    bytes: usize,
}

impl LingeringStream {
    /// Over an accepted stream; `is_late` says at the end whether the peer had its time already.
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

    /// Ends when the peer has closed its half, or has had its time or its bytes.
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
        // a peer that sends without end leaves the thread to others after a while
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
