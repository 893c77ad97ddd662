// The subscription of the examples, and the one rule for the text of an answer: place it by offset, and begin again at
// every RunStarted.
export const CHAT = `subscription Chat($input: ChatInput!, $after: String) {
  chat(input: $input, after: $after) {
    __typename
    cursor
    ... on TokenDelta { text utf16Offset }
    ... on RunFailed { error { code message } }
  }
}`;

export function place(text, event) {
  if (event.__typename === 'RunStarted') return '';
  return event.__typename === 'TokenDelta' ? text.slice(0, event.utf16Offset) + event.text : text;
}
