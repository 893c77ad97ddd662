// A chat: send, stream, stop, reload in the middle of an answer, citations, tool calls, another answer.
import { type ChatMessage, TroupeClient } from '@troupe/client';
import { TroupeProvider, useConversation } from '@troupe/react';
import { StrictMode, useEffect } from 'react';
import { createRoot } from 'react-dom/client';

const id = () => new URLSearchParams(location.search).get('conversation');
const getSession = () => fetch('/session', { method: 'POST' }).then((response) => response.json());

function Chat() {
  const chat = useConversation(id());
  useEffect(() => { if (chat.id) history.replaceState(null, '', `?conversation=${chat.id}`); }, [chat.id]);
  const submit = (form: FormData) => void chat.send(String(form.get('text')));
  return (
    <main>
      {chat.error && <p role="alert">{chat.error.message}</p>}
      {chat.hasOlder && <button onClick={chat.loadOlder}>Older</button>}
      {chat.messages.map((message) => <Message key={message.key} message={message} chat={chat} />)}
      <form action={submit}><input name="text" aria-label="Message" required /><button>Send</button></form>
      {chat.isAnswering && <button onClick={chat.stop}>Stop</button>}
    </main>
  );
}

function Message({ message, chat }: { message: ChatMessage; chat: ReturnType<typeof useConversation> }) {
  return (
    <article data-role={message.role} data-status={message.status}>
      {message.parts.map((part, n) => part.type === 'tool' ? <i key={n}>{part.toolCall.tool}: {part.toolCall.status}</i>
        : part.type === 'text' ? <span key={n}>{part.text}</span> : null)}
      {message.citations.map(({ passage }, n) => <cite key={n}>{passage.document.title}</cite>)}
      {message.id && message.role === 'ASSISTANT' && <button onClick={() => chat.regenerate(message.id!)}>Again</button>}
      {message.role === 'USER' && message.status === 'failed' && <button onClick={() => chat.retry(message.key)}>Send again</button>}
    </article>
  );
}

const client = new TroupeClient({ url: document.documentElement.dataset.troupe ?? '/graphql', getSession });
createRoot(document.body).render(<StrictMode><TroupeProvider client={client}><Chat /></TroupeProvider></StrictMode>);
