// The server under test: its address, what its operator does, and the sessions of its end users.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

assert(process.env.TROUPE_URL && process.env.TROUPE_API_KEY, 'scripts/clients.sh starts a server and runs these tests');

export const origin = process.env.TROUPE_URL;
export const url = new URL('/graphql', origin).href;
export const socketUrl = url.replace(/^http/, 'ws');
export const apiKey = process.env.TROUPE_API_KEY;
export const operatorKey = process.env.TROUPE_OPERATOR_KEY;

/** Runs an operation with the owner's key, or with another one. */
export async function admin(query, variables = {}, key = apiKey) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** A new session, as the account's server begins it for the person who is logged in there. */
export async function createSession(input = {}) {
  const { createSession } = await admin(
    'mutation($input: CreateSessionInput!) { createSession(input: $input) { token session { id expiresAt } } }',
    { input: { endUser: randomUUID(), ...input } },
  );
  return { token: createSession.token, expiresAt: createSession.session.expiresAt, id: createSession.session.id };
}

/** The token of a session of this person that has expired. */
export async function expiredToken(endUser) {
  // the shortest session that there is
  const { token } = await createSession({ endUser, expiresInSeconds: 10 });
  const ask = () => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: '{"query":"{ viewer { role } }"}' });
  while ((await ask()).status !== 401) await sleep(250);
  return token;
}

let agents;
/** The id of an agent of the demo account. */
export async function agentId(slug = 'digital-expert') {
  agents ??= (await admin('{ agents(first: 100) { nodes { id slug } } }')).agents.nodes;
  return agents.find((agent) => agent.slug === slug).id;
}

/** The stored messages of a conversation. */
export async function storedMessages(id) {
  const { conversation } = await admin('query($id: ID!) { conversation(id: $id) { messages(first: 100) { nodes { id role text } } } }', { id });
  return conversation.messages.nodes;
}

/** The one conversation of a person. */
export async function conversationsOf(endUser) {
  const { conversations } = await admin('query($endUser: String) { conversations(filter: {endUser: $endUser}) { nodes { id } } }', { endUser });
  return conversations.nodes.map(({ id }) => id);
}
