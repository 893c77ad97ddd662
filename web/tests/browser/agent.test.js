// What administrators change of an agent: its version, a trial, its vector store, its persona; and what a conversation's agent keeps.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { publish, version } from '../../../clients/tests/support/templates.js';
import { admin, agentId, answered, assertAccessible, chooseAgent, open, reached, send } from './support.js';

const CREATE = 'mutation($input: CreateAgentInput!) { createAgent(input: $input) { agent { id slug } } }';

/** An agent of the first of these versions, with this tone. */
async function greeter(versions, configuration = {}) {
  const template = `greeter_${randomUUID().slice(0, 8)}`;
  await publish(...versions.map(([number, tones, more]) => version(template, number, tones, more)));
  const name = `Greeter ${randomUUID().slice(0, 8)}`;
  const { createAgent } = await admin(CREATE, { input: { template, templateVersion: versions[0][0], tier: 'standard', name, configuration } });
  return { ...createAgent.agent, name };
}

const choose = async (page, label, option) => {
  await page.getByRole('button', { name: label }).click();
  await page.getByRole('option', { name: option }).click();
};

const confirm = (page, name) => page.getByRole('alertdialog').getByRole('button', { name }).click();

test('the problems of another version stand at their fields, are put right there, and the agent is moved and back', async () => {
  const advice = [{ id: 'advice', name: 'Advice', description: 'Advises people.', examples: ['what should I do', 'any advice', 'please advise me'] }];
  const { slug } = await greeter([['1.0.0', ['plain', 'warm']], ['2.0.0', ['warm', 'cold'], { skills: advice }]], { tone: 'plain' });
  const { page, problems } = await open(`/console/agents/${slug}`);
  await page.getByText('Version 2.0.0 of the template is there').waitFor();
  await page.getByRole('link', { name: 'See what would change' }).click();
  await page.getByText('One thing must be put right first.').waitFor();
  const tone = page.locator('.field').filter({ hasText: 'The tone of every greeting.' });
  await tone.locator('.problem').getByText(/plain/).waitFor();
  await page.getByText('greetings', { exact: true }).waitFor();
  const move = page.getByRole('button', { name: 'Move to 2.0.0' });
  assert.ok(await move.isDisabled());
  await assertAccessible(page, 'another version with problems');
  await tone.getByRole('button').click();
  await page.getByRole('option', { name: 'cold' }).click();
  await page.getByRole('button', { name: 'Save and compare again' }).click();
  // the agent's own version does not know it yet
  await tone.locator('.problem').getByText(/cold/).waitFor();
  await tone.getByRole('button').click();
  await page.getByRole('option', { name: 'warm' }).click();
  await page.getByRole('button', { name: 'Save and compare again' }).click();
  await page.getByText('The agent can be moved. This will be different:').waitFor();
  await move.click();
  await confirm(page, 'Move to 2.0.0');
  await page.getByText('Now: 2.0.0').waitFor();
  await choose(page, 'Version to look at', '1.0.0');
  await page.getByRole('button', { name: 'Move to 1.0.0' }).click();
  await confirm(page, 'Move to 1.0.0');
  await page.getByText('Now: 1.0.0').waitFor();
  assert.deepEqual(problems.filter((problem) => !/status of 400/.test(problem)), []);
});

const ask = (id) => admin('mutation($input: ChatInput!) { sendMessage(input: $input) { run { id } } }', { input: { agentId: id, message: 'count 2', endUser: randomUUID(), clientMessageId: randomUUID() } });

test('a trial is started, followed, changed, stopped, and made the agent’s version', async () => {
  const { id, slug } = await greeter([['1.0.0', ['plain']], ['1.1.0', ['plain']], ['2.0.0', ['warm']]], { tone: 'plain' });
  const { page } = await open(`/console/agents/${slug}/version`);
  const form = page.getByRole('form', { name: 'Trial of another version' });
  await choose(page, 'Version to try', '1.1.0');
  await form.getByLabel('Share of the conversations').fill('200');
  await form.getByLabel('Most failed answers').fill('many');
  await form.getByRole('button', { name: 'Start the trial' }).click();
  await form.getByText('A number is needed.').waitFor();
  await form.getByLabel('Most failed answers').fill('5');
  await form.getByRole('button', { name: 'Start the trial' }).click();
  await form.getByText('Must be more than 0 and at most 100.').waitFor();
  await form.getByLabel('Share of the conversations').fill('100');
  await form.getByRole('button', { name: 'Start the trial' }).click();
  await page.getByText(/^Version 1.1.0 answers 100% of the conversations/).waitFor();
  await Promise.all([ask(id), ask(id)]);
  const answers = page.locator('[data-figure=runs] td');
  // the tried version answered both, and the page shows it by itself
  await page.waitForFunction((cells) => [...document.querySelectorAll(cells)].map((cell) => cell.textContent).join().startsWith('0,2'), '[data-figure=runs] td');
  await page.locator('[data-figure=failed]').getByText('at most 5%').waitFor();
  await assertAccessible(page, 'a trial');
  await page.getByRole('button', { name: 'Change' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Share of the conversations').fill('0');
  await dialog.getByRole('button', { name: 'Begin again' }).click();
  await dialog.getByText('Must be more than 0 and at most 100.').waitFor();
  await dialog.getByLabel('Share of the conversations').fill('50');
  // a version that cannot begin does not end the one that runs
  await choose(page, 'Version to try', '2.0.0');
  await dialog.getByRole('button', { name: 'Begin again' }).click();
  await dialog.getByRole('alert').filter({ hasText: /tone/ }).waitFor();
  const { agent } = await admin('query($id: ID!) { agent(by: {id: $id}) { canary { state share } } }', { id });
  assert.deepEqual(agent.canary, { state: 'RUNNING', share: 1 });
  await choose(page, 'Version to try', '1.1.0');
  await dialog.getByRole('button', { name: 'Begin again' }).click();
  await page.getByText(/^Version 1.1.0 answers 50% of the conversations/).waitFor();
  await page.waitForFunction((cells) => [...document.querySelectorAll(cells)].map((cell) => cell.textContent).join().startsWith('0,0'), '[data-figure=runs] td');
  assert.equal(await answers.count(), 3);
  await page.getByRole('button', { name: 'Stop the trial' }).click();
  await confirm(page, 'Stop the trial');
  await page.getByText('rolled back by endCanary').waitFor();
  await choose(page, 'Version to try', '1.1.0');
  await page.getByRole('button', { name: 'Start the trial' }).click();
  await page.getByRole('button', { name: 'Make it the agent’s version' }).click();
  await confirm(page, 'Make it the agent’s version');
  await page.getByText('Now: 1.1.0').waitFor();
});

test('a trial that exceeds its limit is taken back before the eyes of the person', async () => {
  const { id, slug } = await greeter([['1.0.0', ['plain']], ['1.1.0', ['plain'], { systemPrompt: 'You always fail.' }]]);
  await admin('mutation($input: StartCanaryInput!) { startCanary(input: $input) { agent { id } } }', { input: { agentId: id, version: '1.1.0', share: 1, maxErrorRate: 0.05 } });
  const { page } = await open(`/console/agents/${slug}/version`);
  await page.getByText(/^Version 1.1.0 answers 100%/).waitFor();
  await Promise.all(Array.from({ length: 6 }, () => ask(id)));
  await page.getByText('Taken back').waitFor();
  await page.locator('[data-figure=failed]').getByText('exceeded').waitFor();
});

test('vectors move to another store, with their progress, and a move that fails says why', async () => {
  const { id, slug } = await greeter([['1.0.0', ['plain']]]);
  const add = 'mutation($input: IngestDocumentInput!) { ingestDocument(input: $input) { document { id } } }';
  const { ingestDocument } = await admin(add, { input: { agentId: id, title: 'Shop', text: 'The shop is open on Mondays.' } });
  await reached('READY', async () => (await admin('query($id: ID!) { node(id: $id) { ... on Document { status } } }', { id: ingestDocument.document.id })).node.status);
  const pinecone = (path) => fetch(new URL(path, process.env.TROUPE_PINECONE_URL), { method: 'POST' });
  const { page } = await open(`/console/agents/${slug}/vectors`);
  await choose(page, 'To', 'PostgreSQL with pgvector');
  await page.getByRole('button', { name: 'Move', exact: true }).click();
  await page.locator('.problem').getByText(/no pgvector/).waitFor();
  await choose(page, 'To', 'Pinecone, own namespace');
  await page.getByLabel('The account’s own Pinecone key').fill('pcsk_of_the_account');
  await pinecone('/hold');
  try {
    await page.getByRole('button', { name: 'Move', exact: true }).click();
    await page.getByText('Copying').waitFor();
    await page.getByText('0 of 1 vectors').waitFor();
  } finally {
    await pinecone('/release');
  }
  await page.getByText('Moved', { exact: true }).waitFor();
  await page.getByText('1 of 1 vectors').waitFor();
  await page.locator('.facts').getByText('Pinecone, own namespace').waitFor();
  await assertAccessible(page, 'vectors');
});

test('a persona is read with its sources, edited by two people, and built again', async () => {
  const name = `Expert ${randomUUID().slice(0, 8)}`;
  const { createAgent } = await admin(CREATE, { input: { template: 'digital_expert', tier: 'standard', name } });
  const { id, slug } = createAgent.agent;
  const { page } = await open(`/console/agents/${slug}/persona`);
  await page.getByText('There is no profile yet').waitFor();
  const text = 'I believe that soil needs rest. Crop rotation keeps soil alive. Crop rotation feeds the soil, and cover crops protect it. We should never plough wet soil.';
  await admin('mutation($input: IngestDocumentInput!) { ingestDocument(input: $input) { document { id } } }', { input: { agentId: id, title: 'On soil', text } });
  // the build ends without a click
  const positions = page.getByRole('list', { name: 'Positions' });
  const rest = positions.getByRole('listitem').filter({ hasText: 'soil needs rest' });
  await rest.getByText('1 source').click();
  await rest.locator('blockquote').getByText('I believe that soil needs rest.').waitFor();
  await rest.getByText('On soil').waitFor();

  await rest.getByRole('button', { name: /^Remove/ }).click();
  await page.getByRole('button', { name: 'Add to “Tone”' }).click();
  await page.getByLabel('New in “Tone”').fill('Dry');
  await page.getByText('2 changes are not saved.').waitFor();
  const { agent } = await admin('query($id: ID!) { agent(by: {id: $id}) { persona { version } } }', { id });
  await admin('mutation($input: UpdatePersonaInput!) { updatePersona(input: $input) { persona { version } } }', { input: { agentId: id, expectedVersion: agent.persona.version, add: [{ kind: 'TOPIC', text: 'Worms' }] } });
  await page.getByRole('list', { name: 'Topics' }).getByText('Worms', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The profile is saved.').waitFor();
  await rest.waitFor({ state: 'detached' });
  await page.getByRole('list', { name: 'Tone' }).getByText('by a person').waitFor();
  await page.locator('.persona-history summary').first().click();
  await page.locator('.persona-history ins').getByText('Dry').waitFor();
  await assertAccessible(page, 'a persona');

  await page.getByRole('button', { name: 'Build again' }).click();
  await confirm(page, 'Build again');
  await page.getByText('The profile is being built.').waitFor();
  await page.getByText('Built', { exact: true }).first().waitFor();
  await page.getByRole('list', { name: 'Tone' }).getByText('Dry').waitFor();
});

test('what the agent of a conversation keeps is at the side of the chat, and on the page of the run', async () => {
  const { page } = await open('/console/chat');
  await chooseAgent(page, 'Sales');
  await send(page, 'Hello, my name is Ada. We need bikes for our team.');
  await answered(page);
  await page.getByRole('button', { name: 'What the agent keeps' }).click();
  const panel = page.getByRole('dialog', { name: 'What the agent keeps' });
  await panel.getByText('Found out by the agent').waitFor();
  await panel.getByText('Ada', { exact: true }).waitFor();
  await assertAccessible(page, 'the state of a conversation');
  const { runs } = await admin('query($id: ID) { runs(first: 1, filter: {agentId: $id}) { nodes { id } } }', { id: await agentId('sales') });
  await page.goto(new URL(`/console/runs/${runs.nodes[0].id}`, page.url()).href);
  await page.locator('.conversation-state').getByText('Ada', { exact: true }).waitFor();
});
