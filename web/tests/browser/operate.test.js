// Runs, people, usage, audit and keys.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';

import { admin, agentId, createSession, open, origin, reached } from './support.js';

/** Asks the agent of the sales, and waits for its answer. */
async function ask(message) {
  const input = { agentId: await agentId('sales'), clientMessageId: randomUUID(), ...message };
  const { sendMessage } = await admin('mutation($input: ChatInput!) { sendMessage(input: $input) { run { id } } }', { input });
  await reached('SUCCEEDED', async () => (await admin('query($id: ID!) { run(id: $id) { status } }', { id: sendMessage.run.id })).run.status);
}

before(() => ask({ message: 'count 12' }));

test('a run is found and its timeline shows its steps', async () => {
  const { page, problems } = await open('/console/runs');
  await page.getByRole('button', { name: 'Status' }).click();
  await page.getByRole('option', { name: 'Succeeded' }).click();
  await page.getByRole('link', { name: 'count 12' }).first().click();
  for (const step of ['Message taken', 'Started', 'Router chose Sales', 'First token', 'Answer stored']) await page.locator('.timeline').getByText(step).waitFor();
  await page.getByRole('link', { name: 'Open the conversation' }).click();
  await page.getByText('You cannot write in it').waitFor();
  await page.locator('li[data-role=ASSISTANT]').getByText('w12', { exact: false }).waitFor();
  assert.deepEqual(problems, []);
});

test('a person is found, read, exported and erased', async () => {
  const endUser = `shop/customer ${randomUUID().slice(0, 8)}`;
  const session = await createSession({ endUser });
  await ask({ message: 'count 4', endUser });
  const { page, problems } = await open('/console/people');
  await page.getByLabel('Search people').fill(endUser);
  await page.getByRole('link', { name: endUser }).click();
  await page.getByRole('link', { name: 'count 4' }).click();
  await page.getByText('You cannot write in it').waitFor();
  await page.locator('li[data-role=ASSISTANT]').getByText('w4').waitFor();
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByRole('button', { name: 'Export' }).click();
  const link = await page.getByRole('link', { name: 'Download' }).getAttribute('href');
  assert.match(await (await fetch(new URL(link, origin))).text(), /count 4/);
  await page.getByRole('button', { name: 'End the sessions' }).click();
  await page.getByText('1 session ended.').waitFor();
  const refused = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${session.token}` },
    body: JSON.stringify({ query: '{ viewer { role } }' }),
  });
  assert.match(await refused.text(), /UNAUTHENTICATED/);
  await page.getByRole('button', { name: 'Erase' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Erase' }).click();
  await page.getByText('Nothing of this person is left.').waitFor();
  const { endUser: gone } = await admin('query($endUser: String!) { endUser(externalId: $endUser) { id } }', { endUser });
  assert.equal(gone, null);
  assert.deepEqual(problems, []);
});

test('usage adds up, and the audit shows an entry with its hash', async () => {
  await admin('mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } } }', { input: { name: randomUUID(), role: 'READER' } });
  const { page, problems } = await open('/console/usage');
  const runs = page.locator('.figure').filter({ hasText: 'Runs' }).locator('dd');
  await runs.waitFor();
  assert.ok(Number(await runs.textContent()) > 0);
  await page.locator('.recharts-bar-rectangle path').first().waitFor();
  await page.getByRole('row').filter({ hasText: 'Sales' }).waitFor();
  await page.getByRole('link', { name: 'Audit' }).click();
  await page.getByLabel(/^Action/).fill('createApiKey');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Details of entry/ }).first().click();
  await page.getByRole('dialog').getByText(/^[0-9a-f]{64}$/).first().waitFor();
  assert.deepEqual(problems, []);
});

test('a key is made, shown once, works, and is revoked', async () => {
  const { page } = await open('/console/settings');
  const name = `Key ${randomUUID().slice(0, 8)}`;
  await page.getByRole('button', { name: 'Create a key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('button', { name: 'Create a key' }).click();
  const secret = await page.locator('.secret code').textContent();
  const answer = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
    body: JSON.stringify({ query: '{ viewer { role } }' }),
  });
  assert.equal((await answer.json()).data.viewer.role, 'MEMBER');
  await dialog.locator('.actions').getByRole('button', { name: 'Close' }).click();
  const row = page.getByRole('row').filter({ hasText: name });
  await row.getByRole('button', { name: `Revoke ${name}` }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click();
  await row.getByText('Revoked').waitFor();
});
