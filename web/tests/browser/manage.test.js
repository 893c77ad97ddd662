// Agents, knowledge, tools and approvals, as the people who run them use the pages.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';

import { publish, version } from '../../../clients/tests/support/templates.js';
import { agentWithTool } from '../../../clients/tests/support/tools.js';
import { admin, open, origin } from './support.js';

const CAREFUL = `Careful ${randomUUID().slice(0, 8)}`;

let agent;
before(async () => {
  agent = await agentWithTool({ grant: { policy: 'APPROVE' }, cites: false, name: CAREFUL });
});
after(() => agent?.close());

const choose = async (page, label, option) => {
  await page.getByRole('button', { name: label }).click();
  await page.getByRole('option', { name: option }).click();
};

test('an agent is created with the form of its template, and problems stand at their fields', async () => {
  const { page, problems } = await open('/console/agents');
  await page.getByRole('link', { name: 'Create an agent' }).click();
  await page.getByRole('radio', { name: /Sales agent/ }).click({ force: true });
  const name = `Shop ${randomUUID().slice(0, 8)}`;
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Company name').fill('Hollin');
  await page.getByLabel('Maximum discount percent').fill('200');
  await page.getByRole('button', { name: 'Add: Products' }).click();
  await page.getByRole('button', { name: 'Create an agent' }).click();
  const discount = page.getByLabel('Maximum discount percent');
  await page.getByText('200 given, expected a number from 0 to 100').waitFor();
  assert.equal(await discount.getAttribute('aria-invalid'), 'true');
  await discount.fill('10');
  await page.getByRole('group', { name: 'Entry 1' }).getByLabel('Name').fill('Heron');
  await page.getByRole('group', { name: 'Entry 1' }).getByLabel('Description').fill('A bike for three children');
  await page.getByRole('button', { name: 'Create an agent' }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
  await page.getByRole('link', { name: 'Where values come from' }).click();
  const row = page.getByRole('row').filter({ hasText: 'companyName' });
  await row.getByText('Hollin').waitFor();
  await row.getByText('This agent').waitFor();
  await page.getByRole('row').filter({ hasText: 'voice.tone' }).getByText('Template').waitFor();
  // a text that is no number is not left out in silence
  await page.getByRole('link', { name: 'Settings', exact: true }).last().click();
  await discount.fill('much');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('A number is needed.').waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true');
  await page.getByRole('button', { name: 'Discard changes' }).click();
  await page.getByText('A number is needed.').waitFor({ state: 'detached' });
  assert.equal(await discount.inputValue(), '10');
  assert.deepEqual(problems.filter((problem) => !/status of 400/.test(problem)), []);
});

test('a new agent is of the newest version of its template, and its form too', async () => {
  const template = `greeter_${randomUUID().slice(0, 8)}`;
  // the last one that was published mends the first
  await publish(version(template, '1.9.0', ['plain']), version(template, '1.10.0', ['warm']), version(template, '1.9.1', ['plain']));
  const { page } = await open('/console/agents/new');
  await page.getByRole('radio', { name: new RegExp(template.replace('greeter_', 'Greeter ')) }).click({ force: true });
  await page.getByLabel('Name', { exact: true }).fill(template);
  await choose(page, 'Tone', 'warm');
  await page.getByRole('button', { name: 'Create an agent' }).click();
  await page.getByRole('heading', { name: template, level: 1 }).waitFor();
  const { agents } = await admin('query($search: String) { agents(filter: {search: $search}) { nodes { template { version } configuration } } }', { search: template });
  assert.deepEqual(agents.nodes, [{ template: { version: '1.10.0' }, configuration: { tone: 'warm' } }]);
});

test('settings are changed, an agent is suspended, activated and deleted, and someone else’s change is not lost', async () => {
  const slug = `edited-${randomUUID().slice(0, 8)}`;
  const created = await admin('mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }', {
    input: { template: 'support_agent', tier: 'standard', name: 'Edited', slug },
  });
  const { id } = created.createAgent.agent;
  const { page } = await open(`/console/agents/${slug}/settings`);
  await page.getByLabel('Company name').fill('Hollin');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The settings are saved').waitFor();
  await admin('mutation($id: ID!) { updateAgent(input: {id: $id, name: "Theirs"}) { agent { id } } }', { id });
  await page.getByLabel('Company name').fill('Mine');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Someone else has changed this agent').waitFor();
  await page.getByRole('button', { name: 'Load the new version' }).click();
  await page.waitForFunction(() => [...document.querySelectorAll('input')].some(({ value }) => value === 'Theirs'));
  await page.getByRole('button', { name: 'Suspend' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Suspend' }).click();
  await page.getByText('Suspended', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Activate' }).click();
  await page.getByRole('button', { name: 'Suspend' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Suspend' }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await page.waitForURL(`${origin}/console/agents`);
});

test('a file is dropped, read, found with its score, and deleted; one that cannot be read says why', async () => {
  const { page } = await open('/console/knowledge/support');
  const files = [
    { name: 'opening.md', mimeType: 'text/markdown', buffer: Buffer.from('# Opening hours\n\nThe workshop in Ostend is open on Sundays from nine to noon.') },
    { name: 'picture.png', mimeType: 'image/png', buffer: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64') },
  ];
  await page.locator('input[type=file]').setInputFiles(files);
  await page.getByText('picture.png was refused').waitFor();
  const row = page.getByRole('row').filter({ hasText: 'opening.md' });
  await row.getByText('Searchable').waitFor();
  await page.getByLabel('Ask as a person would').fill('When is the workshop in Ostend open?');
  await page.keyboard.press('Enter');
  const first = page.locator('.found li').first();
  await first.getByText('from nine to noon').waitFor();
  assert.match(await first.locator('.numeric').textContent(), /^0\.\d+|^1$/);
  await row.getByRole('button', { name: /Delete opening/ }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await row.waitFor({ state: 'detached' });
});

test('a server is granted to an agent and taken back, and its tools are looked at again', async () => {
  const { page } = await open('/console/tools');
  const { mcpServers } = await admin('{ mcpServers(first: 100) { nodes { id name } } }');
  const { name } = mcpServers.nodes.find(({ id }) => id === agent.server);
  const card = page.locator('.server').filter({ hasText: name });
  await card.getByText('1 tool', { exact: true }).click();
  await card.getByText('Looks up the value of a key.').waitFor();
  await card.getByRole('button', { name: 'Grant tools' }).click();
  const dialog = page.getByRole('dialog');
  await choose(page, 'Agent', 'Research');
  await dialog.getByText('lookup', { exact: true }).click();
  await dialog.getByRole('button', { name: 'Grant tools' }).click();
  await dialog.waitFor({ state: 'detached' });
  await card.getByText(/^Agents \(2\)/).click();
  const grant = card.locator('.grants li').filter({ hasText: 'Research' });
  await grant.getByText('Asks a person').waitFor();
  await grant.getByRole('button', { name: 'Take back: Research' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Take back' }).click();
  await grant.waitFor({ state: 'detached' });
  await card.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: 'Look again and approve' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Look again and approve' }).click();
  await page.getByText('0 added, 0 removed, 0 changed.').waitFor();
});

const ask = (text) =>
  admin('mutation($input: ChatInput!) { sendMessage(input: $input) { run { id } } }', { input: { agentId: agent.id, message: text, endUser: randomUUID(), clientMessageId: randomUUID() } });

test('calls that wait appear in the inbox by themselves, and are decided one by one, by the keyboard and together', async () => {
  const { page } = await open('/console/agents');
  await page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor();
  const subscriptions = [];
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => /"subscribe".*toolApprovals/s.test(payload) && subscriptions.push(payload)));
  await page.goto(`${origin}/console/approvals`);
  await page.getByRole('heading', { name: 'Approvals', level: 1 }).waitFor();
  // calls of other agents may wait here too
  const rows = page.locator('.inbox > li').filter({ hasText: CAREFUL });
  const none = () => rows.first().waitFor({ state: 'detached' });
  await ask('Please look it up.');
  await rows.first().getByText('"key": "answer"').waitFor();
  await page.getByRole('link', { name: /Approvals/ }).locator('.count').waitFor();
  await page.getByLabel('Reason (the agent is told)').fill('fine');
  await rows.first().getByRole('button', { name: 'Approve' }).click();
  await none();
  await Promise.all([ask('Please look it up.'), ask('Please look it up.')]);
  await rows.nth(1).waitFor();
  await rows.nth(1).locator('.checkbox').click();
  await rows.nth(0).focus();
  // a key that is held decides once, and what takes the row's place has the keyboard
  await page.keyboard.down('d');
  await page.keyboard.down('d');
  await page.keyboard.up('d');
  await rows.nth(1).waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.activeElement?.matches('.inbox > li'));
  await page.getByRole('button', { name: 'Approve 1' }).click();
  await none();
  await Promise.all([ask('Please look it up.'), ask('Please look it up.')]);
  await rows.nth(1).waitFor();
  await rows.nth(0).focus();
  await page.keyboard.press('x');
  await rows.nth(1).locator('.checkbox').click();
  await page.getByRole('button', { name: 'Approve 2' }).click();
  await none();
  const { auditLog } = await admin('query($agentId: ID!) { auditLog(first: 20, filter: {action: "resolveToolCall", agentId: $agentId}) { nodes { detail } } }', { agentId: agent.id });
  assert.equal(auditLog.nodes.length, 5, JSON.stringify(auditLog));
  assert.equal(subscriptions.length, 1, 'the page and the navigation share one subscription');
});

test('a call that is decided during a cut is gone from the inbox afterwards', async () => {
  const { page } = await open('/console/agents');
  await page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor();
  let isCut = false;
  const sockets = [];
  await page.routeWebSocket('**/graphql', (socket) => {
    if (isCut) return socket.close({ code: 1012 });
    sockets.push(socket);
    socket.connectToServer();
  });
  await page.goto(`${origin}/console/approvals`);
  const row = page.locator('.inbox > li').filter({ hasText: CAREFUL });
  await page.getByRole('heading', { name: 'Approvals', level: 1 }).waitFor();
  const { sendMessage } = await ask('Please look it up.');
  await row.waitFor();
  isCut = true;
  await Promise.all(sockets.map((socket) => socket.close({ code: 1012 })));
  const { pendingApprovals } = await admin('{ pendingApprovals(first: 100) { nodes { id argumentsDigest run { id } } } }');
  const { id, argumentsDigest } = pendingApprovals.nodes.find(({ run }) => run.id === sendMessage.run.id);
  await admin('mutation($input: ResolveToolCallInput!) { resolveToolCall(input: $input) { toolCall { id } } }', { input: { toolCallId: id, approve: true, argumentsDigest } });
  isCut = false;
  await row.waitFor({ state: 'detached' });
});
