import { onEnd, pipe, subscribe } from 'wonka';

import { CHAT, place } from './chat-events.js';

// Over a WebSocket, graphql-ws repeats the subscription after a cut; over HTTP, this function does.
export function ask(client, input, show, after, text = '') {
  return new Promise((resolve, reject) => {
    const next = ({ data, error }) => {
      if (error?.networkError) return resolve(ask(client, input, show, after, text));
      if (error) return reject(error);
      after = data.chat.cursor;
      show((text = place(text, data.chat)));
    };
    pipe(client.subscription(CHAT, { input, after }), onEnd(() => resolve(text)), subscribe(next));
  });
}
