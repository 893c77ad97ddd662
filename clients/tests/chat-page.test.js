// The example chat in headless Chromium: react/examples/chat.tsx, at most 40 lines, in strict mode.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { launch, serveChat } from './support/browser.js';
import { counted, word } from './support/model.js';
import { startProxy } from './support/proxy.js';
import { admin, conversationsOf, createSession, expiredToken, storedMessages, url } from './support/server.js';
import { agentWithTool } from './support/tools.js';

const ANSWER = 'article[data-role=ASSISTANT]';
const DONE = `${ANSWER}[data-status=complete]`;

let browser;
let agent;
before(async () => {
  [browser, agent] = await Promise.all([launch(), agentWithTool()]);
});
after(async () => {
  await browser?.close();
  agent?.close();
});

/** Opens the page for a new person, who may talk to the agent with the tool only. */
async function open(options = {}) {
  const endUser = options.endUser ?? randomUUID();
  const site = await serveChat({ troupe: url, endUser, session: () => createSession({ endUser, agentIds: [agent.id] }), ...options });
  const page = await (options.context ?? (await browser.newContext())).newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.setDefaultTimeout(20_000);
  await page.goto(options.foreign ? site.foreignUrl : site.url);
  after(() => site.close());
  return { page, endUser, site, problems, send: (text) => send(page, text) };
}

async function send(page, text) {
  await page.getByLabel('Message').fill(text);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

const textOf = (page, selector) => page.locator(`${selector} span`).allTextContents().then((texts) => texts.join(''));

test('the example has at most 40 lines', () => {
  const text = readFileSync(new URL('../react/examples/chat.tsx', import.meta.url), 'utf8');
  assert.ok(text.trimEnd().split('\n').length <= 40);
});

test('a message is sent and answered, and the page can be loaded again in the middle of the answer', async () => {
  const { page, endUser, problems, send } = await open();
  await send('count 90');
  await page.locator(ANSWER).filter({ hasText: word(5) }).waitFor();
  await page.waitForURL(/conversation=/);
  await page.reload();
  await page.locator(DONE).waitFor();
  assert.equal(await textOf(page, ANSWER), counted(90));
  assert.equal(await page.locator('article').count(), 2);
  const [id] = await conversationsOf(endUser);
  assert.equal((await storedMessages(id))[1].text, counted(90));
  assert.deepEqual(problems, []);
});

test('an answer is stopped, and its text stays', async () => {
  const { page, send } = await open();
  await send('count 900');
  await page.locator(ANSWER).filter({ hasText: word(9) }).waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.locator(`${ANSWER}[data-status=cancelled]`).waitFor();
  const shown = await textOf(page, ANSWER);
  assert.ok(counted(900).startsWith(shown) && shown.length > 0);
  await page.reload();
  await page.locator(`${ANSWER}[data-status=cancelled]`).waitFor();
  assert.equal(await textOf(page, ANSWER), shown);
});

test('cuts in the middle of an answer are not seen in its text', async () => {
  const proxy = await startProxy([word(10), word(30), word(50)]);
  after(proxy.close);
  const { page, send } = await open({ troupe: proxy.url });
  await send('count 70');
  await page.locator(DONE).waitFor();
  assert.equal(proxy.cuts, 3);
  assert.equal(await textOf(page, ANSWER), counted(70));
  assert.equal(await page.locator('article').count(), 2);
  assert.equal(await page.getByRole('alert').count(), 0);
});

test('a tool call and citations are shown, live and after the page is loaded again', async () => {
  const { page, send } = await open();
  await send('Please look it up.');
  await page.locator(`${DONE} i`).filter({ hasText: /lookup.*SUCCEEDED/ }).waitFor();
  await page.getByText('The tool says so.').waitFor();
  await send('When does the ferry leave, and how long does it take? Please cite.');
  await page.locator('cite').filter({ hasText: 'Timetable' }).waitFor();
  await page.reload();
  await page.locator('cite').filter({ hasText: 'Timetable' }).waitFor();
  await page.locator(`${DONE} i`).filter({ hasText: /lookup.*SUCCEEDED/ }).waitFor();
});

test('another answer is asked for, in the place of the first', async () => {
  const { page, endUser, send } = await open();
  await send('count 20');
  await page.locator(DONE).waitFor();
  const [id] = await conversationsOf(endUser);
  const [, first] = await storedMessages(id);
  await page.getByRole('button', { name: 'Again' }).click();
  // the answer is replaced where it stands
  await page.waitForFunction(() => document.querySelector('article[data-role=ASSISTANT]')?.dataset.status !== 'complete');
  await page.locator(DONE).waitFor();
  assert.equal(await page.locator('article').count(), 2);
  assert.equal(await textOf(page, ANSWER), counted(20));
  const [, second] = await storedMessages(id);
  assert.notEqual(second.id, first.id);
  const { node } = await admin('query($id: ID!) { node(id: $id) { ... on Message { alternatives { id } } } }', { id: second.id });
  assert.ok(node.alternatives.some((other) => other.id === first.id));
});

test('two tabs show the same conversation', async () => {
  const context = await browser.newContext();
  const first = await open({ context });
  await first.send('count 5');
  await first.page.locator(DONE).waitFor();
  const second = await open({ context, endUser: first.endUser });
  await second.page.goto(`${second.site.url}${new URL(first.page.url()).search}`);
  await second.page.locator(DONE).waitFor();
  await first.send('count 40');
  await second.page.getByText(counted(40)).waitFor();
  await first.page.getByText(counted(40)).waitFor();
  assert.equal(await second.page.locator('article').count(), 4);
  assert.equal(await first.page.locator('article').count(), 4);
});

for (const [name, text, options] of [
  ['a wrong key', /unknown, revoked or expired/, () => ({ session: () => ({ token: 'troupe_wrong' }) })],
  ['a page of another origin', /does not allow pages of the origin/, () => ({ foreign: true })],
]) {
  test(`${name} is on the screen`, async () => {
    const { page, send } = await open(options());
    await page.getByLabel('Message').waitFor();
    await send('count 2');
    await page.getByRole('alert').filter({ hasText: text }).waitFor();
  });
}

test('a session that has expired is on the screen', async () => {
  const endUser = randomUUID();
  const token = await expiredToken(endUser);
  const { page, send } = await open({ endUser, session: () => ({ token }) });
  await page.getByLabel('Message').waitFor();
  await send('count 2');
  await page.getByRole('alert').filter({ hasText: /session has expired/ }).waitFor();
});

const MINIMAL = `
  import { createRoot } from 'react-dom/client';
  import { App } from './minimal.tsx';
  createRoot(document.body).render(<App />);
`;

test('the example of docs/clients.md sends a message and shows the answer', async () => {
  const { page } = await open({ source: MINIMAL });
  await page.getByLabel('Message').fill('count 9');
  await page.getByLabel('Message').press('Enter');
  await page.locator('.ASSISTANT').filter({ hasText: counted(9) }).waitFor();
});

const LISTS = `
  import { TroupeClient } from '@troupe/client';
  import { TroupeProvider, useAgents, useConversations } from '@troupe/react';
  import { StrictMode } from 'react';
  import { createRoot } from 'react-dom/client';
  const getSession = () => fetch('/session').then((response) => response.json());
  const client = new TroupeClient({ url: document.documentElement.dataset.troupe, getSession });
  function Lists() {
    const { agents } = useAgents();
    const { conversations, rename, archive, remove, error } = useConversations();
    return <>
      {error && <p role="alert">{error.message}</p>}
      {agents.map(({ id, name }) => <b key={id}>{name}</b>)}
      {conversations.map(({ id, title, lastMessage }) => (
        <li key={id}>
          <em>{title}</em> <q>{lastMessage?.text}</q>
          <button onClick={() => rename(id, 'Renamed')}>Rename</button>
          <button onClick={() => archive(id)}>Archive</button>
          <button onClick={() => remove(id)}>Delete</button>
        </li>
      ))}
    </>;
  }
  createRoot(document.body).render(<StrictMode><TroupeProvider client={client}><Lists /></TroupeProvider></StrictMode>);
`;

test('the lists of agents and conversations are live', async () => {
  const chat = await open();
  const { page } = await open({ source: LISTS, endUser: chat.endUser });
  await page.locator('b').filter({ hasText: 'Lookup' }).waitFor();
  await chat.send('count 3');
  await page.locator('q').filter({ hasText: counted(3) }).waitFor();
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.locator('em').filter({ hasText: 'Renamed' }).waitFor();
  await page.getByRole('button', { name: 'Archive' }).click();
  await page.locator('li').waitFor({ state: 'detached' });
  await chat.send('count 4');
  await page.locator('q').filter({ hasText: counted(4) }).waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.locator('li').waitFor({ state: 'detached' });
  assert.deepEqual(await conversationsOf(chat.endUser), []);
});
