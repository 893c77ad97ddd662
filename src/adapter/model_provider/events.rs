//! Splits bytes into server-sent events, of which only the data field is used.
//!
//! Source: the HTML standard, "Server-sent events". Lines end in LF or CRLF. A lone CR, which the standard also allows,
//! is not supported, because no provider sends it.

use std::{borrow::Cow, ops::Range};

/// A buffer of received bytes, with the position of the parser.
#[derive(Default)]
pub(in crate::adapter) struct Events {
    bytes: Vec<u8>,
    /// The offset of the first event that was not returned yet.
    event: usize,
    /// The offset of the first line that was not scanned yet.
    line: usize,
}

impl Events {
    /// Appends received bytes.
    pub(in crate::adapter) fn feed(&mut self, bytes: &[u8]) {
        // usually nothing remains, because providers send complete events
        self.bytes.drain(..self.event);
        self.line -= self.event;
        self.event = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The byte range of the next complete event.
    pub(in crate::adapter) fn next(&mut self) -> Option<Range<usize>> {
        loop {
            let rest = self.bytes.get(self.line..)?;
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            let is_empty = matches!(rest.get(..end), Some([] | [b'\r']));
            let last = self.line;
            self.line += end + 1;
            if is_empty {
                let event = self.event..last;
                self.event = self.line;
                return Some(event);
            }
        }
    }

    /// The data of an event; `None` for an event without data, such as a comment. Borrowed when it is one line, the
    /// usual case.
    pub(in crate::adapter) fn data(&self, event: Range<usize>) -> Option<Cow<'_, [u8]>> {
        let lines = self.bytes.get(event)?.split(|byte| *byte == b'\n');
        let mut values = lines.filter_map(value);
        let mut data = Cow::Borrowed(values.next()?);
        for value in values {
            let joined = data.to_mut();
            joined.push(b'\n');
            joined.extend_from_slice(value);
        }
        Some(data)
    }

    /// The number of bytes of the incomplete event at the end.
    pub(in crate::adapter) fn pending(&self) -> usize {
        self.bytes.len() - self.event
    }
}

/// The part that a line adds to the data; `None` for another field or a comment.
fn value(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let value = match line.strip_prefix(b"data")? {
        [] => &[][..],
        [b':', value @ ..] => value,
        _ => return None,
    };
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::Events;

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut events = Events::default();
        let mut read = Vec::new();
        for piece in pieces {
            events.feed(piece);
            while let Some(event) = events.next() {
                if let Some(data) = events.data(event) {
                    read.push(String::from_utf8(data.into_owned()).unwrap());
                }
            }
        }
        read
    }

    const STREAM: &[u8] =
        b"\xef\xbb\xbfdata: one\n\n: a comment\r\n\r\nevent: ping\ndata:two\r\nid: 7\r\n\r\n\n\
        data: {\"a\":\ndata: 1}\n\ndata\n\ndatax: no\n\ndata: half";

    #[test]
    fn only_the_data_of_complete_events_is_returned() {
        assert_eq!(read(&[STREAM]), ["one", "two", "{\"a\":\n1}", ""]);
    }

    #[test]
    fn chunk_boundaries_do_not_matter() {
        let whole = read(&[STREAM]);
        for cut in 0..STREAM.len() {
            let (start, end) = STREAM.split_at(cut);
            assert_eq!(read(&[start, end]), whole, "cut at {cut}");
        }
        let bytes: Vec<_> = STREAM.chunks(1).collect();
        assert_eq!(read(&bytes), whole);
    }

    #[test]
    fn consumed_bytes_are_released() {
        let mut events = Events::default();
        for _ in 0..100 {
            events.feed(b"data: token\n\ndata: ");
            while events.next().is_some() {}
            events.feed(b"token\n\n");
            while events.next().is_some() {}
            assert_eq!(events.pending(), 0);
        }
        assert!(events.bytes.capacity() < 128, "{}", events.bytes.capacity());
    }
}
