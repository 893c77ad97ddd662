// The chat: the router, tokens, a reload and cuts in the middle, what a person can do with answers and conversations.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';

import { counted, word } from '../../../clients/tests/support/model.js';
import { startProxy } from '../../../clients/tests/support/proxy.js';
import { agentWithTool } from '../../../clients/tests/support/tools.js';
import { PAYLOADS } from '../payloads.js';
import { ANSWER, DONE, answered, chooseAgent, open, send } from './support.js';

/** The agent that the scripted model answers for; a server may have those of other runs. */
const SCRIPTED = `Scripted ${randomUUID().slice(0, 8)}`;

let agent;
before(async () => {
  agent = await agentWithTool({ name: SCRIPTED });
});
after(() => agent?.close());

const textOf = (page) => page.locator(`${ANSWER} .markdown`).allTextContents().then((texts) => texts.join('').trim());

test('a suggestion is one click from an answer, and the card of the route says why this agent', async () => {
  const { page, problems } = await open('/');
  await page.locator('.suggestions button').first().click();
  await answered(page);
  await page.waitForURL(/\/console\/chat\/conversation_/);
  await page.locator('details[data-kind=route] summary').click();
  await page.getByText('Why not another agent').waitFor();
  assert.ok((await page.locator('.candidates li').count()) > 1);
  assert.deepEqual(problems, []);
});

test('an answer goes on after a reload in its middle, and is stored once', async () => {
  const { page } = await open('/console/chat');
  await chooseAgent(page, SCRIPTED);
  await send(page, 'count 90');
  await page.locator(ANSWER).filter({ hasText: word(5) }).waitFor();
  await page.waitForURL(/conversation_/);
  await page.reload();
  await answered(page);
  assert.equal(await textOf(page), counted(90));
  assert.equal(await page.locator('li.message').count(), 2);
});

test('cuts in the middle of an answer are not seen in its text', async () => {
  const proxy = await startProxy([word(20), word(50)]);
  after(proxy.close);
  const { page } = await open('/console/chat', { base: proxy.origin });
  await chooseAgent(page, SCRIPTED);
  await send(page, 'count 70');
  await answered(page);
  // the key's own events pass through the proxy too, so one word may be cut in another stream
  assert.ok(proxy.cuts >= 1);
  assert.equal(await textOf(page), counted(70));
});

test('an answer is stopped, asked again, compared, rated, and the question is edited', async () => {
  const { page, problems } = await open('/console/chat');
  await chooseAgent(page, SCRIPTED);
  await send(page, 'count 900');
  await page.locator(ANSWER).filter({ hasText: word(9) }).waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('You stopped this answer').waitFor();

  await page.locator('.question').hover();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Ask differently').fill('count 3');
  await page.getByRole('button', { name: 'Ask again' }).click();
  await page.locator(DONE).filter({ hasText: counted(3) }).waitFor();
  await page.locator('.question').getByText('2 of 2').waitFor();

  await page.getByRole('button', { name: 'Answer again' }).click();
  await page.locator(ANSWER).getByText('2 of 2').waitFor();
  await page.locator(ANSWER).getByRole('button', { name: 'Previous version' }).click();
  await page.locator(ANSWER).getByText('1 of 2').waitFor();

  await page.getByRole('button', { name: 'Good answer' }).click();
  await page.locator('.icon-button.active[aria-label="Good answer"]').waitFor();
  await page.getByRole('button', { name: 'Bad answer' }).click();
  await page.getByLabel('Comment (optional)').fill('too short');
  await page.getByRole('button', { name: 'Send rating' }).click();
  await page.locator('.icon-button.active[aria-label="Bad answer"]').waitFor();
  assert.deepEqual(problems, []);
});

test('a tool call, knowledge and a citation are shown in place, and the citation opens its passage', async () => {
  const { page } = await open('/console/chat');
  await chooseAgent(page, SCRIPTED);
  await send(page, 'Please look it up.');
  await answered(page);
  const tool = page.locator('details[data-kind=tool]');
  await tool.locator('summary').click();
  await tool.getByText('"key": "answer"').waitFor();
  await tool.getByText('the value of answer is 42').waitFor();
  await send(page, 'When does the ferry leave, and how long does it take? Please cite.');
  await answered(page, 2);
  await page.locator('details[data-kind=knowledge]').last().getByText('1 cited').waitFor();
  await page.getByRole('button', { name: 'Open source 1' }).click();
  const source = page.getByRole('dialog', { name: 'Timetable' });
  await source.getByText('takes two hours').waitFor();
  await page.keyboard.press('Escape');
  await source.waitFor({ state: 'detached' });
});

test('a call that waits for the staff is approved in its place', async () => {
  const name = `Careful ${randomUUID().slice(0, 8)}`;
  const careful = await agentWithTool({ grant: { policy: 'APPROVE' }, cites: false, name });
  after(careful.close);
  const { page } = await open(`/console/chat?agent=${careful.id}`);
  await send(page, 'Please look it up.');
  await page.locator('details[data-kind=tool]').getByText('"key": "answer"').waitFor();
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page.locator(ANSWER).getByText('The tool says so.').waitFor();
});

test('what is being written stays with its conversation', async () => {
  const { page } = await open('/console/chat');
  await send(page, 'count 40');
  // it gets its id while the next message is being written
  const field = page.getByLabel('Message', { exact: true });
  await field.fill('and then');
  await page.waitForURL(/conversation_/);
  assert.equal(await field.inputValue(), 'and then');
  await page.getByRole('link', { name: 'New chat' }).click();
  await page.locator('.suggestions').waitFor();
  assert.equal(await field.inputValue(), '');
  await page.goBack();
  await page.locator(ANSWER).waitFor();
  assert.equal(await field.inputValue(), 'and then');
});

test('a conversation that could not be deleted, archived or renamed stays, with the reason', async () => {
  const { page } = await open('/console/chat');
  await send(page, 'count 2');
  await answered(page);
  await page.waitForURL(/conversation_/);
  const refusal = { errors: [{ message: 'the database is read only', extensions: { code: 'UNAVAILABLE' } }] };
  const isChange = (request) => /DeleteConversation|UpdateConversation/.test(request.postData() ?? '');
  await page.route('**/graphql', (route) => (isChange(route.request()) ? route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify(refusal) }) : route.fallback()));
  const here = page.locator('.conversation.here');
  const act = async (action) => {
    await here.getByRole('button').click();
    await page.getByRole('menuitem', { name: action }).click();
  };
  const reason = page.locator('.conversations').getByRole('alert').filter({ hasText: 'The database is read only' });
  await act('Delete');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await reason.waitFor();
  await here.waitFor();
  await page.unroute('**/graphql');
  await act('Archive');
  await page.waitForURL(/chat$/);
  await reason.waitFor({ state: 'detached' });
});

test('a handoff is a card with who, why and what went along', async () => {
  const { page } = await open('/console/chat');
  await chooseAgent(page, SCRIPTED);
  await send(page, 'Please hand me to support');
  await answered(page);
  const card = page.locator('details[data-kind=handoff]');
  await card.locator('summary').filter({ hasText: `${SCRIPTED} handed over to Support` }).click();
  await card.getByText('It knows more about this.').waitFor();
  await card.getByText('Went along').waitFor();
});

test('conversations are listed, searched, renamed, archived and deleted', async () => {
  const { page } = await open('/console/chat');
  await chooseAgent(page, SCRIPTED);
  const mark = randomUUID();
  await send(page, `count 2 ${mark}`);
  await answered(page);
  const list = page.getByRole('complementary', { name: 'Conversations' });
  await list.getByLabel('Search conversations').fill(mark);
  await list.getByText(mark).first().waitFor();
  const here = list.locator('.conversation.here');
  const act = async (name) => {
    await here.hover();
    await here.getByRole('button').click();
    await page.getByRole('menuitem', { name }).click();
  };
  await act('Rename');
  await page.getByLabel('Title').fill('Renamed by the test');
  await page.getByRole('button', { name: 'Save' }).click();
  await here.locator('b', { hasText: 'Renamed by the test' }).waitFor();
  await act('Archive');
  await page.waitForURL(/\/console\/chat$/);
  await list.getByLabel('Search conversations').fill('');
  await list.getByRole('button', { name: 'Show archived' }).click();
  await list.locator('b', { hasText: 'Renamed by the test' }).click();
  await page.waitForURL(/conversation_/);
  await act('Delete');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await page.waitForURL(/\/console\/chat$/);
  assert.equal(await list.getByText('Renamed by the test').count(), 0);
});

test(`${PAYLOADS.length} hostile texts of a model do nothing`, async () => {
  const { page, problems } = await open('/console/chat');
  await chooseAgent(page, SCRIPTED);
  // the server takes no control characters from a person
  const sendable = PAYLOADS.filter((payload) => !/[\u0001\u202E]/.test(payload));
  const groups = [0, 1, 2, 3].map((part) => sendable.filter((_, index) => index % 4 === part));
  for (const [index, group] of groups.entries()) {
    await send(page, `echo\n${group.join('\n\n')}`);
    await answered(page, index + 1);
  }
  for (const link of await page.locator('.markdown a').all()) assert.match(await link.getAttribute('href'), /^(https?:|mailto:)/);
  assert.equal(await page.locator('.markdown :is(img, script, style, iframe, object, embed, link, base, meta, form, svg:not(.lucide), video, audio, picture)').count(), 0);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.deepEqual(problems, []);
});
