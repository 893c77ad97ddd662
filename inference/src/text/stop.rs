//! Ends an answer at a stop string, also when the string arrives in several parts.

/// The stop strings of one answer, and the text at its end that may be the beginning of one.
pub(crate) struct StopStrings {
    stops: Vec<String>,
    held: String,
}

/// The text that may be delivered after more text has arrived.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// The answer goes on after this text.
    Open(String),
    /// A stop string follows this text: the answer ends.
    Stopped(String),
}

impl StopStrings {
    /// Empty strings are removed, because they would end every answer.
    pub(crate) fn new(mut stops: Vec<String>) -> Self {
        stops.retain(|stop| !stop.is_empty());
        Self {
            stops,
            held: String::new(),
        }
    }

    /// Adds text; returns the part that cannot belong to a stop string any more.
    pub(crate) fn push(&mut self, text: &str) -> Passed {
        self.held.push_str(text);
        if let Some(start) = self
            .stops
            .iter()
            .filter_map(|stop| self.held.find(stop))
            .min()
        {
            self.held.truncate(start);
            return Passed::Stopped(std::mem::take(&mut self.held));
        }
        let beginning = self
            .stops
            .iter()
            .filter_map(|stop| begins_in(&self.held, stop))
            .min();
        let held = beginning.map_or_else(String::new, |start| self.held.split_off(start));
        Passed::Open(std::mem::replace(&mut self.held, held))
    }

    /// The text that is still held back, once the answer has ended.
    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// The earliest position in `text` from which its end is the beginning of `stop`.
fn begins_in(text: &str, stop: &str) -> Option<usize> {
    let mut starts = text.char_indices().map(|(start, _)| start);
    starts.find(|start| text.get(*start..).is_some_and(|end| stop.starts_with(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stops(stops: &[&str]) -> StopStrings {
        StopStrings::new(stops.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_stop_string_in_parts_never_shows() {
        let mut stops = stops(&["\nUser:"]);
        assert_eq!(stops.push("Hello\nU"), Passed::Open("Hello".to_owned()));
        assert_eq!(stops.push("ser"), Passed::Open(String::new()));
        assert_eq!(stops.push(": hi"), Passed::Stopped(String::new()));
    }

    #[test]
    fn a_false_alarm_is_released() {
        let mut stops = stops(&["###"]);
        assert_eq!(stops.push("a#"), Passed::Open("a".to_owned()));
        assert_eq!(stops.push("b##"), Passed::Open("#b".to_owned()));
        assert_eq!(stops.finish(), "##");
    }

    #[test]
    fn the_earliest_of_several_wins() {
        let mut stops = stops(&["two", "one", ""]);
        assert_eq!(
            stops.push("a one and two"),
            Passed::Stopped("a ".to_owned())
        );
    }

    #[test]
    fn without_stop_strings_nothing_is_held() {
        assert_eq!(stops(&[]).push("ä"), Passed::Open("ä".to_owned()));
    }
}
