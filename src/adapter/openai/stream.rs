//! Converts the byte stream of an answer into model events.

use std::time::Duration;

use async_stream::try_stream;
use futures::Stream;
use reqwest::Response;

use super::{
    calls::Calls,
    events::Events,
    failure::ProviderFailure,
    wire::{Chunk, Usage},
};
use crate::{
    error::{Error, Result},
    idle_timeout::IdleTimeout,
    port::{FinishReason, ModelEvent},
};

/// The maximum size in bytes of one event of the stream.
const LARGEST_EVENT: usize = 1 << 20;

/// Reads the stream until its `[DONE]`. Dropping the result closes the connection.
pub(super) fn read(
    mut response: Response,
    idle: Duration,
) -> impl Stream<Item = Result<ModelEvent>> {
    try_stream! {
        let mut patience = IdleTimeout::of(idle);
        let mut reader = AnswerParser::default();
        loop {
            let mut text = String::new();
            let step = reader.advance(&mut text);
            if !text.is_empty() {
                yield ModelEvent::Text(text);
            }
            match step? {
                ParserStep::Usage(usage) => {
                    yield ModelEvent::Usage { input: usage.prompt_tokens, output: usage.completion_tokens };
                }
                ParserStep::Done => break,
                ParserStep::Hungry => match more(&mut response, &mut patience).await? {
                    Some(bytes) => reader.events.feed(bytes.as_ref()),
                    None => break,
                },
            }
        }
        // a stream without `[DONE]` is complete only if it contained a finish reason
        let reason = reader.finish.ok_or_else(|| Error::unavailable("the model's answer was cut off"))?;
        while let Some(call) = reader.calls.next() {
            yield ModelEvent::Call(call);
        }
        yield ModelEvent::Finished(reason);
    }
}

/// The next bytes of a response, or a failure after the idle timeout.
async fn more(
    response: &mut Response,
    patience: &mut IdleTimeout,
) -> Result<Option<impl AsRef<[u8]>>, ProviderFailure> {
    let bytes = patience.with(response.chunk()).await;
    let bytes = bytes.ok_or_else(ProviderFailure::silent)?;
    bytes
        .map_err(|error| ProviderFailure::broken("the model's stream broke off").with_source(error))
}

/// The state of the parser.
#[derive(Default)]
struct AnswerParser {
    events: Events,
    calls: Calls,
    finish: Option<FinishReason>,
}

/// Why [`AnswerParser::advance`] returns.
enum ParserStep {
    /// More bytes are needed.
    Hungry,
    /// The provider reported its token usage.
    Usage(Usage),
    /// The stream is complete.
    Done,
}

impl AnswerParser {
    /// Appends all available text to `text`, up to the next step that is not text.
    fn advance(&mut self, text: &mut String) -> Result<ParserStep, ProviderFailure> {
        while let Some(event) = self.events.next() {
            let Some(data) = self.events.data(event) else {
                continue;
            };
            if *data == *b"[DONE]" {
                self.finish = self.finish.or(Some(FinishReason::Stop));
                return Ok(ParserStep::Done);
            }
            let chunk: Chunk<'_> = serde_json::from_slice(&data).map_err(not_a_chunk)?;
            if let Some(error) = chunk.error {
                return Err(ProviderFailure::reported(&error));
            }
            if let Some(choice) = chunk.choices.first {
                let finish = choice.finish_reason.map(|name| finish_reason(&name.0));
                self.finish = finish.or(self.finish);
                if let Some(delta) = choice.delta {
                    if let Some(more) = delta.content {
                        text.push_str(&more.0);
                    }
                    for piece in delta.tool_calls.into_iter().flatten() {
                        self.calls.take(piece)?;
                    }
                }
            }
            if let Some(usage) = chunk.usage {
                return Ok(ParserStep::Usage(usage));
            }
        }
        if self.events.pending() > LARGEST_EVENT {
            let cause = "an event of over a mebibyte";
            return Err(ProviderFailure::broken("the model's stream broke off").with_source(cause));
        }
        Ok(ParserStep::Hungry)
    }
}

fn not_a_chunk(error: serde_json::Error) -> ProviderFailure {
    ProviderFailure::broken("the model's provider sent an event that is not a chunk")
        .with_source(error)
}

fn finish_reason(name: &str) -> FinishReason {
    match name {
        "length" => FinishReason::Length,
        "content_filter" => FinishReason::Filtered,
        _ => FinishReason::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::{AnswerParser, ParserStep};
    use crate::port::FinishReason;

    fn fed(bytes: &str) -> AnswerParser {
        let mut reader = AnswerParser::default();
        reader.events.feed(bytes.as_bytes());
        reader
    }

    #[test]
    fn texts_of_one_chunk_are_merged() {
        let mut reader = fed(concat!(
            "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"Gr\\u00fc\\u00df\"},\"finish_reason\":null}],\"usage\":null}\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\" Gott\\n\"}},{\"delta\":{\"content\":\"no\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n",
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n",
            "data: [DONE]\n\n",
        ));
        let mut text = String::new();
        assert!(
            matches!(reader.advance(&mut text), Ok(ParserStep::Usage(usage)) if usage.completion_tokens == 4)
        );
        assert_eq!(text, "Grüß Gott\n");
        assert!(matches!(reader.advance(&mut text), Ok(ParserStep::Done)));
        assert_eq!(reader.finish, Some(FinishReason::Length));
    }

    #[test]
    fn tool_calls_are_assembled_from_their_deltas() {
        let piece = |call: &str| {
            format!("data: {{\"choices\":[{{\"delta\":{{\"tool_calls\":[{call}]}}}}]}}\n\n")
        };
        let mut reader = fed(&[
            piece(r#"{"index":0,"id":"a","type":"function","function":{"name":"find","arguments":""}}"#),
            piece(r#"{"index":1,"id":"","function":{"name":"get","arguments":"{}"}}"#),
            piece(r#"{"index":0,"function":{"arguments":"{\"q\":"}}"#),
            piece(r#"{"index":0,"function":{"arguments":"\"x\"}"}}"#),
            "data: [DONE]\n\n".to_owned(),
        ]
        .concat());
        let mut text = String::new();
        assert!(matches!(reader.advance(&mut text), Ok(ParserStep::Done)));
        let calls: Vec<_> = std::iter::from_fn(|| reader.calls.next())
            .map(|call| (call.reference, call.name, call.arguments))
            .collect();
        let call = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(
            calls,
            [
                call("a", "find", "{\"q\":\"x\"}"),
                call("call_1", "get", "{}")
            ]
        );
    }

    #[test]
    fn text_before_a_malformed_event_is_not_lost() {
        let mut reader =
            fed("data: {\"choices\":[{\"delta\":{\"content\":\"Once\"}}]}\n\ndata: {\n\n");
        let mut text = String::new();
        assert!(reader.advance(&mut text).is_err());
        assert_eq!(text, "Once");
    }
}
