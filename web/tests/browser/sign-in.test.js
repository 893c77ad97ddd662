// Signing in: with a link, with a key, with a wrong one; and what is left when it ends.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { admin, answered, apiKey, assertAccessible, createSession, open, operatorKey, origin, send } from './support.js';

const createKey = async (role) =>
  (await admin('mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { id } } }', { input: { name: randomUUID(), role } })).createApiKey;

test('a link with a key opens the page that it names, and the key is gone from the address', async () => {
  const { page, problems } = await open('/console/agents');
  await page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor();
  assert.equal(page.url(), `${origin}/console/agents`);
  await page.reload();
  await page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor();
  assert.deepEqual(problems, []);
});

test('a wrong key is refused with its reason, and the right one opens the page of the address', async () => {
  const { page } = await open('/console/runs', { key: null });
  await assertAccessible(page, 'sign-in');
  await page.getByLabel('API key').fill('troupe_wrong');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: /unknown, revoked or expired/ }).waitFor();
  await page.getByLabel('API key').fill(apiKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('API key').waitFor();
  assert.deepEqual(await page.evaluate(() => [JSON.stringify(sessionStorage), JSON.stringify(localStorage)].join().includes('troupe_')), false);
});

test('after a sign-out nothing of the link that opened the page is left', async () => {
  const { page } = await open('/console/accounts', { key: `${operatorKey}&account=${(await admin('{ account { id } }')).account.id}`, isAlone: true });
  await page.getByRole('button', { name: 'Sign out' }).click();
  const key = page.getByLabel('API key');
  await key.waitFor();
  assert.equal(await key.inputValue(), '');
  assert.equal(await page.getByLabel('Account', { exact: true }).count(), 0);
});

test('the token of an end user is not a key of the console', async () => {
  const { page } = await open('/', { key: (await createSession()).token });
  await page.getByRole('alert').filter({ hasText: /not an API key/ }).waitFor();
});

test('a key that is revoked while the page is open ends in the sign-in with the reason', async () => {
  const { secret, apiKey: created } = await createKey('ADMIN');
  const { page } = await open('/console/tools', { key: secret });
  await page.getByRole('heading', { name: 'Tools', level: 1 }).waitFor();
  await admin('mutation($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id } } }', { id: created.id });
  // its open socket is closed, so that nobody has to click first
  await page.getByRole('alert').filter({ hasText: /revoked/ }).waitFor();
  await page.getByLabel('API key').waitFor();
});

test('a session that is revoked in the middle of a chat says so, and the page goes on in a new one', async () => {
  const { secret, apiKey: created } = await createKey('ADMIN');
  const { page } = await open('/console/chat', { key: secret });
  await send(page, 'count 2');
  await answered(page);
  await admin('mutation($endUser: String!) { revokeSessions(input: {endUser: $endUser}) { revoked } }', { endUser: `console-${created.id}` });
  await page.getByRole('alert').filter({ hasText: /session.*revoked/i }).waitFor();
  await page.getByRole('button', { name: 'Try again' }).click();
  await answered(page);
  await send(page, 'count 3');
  await answered(page, 2);
});

test('a reader sees what a reader may see', async () => {
  const { secret } = await createKey('READER');
  const { page } = await open('/console/agents', { key: secret });
  await page.getByRole('link', { name: 'Sales', exact: true }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Create an agent' }).count(), 0);
  assert.equal(await page.getByRole('link', { name: 'Audit' }).count(), 0);
  await page.goto(`${origin}/console/chat`);
  await page.getByText('may read conversations, and not write').waitFor();
});

test('the language and the appearance are chosen, and stay', async () => {
  const { page } = await open('/console/agents', { isAlone: true });
  await page.getByRole('button', { name: 'Language' }).click();
  await page.getByRole('menuitem', { name: 'Deutsch' }).click();
  await page.getByRole('heading', { name: 'Agenten', level: 1 }).waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'de');
  await page.getByRole('button', { name: /^Darstellung/ }).click();
  await page.getByRole('menuitem', { name: 'Dunkel' }).click();
  await page.reload();
  await page.getByRole('heading', { name: 'Agenten', level: 1 }).waitFor();
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
});

test('without a network the page says so', async () => {
  const { page, context } = await open('/console/agents', { isAlone: true });
  await page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor();
  await context.setOffline(true);
  await page.getByText('You are offline').waitFor();
  await context.setOffline(false);
  await page.getByText('You are offline').waitFor({ state: 'detached' });
});
