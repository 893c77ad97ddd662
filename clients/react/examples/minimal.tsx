import { TroupeClient } from '@troupe/client';
import { TroupeProvider, useConversation } from '@troupe/react';

const getSession = () => fetch('/session', { method: 'POST' }).then((response) => response.json());
const client = new TroupeClient({ url: 'https://troupe.example.com/graphql', getSession });
export const App = () => <TroupeProvider client={client}><Chat /></TroupeProvider>;

function Chat() {
  const { messages, send, stop, isAnswering, error } = useConversation();
  return <>
    {error && <p role="alert">{error.message}</p>}
    {messages.map(({ key, role, text }) => <p key={key} className={role}>{text}</p>)}
    <form action={(form) => void send(String(form.get('text')))}><input name="text" aria-label="Message" /></form>
    {isAnswering && <button onClick={stop}>Stop</button>}
  </>;
}
