// A chat: the agents are a query, an answer is a subscription, and each message reads its own fragment.
import { Suspense, useEffect, useRef, useState } from 'react';
import { graphql, RelayEnvironmentProvider, useFragment, useLazyLoadQuery, useRelayEnvironment } from 'react-relay';
import { type Disposable, type IEnvironment, requestSubscription } from 'relay-runtime';

import type { ChatAgentsQuery } from './__generated__/ChatAgentsQuery.graphql';
import type { Chat_message$key } from './__generated__/Chat_message.graphql';
import type { ChatSubscription } from './__generated__/ChatSubscription.graphql';

export function App({ environment }: { readonly environment: IEnvironment }) {
  return (
    <RelayEnvironmentProvider environment={environment}>
      <Suspense fallback="…"><Agents /></Suspense>
    </RelayEnvironmentProvider>
  );
}

function Agents() {
  const { agents } = useLazyLoadQuery<ChatAgentsQuery>(graphql`
    query ChatAgentsQuery {
      agents(first: 20) { nodes { id name } }
    }
  `, {});
  const [agentId, setAgentId] = useState<string>();
  return (
    <main>
      <select aria-label="Agent" onChange={({ target }) => setAgentId(target.value || undefined)}>
        <option value="">Whoever knows best</option>
        {agents.nodes.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
      </select>
      <Chat key={agentId} agentId={agentId} />
    </main>
  );
}

function Chat({ agentId }: { readonly agentId: string | undefined }) {
  const { messages, answer, error, send } = useChat(agentId);
  return (
    <>
      {messages.map((message, n) => <Message key={n} message={message} />)}
      {answer !== null && <p data-role="ASSISTANT" aria-busy>{answer}</p>}
      {error && <p role="alert">{error}</p>}
      <form action={(form) => send(String(form.get('text')))}>
        <input name="text" aria-label="Message" required />
        <button disabled={answer !== null}>Send</button>
      </form>
    </>
  );
}

function Message({ message }: { readonly message: Chat_message$key }) {
  const { role, text } = useFragment(graphql`
    fragment Chat_message on Message { role text }
  `, message);
  return <p data-role={role}>{text}</p>;
}

// The cursor stands in each type, and not beside them: so the compiler makes a union of the events.
const CHAT = graphql`
  subscription ChatSubscription($input: ChatInput!, $after: String) {
    chat(input: $input, after: $after) {
      __typename
      ... on MessageAdded { cursor message { conversation { id } ...Chat_message } }
      ... on RunStarted { cursor }
      ... on TokenDelta { cursor text utf16Offset }
      ... on RunSucceeded { cursor message { ...Chat_message } }
      ... on RunFailed { cursor error { message } }
    }
  }
`;

function useChat(agentId: string | undefined) {
  const environment = useRelayEnvironment();
  const [messages, setMessages] = useState<readonly Chat_message$key[]>([]);
  /** What has come of the answer, while it is being written. */
  const [answer, setAnswer] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const conversationId = useRef<string>(undefined);
  const stream = useRef<Disposable>(undefined);
  useEffect(() => () => stream.current?.dispose(), []);

  const receive = (event: ChatSubscription['response']['chat']) => {
    switch (event.__typename) {
      case 'MessageAdded':
        conversationId.current = event.message.conversation.id;
        return setMessages((known) => [...known, event.message]);
      // the one rule for the text of an answer: place it by offset, and begin again at every RunStarted
      case 'RunStarted':
        return setAnswer('');
      case 'TokenDelta':
        return setAnswer((text) => (text ?? '').slice(0, event.utf16Offset) + event.text);
      case 'RunSucceeded':
        return setMessages((known) => [...known, event.message]);
      case 'RunFailed':
        return setError(event.error.message);
    }
  };

  const send = (message: string) => {
    setError(null);
    setAnswer('');
    const input = { message, agentId, conversationId: conversationId.current, clientMessageId: crypto.randomUUID() };
    stream.current = requestSubscription<ChatSubscription>(environment, {
      subscription: CHAT,
      variables: { input },
      onNext: (data) => data && receive(data.chat),
      onError: (thrown) => (setError(thrown.message), setAnswer(null)),
      onCompleted: () => setAnswer(null),
    });
  };
  return { messages, answer, error, send };
}
