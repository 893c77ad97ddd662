// Three tasks of people who are new to the console, from its first page to the end; docs/console.md counts their clicks.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';

import { startTools } from '../../../clients/tests/support/tools.js';
import { pdf } from '../pdf.js';
import { admin, answered, open, operatorKey, send } from './support.js';

/** A name of its own, because other tests use the same account. */
const named = (name) => `${name} ${randomUUID().slice(0, 8)}`;

/** Clicks, and counts it. */
function counter() {
  let clicks = 0;
  return { click: async (locator) => (await locator.click(), (clicks += 1)), clicks: () => clicks };
}

test('a shop owner sets up support from a PDF, and sees the citation of an answer', async () => {
  const { click, clicks } = counter();
  const name = named('Support');
  const { page, problems } = await open('/');
  await click(page.getByRole('link', { name: 'Agents', exact: true }));
  await click(page.getByRole('link', { name: 'Create an agent' }));
  await click(page.locator('.template').filter({ hasText: 'Support agent' }));
  await page.getByLabel('Name', { exact: true }).fill(name);
  await click(page.getByRole('button', { name: 'Create an agent' }));
  await click(page.getByRole('link', { name: 'Add documents' }));
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), click(page.getByRole('button', { name: 'Choose files' }))]);
  const lines = ['The ferry', 'The ferry from the harbour to the island takes two hours.', 'It leaves at nine in the morning.'];
  await chooser.setFiles({ name: 'ferry.pdf', mimeType: 'application/pdf', buffer: pdf(lines) });
  await page.getByRole('row').filter({ hasText: 'ferry.pdf' }).getByText('Searchable').waitFor();
  await click(page.locator('main').getByRole('link', { name: 'Chat', exact: true }));
  await send(page, 'cite how long the ferry takes');
  await answered(page);
  await page.getByRole('heading', { name, level: 2 }).waitFor();
  await click(page.getByRole('button', { name: 'Open source 1' }));
  await page.getByRole('dialog').getByText('takes two hours').waitFor();
  assert.equal(clicks(), 8);
  assert.deepEqual(problems, []);
});

const CREATE_AGENT = 'mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }';

test('a developer finds why a tool is not used: it is not granted, and then its definition has changed', async () => {
  const { click, clicks } = counter();
  const tools = await startTools();
  after(tools.close);
  const [name, server] = [named('Clerk'), named('Stock')];
  await admin(CREATE_AGENT, { input: { template: 'digital_expert', tier: 'premium', name } });
  const { page } = await open('/console/tools');
  await page.getByRole('button', { name: 'Add a server' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill(server);
  await dialog.getByLabel('URL').fill(tools.endpointUrl);
  await dialog.getByRole('button', { name: 'Add a server' }).click();
  const card = page.locator('.server').filter({ hasText: server });
  await card.waitFor();

  await click(page.getByRole('link', { name: 'Agents', exact: true }));
  await click(page.getByRole('link', { name }).first());
  await page.getByText(/^It was granted no tools of .*Stock/).waitFor();
  await click(page.locator('main').getByRole('link', { name: 'Grant tools' }));
  await click(card.getByRole('button', { name: 'Grant tools' }));
  await dialog.getByRole('button', { name }).waitFor();
  await click(dialog.getByText('lookup', { exact: true }));
  await click(dialog.getByRole('button', { name: 'When the model asks for a call' }));
  await click(page.getByRole('option', { name: 'Called at once' }));
  await click(dialog.getByRole('button', { name: 'Grant tools' }));
  await dialog.waitFor({ state: 'detached' });
  assert.equal(clicks(), 8);

  tools.tool.description = 'Looks up the value of a key, and more.';
  await click(page.getByRole('link', { name: 'Agents', exact: true }));
  await click(page.getByRole('link', { name }).first());
  await click(page.locator('main').getByRole('link', { name: 'Chat', exact: true }));
  await send(page, 'Please look it up.');
  await answered(page);
  await click(page.locator('details[data-kind=tool] summary'));
  await page.getByText('its definition has changed since it was approved').waitFor();
  await click(page.locator('details[data-kind=tool]').getByRole('link', { name: 'Tools' }));
  await card.getByText('Some tools have changed since they were approved.').waitFor();
  assert.equal(clicks(), 13);
});

test('an operator finds why the answers to a customer fail: in the words of the provider', async () => {
  const { click, clicks } = counter();
  const [customer, endUser] = [named('Lamp shop'), `customer-${randomUUID().slice(0, 8)}`];
  const { createAccount } = await admin('mutation($input: CreateAccountInput!) { createAccount(input: $input) { account { id } ownerKey } }', { input: { name: customer, tier: 'PREMIUM' } }, operatorKey);
  const { ownerKey } = createAccount;
  const { createAgent } = await admin(CREATE_AGENT, { input: { template: 'support_agent', tier: 'standard', name: 'Help' } }, ownerKey);
  await admin('mutation($input: SetProviderKeyInput!) { setProviderKey(input: $input) { providerKey { id } } }', { input: { provider: 'openai', secret: 'sk-wrong-0123456789' } }, ownerKey);
  await admin('mutation($input: ChatInput!) { sendMessage(input: $input) { run { id } } }', { input: { agentId: createAgent.agent.id, message: 'Where is my lamp?', endUser } }, ownerKey);

  const { page } = await open('/', { key: operatorKey });
  await click(page.getByRole('link', { name: customer }));
  await click(page.locator('main').getByRole('link', { name: 'Runs' }));
  await page.getByText('Incorrect API key provided').waitFor();
  await click(page.getByRole('link', { name: 'Where is my lamp?' }));
  await page.locator('.note').getByText('Incorrect API key provided').waitFor();
  assert.equal(clicks(), 3);

  // from the person, and what the person saw
  await click(page.getByRole('button', { name: 'Act in this account' }));
  await click(page.getByRole('link', { name: 'People' }));
  await click(page.getByRole('link', { name: endUser }));
  await click(page.getByRole('link', { name: 'Where is my lamp?' }));
  await page.getByText('Incorrect API key provided').waitFor();
  await click(page.getByRole('link', { name: 'See the run' }));
  await page.locator('.timeline').getByText('Failed').waitFor();
  assert.equal(clicks(), 8);
});
