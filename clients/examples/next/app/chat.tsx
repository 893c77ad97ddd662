'use client';

import { type SessionToken, TroupeClient } from '@troupe/client';
import { TroupeProvider, useConversation } from '@troupe/react';
import { useState } from 'react';

export function Chat({ url }: { readonly url: string }) {
  const [client] = useState(() => new TroupeClient({ url, getSession }));
  return <TroupeProvider client={client}><Conversation /></TroupeProvider>;
}

async function getSession(): Promise<SessionToken> {
  const response = await fetch('/session', { method: 'POST' });
  if (!response.ok) throw new Error(`/session answers with status ${response.status}`);
  return response.json();
}

function Conversation() {
  const { messages, send, stop, isAnswering, error } = useConversation();
  return (
    <main>
      {error && <p role="alert">{error.message}</p>}
      {messages.map(({ key, role, status, text }) => <p key={key} data-role={role} data-status={status}>{text}</p>)}
      <form action={(form) => void send(String(form.get('text')))}>
        <input name="text" aria-label="Message" required />
        <button>Send</button>
      </form>
      {isAnswering && <button onClick={stop}>Stop</button>}
    </main>
  );
}
