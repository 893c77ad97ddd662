// The pages of an operator: accounts, templates, health; and acting in an account.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { publish, version } from '../../../clients/tests/support/templates.js';
import { admin, assertAccessible, assertGood, LOOKS, open, operatorKey, origin, visit } from './support.js';

const CREATE = 'mutation($input: CreateAccountInput!) { createAccount(input: $input) { account { id } ownerKey } }';

test('what is being typed stays when its page cannot be read again', async () => {
  const { account } = await admin('{ account { id } }');
  const { page } = await open(`/console/accounts/${account.id}`, { key: operatorKey });
  const name = page.getByLabel('Name', { exact: true });
  await name.fill('Half a na');
  const body = JSON.stringify({ errors: [{ message: 'the disk is full', extensions: { code: 'INTERNAL' } }] });
  await page.route('**/graphql', (route) => (/AccountDetail/.test(route.request().postData() ?? '') ? route.fulfill({ contentType: 'application/json', body }) : route.fallback()));
  // the page reads by itself
  const error = page.getByRole('alert').filter({ hasText: 'The disk is full' });
  await error.waitFor();
  assert.equal(await name.inputValue(), 'Half a na');
  await page.unroute('**/graphql');
  await error.getByRole('button', { name: 'Try again' }).click();
  await error.waitFor({ state: 'detached' });
  assert.equal(await name.inputValue(), 'Half a na');
});

test('an operator creates an account, acts in it, and bounds, suspends, resumes and deletes it', async () => {
  const name = `Customer ${randomUUID().slice(0, 8)}`;
  const { page, problems } = await open('/', { key: operatorKey });
  await page.waitForURL(`${origin}/console/accounts`);
  await page.getByRole('button', { name: 'Create an account' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill(name);
  await dialog.getByLabel('Ceiling of tokens in a month').fill('-5');
  await dialog.getByRole('button', { name: 'Create an account' }).click();
  await dialog.locator('.problem').filter({ hasText: /\w/ }).waitFor();
  await dialog.getByLabel('Ceiling of tokens in a month').fill('1000000');
  await dialog.getByRole('button', { name: 'Create an account' }).click();
  await page.locator('.secret').waitFor();
  // it is shown this once: nothing but its button closes it
  await page.keyboard.press('Escape');
  await page.mouse.click(5, 5);
  // as over plain HTTP
  await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await page.locator('.secret').getByRole('button').click();
  await page.getByText('It could not be copied.').waitFor();
  const key = await page.locator('.secret code').textContent();
  assert.equal((await admin('{ viewer { role } }', {}, key)).viewer.role, 'OWNER');
  await dialog.locator('.actions').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('link', { name }).click();
  await page.getByRole('meter', { name: 'Ceiling of the operator, Tokens' }).waitFor();

  await page.getByRole('button', { name: 'Tier' }).click();
  await page.getByRole('option', { name: 'Premium' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The terms are saved.').waitFor();
  await page.getByRole('button', { name: 'Act in this account' }).click();
  await page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor();
  await page.getByText('No agents yet').waitFor();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByText('Premium').waitFor();
  await page.getByRole('button', { name: 'Leave the account' }).click();
  await page.getByRole('heading', { name: 'Accounts', level: 1 }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'People' }).count(), 0);

  await page.getByRole('link', { name }).click();
  await page.getByRole('button', { name: 'Suspend' }).click();
  await dialog.getByLabel('Reason').fill('unpaid');
  await dialog.getByRole('button', { name: 'Suspend' }).click();
  await page.getByText(/^Suspended since/).waitFor();
  await assert.rejects(admin('{ viewer { role } }', {}, key), /suspended/);
  await page.getByRole('button', { name: 'Bring back' }).click();
  await page.getByText('The account may be used again.').waitFor();
  await admin('{ viewer { role } }', {}, key);
  await page.getByRole('button', { name: 'Delete for good' }).click();
  const remove = dialog.getByRole('button', { name: 'Delete for good' });
  await dialog.getByLabel(/to confirm/).fill('another');
  assert.ok(await remove.isDisabled());
  await dialog.getByLabel(/to confirm/).fill(name);
  await remove.click();
  await page.getByText('Nothing of the account is left.').waitFor();
  assert.deepEqual(problems.filter((problem) => !/status of 400/.test(problem)), []);
});

test('an operator finds why an answer of a customer failed, and looks at it in the account', async () => {
  const name = `Failing ${randomUUID().slice(0, 8)}`;
  const { createAccount } = await admin(CREATE, { input: { name, tier: 'ENTRY', ceilingTokens: 1 } }, operatorKey);
  const create = 'mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }';
  const { createAgent } = await admin(create, { input: { template: 'support_agent', tier: 'standard', name: 'Support' } }, createAccount.ownerKey);
  const send = 'mutation($input: ChatInput!) { sendMessage(input: $input) { run { id } } }';
  await admin(send, { input: { agentId: createAgent.agent.id, message: 'count 2', clientMessageId: randomUUID() } }, createAccount.ownerKey);
  const { page, problems } = await open('/console/runs', { key: operatorKey });
  await page.getByRole('button', { name: 'Status' }).click();
  await page.getByRole('option', { name: 'Failed' }).click();
  const row = page.getByRole('row').filter({ hasText: name });
  await row.getByRole('link', { name: 'count 2' }).click();
  await page.getByText('QUOTA_EXCEEDED').waitFor();
  await page.getByRole('button', { name: 'Act in this account' }).click();
  await page.locator('.brand').getByText(name).waitFor();
  await page.getByRole('link', { name: 'Open the conversation' }).click();
  await page.getByText('You cannot write in it').waitFor();
  assert.deepEqual(problems, []);
});

test('a version of a template is published with its problems at their fields, and deprecated', async () => {
  const kind = `greeter_${randomUUID().slice(0, 8)}`;
  await publish(version(kind, '1.0.0', ['plain']));
  const { page } = await open('/console/templates', { key: operatorKey });
  const card = page.locator('.card').filter({ has: page.getByRole('region', { name: new RegExp(kind.replace('_', ' '), 'i') }) });
  await card.getByRole('link', { name: 'Publish the next version' }).click();
  assert.equal(await page.getByLabel('Version', { exact: true }).inputValue(), '1.1.0');
  await page.getByLabel('System prompt').fill('You are {{ agent.name }');
  await page.getByLabel('Skills (JSON)').fill('[');
  await page.getByText('This is not valid JSON.').waitFor();
  await page.getByLabel('Skills (JSON)').fill(JSON.stringify(version(kind, '1.1.0', []).skills));
  await page.getByRole('button', { name: 'Publish a version' }).click();
  await page.locator('.field').filter({ hasText: 'System prompt' }).locator('.problem').filter({ hasText: /\w/ }).waitFor();
  await assertAccessible(page, 'a publication with problems', { part: 'main' });
  await page.getByLabel('System prompt').fill('You are {{ agent.name }}.');
  await page.getByRole('button', { name: 'Publish a version' }).click();
  await page.getByText(`${kind} 1.1.0 is published.`).waitFor();
  await card.getByRole('button', { name: `Deprecate ${kind} 1.0.0` }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Deprecate' }).click();
  const old = card.getByRole('row').filter({ hasText: '1.0.0' });
  await old.getByText('Deprecated').waitFor();
  const { agentTemplates } = await admin('query($name: String) { agentTemplates(name: $name) { nodes { version } } }', { name: kind });
  assert.deepEqual(agentTemplates.nodes.map(({ version }) => version), ['1.1.0']);
});

test('the health of the process is shown, check by check', async () => {
  const { page } = await open('/console/health', { key: operatorKey });
  await page.getByText('Ready', { exact: true }).waitFor();
  const { checks } = await (await fetch(`${origin}/readyz`)).json();
  const rows = page.locator('main tbody tr');
  assert.equal(await rows.count(), Object.keys(checks).length);
  await rows.filter({ hasText: 'Database' }).getByText('Works').waitFor();
  // the page looks again by itself
  await page.route('**/readyz', (route) => route.fulfill({ status: 503, json: { ready: false, draining: true, checks: { database: { ready: false, required: true, reason: 'the disk is full' } } } }));
  await page.getByText('the disk is full').waitFor();
  await page.getByText('Not ready').waitFor();
});

test('a process whose probes are elsewhere is told from one that is not ready', async () => {
  const { page } = await open('/console/nothing', { key: operatorKey });
  await page.route('**/readyz', (route) => route.fulfill({ status: 404, body: 'not here' }));
  await visit(page, 'health');
  await page.getByText('TROUPE_PROBES_ADDR').waitFor();
});

test('every page of an operator is accessible and fits on the screen, light and dark', async () => {
  const { createAccount } = await admin(CREATE, { input: { name: `Seen ${randomUUID().slice(0, 8)}`, tier: 'STANDARD', ceilingTokens: 1_000, monthlyCostBudgetUsd: 5 } }, operatorKey);
  for (const look of LOOKS) {
    const { page } = await open('/console/nothing', { key: operatorKey, ...look });
    for (const path of ['accounts', `accounts/${createAccount.account.id}`, 'templates', 'templates/new?from=sales_agent', 'health']) {
      await visit(page, path);
      await assertGood(page, path, look, path === 'accounts' ? undefined : 'main');
    }
  }
});
