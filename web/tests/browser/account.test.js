// What an owner sets for the account: budgets and identity providers.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { admin, assertAccessible, open, operatorKey } from './support.js';

/** An account of its own, because a budget bounds everything in it. */
async function account() {
  const create = 'mutation($input: CreateAccountInput!) { createAccount(input: $input) { account { id } ownerKey } }';
  const { createAccount } = await admin(create, { input: { name: `Account ${randomUUID().slice(0, 8)}`, tier: 'ENTRY' } }, operatorKey);
  return { id: createAccount.account.id, key: createAccount.ownerKey };
}

const CREATE = 'mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }';

test('a budget is set, burns down while an answer is written, and says what it does when it is spent', async () => {
  const { key } = await account();
  const { createAgent } = await admin(CREATE, { input: { template: 'support_agent', tier: 'standard', name: 'Support' } }, key);
  const { page, problems } = await open('/console/settings', { key });
  await page.getByText('No budget is set').waitFor();
  await page.getByRole('button', { name: 'Change the budgets' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Tokens in a month').fill('a lot');
  await dialog.getByText('A number is needed.').waitFor();
  await dialog.getByLabel('Tokens in a month').fill('-1');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.locator('.problem').getByText(/-1|negative|0 or more|least/i).waitFor();
  await dialog.getByLabel('Tokens in a month').fill('10');
  await dialog.getByRole('button', { name: 'When a budget is spent' }).click();
  await page.getByRole('option', { name: 'Warn' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  const meter = page.getByRole('meter', { name: 'Budget of the account, Tokens' });
  assert.equal(await meter.getAttribute('aria-valuetext'), '0 of 10 tokens');
  await admin('mutation($input: ChatInput!) { sendMessage(input: $input) { run { id } } }', { input: { agentId: createAgent.agent.id, message: 'count 2', clientMessageId: randomUUID() } }, key);
  // the page follows without a click
  await page.getByText('The budget is spent. The agents go on answering.').waitFor();
  await page.getByText(/over the budget/).waitFor();
  await assertAccessible(page, 'budgets');
  await page.getByRole('button', { name: 'Change the budgets' }).click();
  await dialog.getByRole('button', { name: 'When a budget is spent' }).click();
  await page.getByRole('option', { name: 'Block' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByText('New messages are refused until the end of the month, or until the budget is raised.').waitFor();
  assert.deepEqual(problems.filter((problem) => !/status of 400/.test(problem)), []);
});

test('an identity provider is added, with its problems at their fields, and removed', async () => {
  const { key } = await account();
  const { page } = await open('/console/settings', { key });
  await page.getByText('No identity provider').waitFor();
  await page.getByRole('button', { name: 'Add a provider' }).click();
  const dialog = page.getByRole('dialog');
  await assertAccessible(page, 'a new identity provider');
  await dialog.getByLabel('Name', { exact: true }).fill('Single sign-on');
  await dialog.getByLabel('Issuer').fill('https://id.example.com');
  await dialog.getByLabel('Audience').fill(`troupe-${randomUUID()}`);
  await dialog.getByLabel('Address of its public keys').fill('not an address');
  await dialog.getByRole('button', { name: 'Add a provider' }).click();
  const keys = dialog.locator('.field').filter({ hasText: 'Address of its public keys' });
  await keys.locator('.problem').filter({ hasText: /\w/ }).waitFor();
  await dialog.getByLabel('Address of its public keys').fill('https://id.example.com/keys');
  await dialog.getByText('ES384', { exact: true }).click();
  await dialog.getByLabel('Messages in a minute').fill('rate');
  await dialog.getByRole('button', { name: 'Add a provider' }).click();
  await dialog.waitFor({ state: 'detached' });
  const provider = page.locator('.providers > li').filter({ hasText: 'Single sign-on' });
  await provider.getByText('https://id.example.com/keys').waitFor();
  await provider.getByText('RS256, ES256, ES384, EdDSA').waitFor();
  await provider.getByText('rate', { exact: true }).waitFor();
  await provider.getByRole('button', { name: 'Remove Single sign-on' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No identity provider').waitFor();
});
