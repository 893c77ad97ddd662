import { gql } from '@apollo/client';

import { CHAT, place } from './chat-events.js';

// Over a WebSocket, graphql-ws repeats the subscription after a cut; over HTTP, a RetryLink before the HttpLink does.
export function ask(client, input, show) {
  let text = '';
  return new Promise((resolve, reject) => {
    const next = ({ data, error }) => {
      if (error) return reject(error);
      show((text = place(text, data.chat)));
    };
    const options = { query: gql(CHAT), variables: { input }, fetchPolicy: 'no-cache' };
    client.subscribe(options).subscribe({ next, error: reject, complete: () => resolve(text) });
  });
}
