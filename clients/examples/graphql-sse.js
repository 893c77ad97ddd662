import { CHAT, place } from './chat-events.js';

// `client` is createClient({url: 'https://…/graphql', headers: async () => ({authorization: `Bearer ${await token()}`})})
export function ask(client, input, show) {
  let text = '';
  let cursor;
  const variables = { input, get after() { return cursor; } }; // read again for each attempt
  return new Promise((resolve, reject) => {
    const next = ({ data, errors }) => {
      if (errors) return reject(errors[0]);
      cursor = data.chat.cursor;
      show((text = place(text, data.chat)));
    };
    client.subscribe({ query: CHAT, variables }, { next, error: reject, complete: () => resolve(text) });
  });
}
