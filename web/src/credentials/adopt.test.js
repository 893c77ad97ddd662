// A link replaces the key of a tab only when the person in front of it says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runnerImport } from 'vite';

const {
  module: { adopt },
} = await runnerImport('/src/credentials/adopt.ts');

const {
  module: { link: en },
} = await runnerImport('/src/console/strings/en/link.ts');
const {
  module: { link: de },
} = await runnerImport('/src/console/strings/de/link.ts');

const mine = { apiKey: 'troupe_mine_00000000000000001111', accountId: 'account_1' };
const none = { apiKey: '', accountId: '' };
const theirs = 'troupe_theirs_000000000000002222';

function asked(answer) {
  const questions = [];
  return { questions, ask: (question) => (questions.push(question), answer) };
}

test('a key is taken where there is none, unasked', () => {
  const { ask, questions } = asked(false);
  assert.deepEqual(adopt({ apiKey: theirs, query: '{ viewer }' }, none, ask, en), { apiKey: theirs, accountId: '' });
  assert.deepEqual(questions, []);
});

test('another key is taken after a yes, without the account of the old one', () => {
  const { ask, questions } = asked(true);
  assert.deepEqual(adopt({ apiKey: theirs }, mine, ask, en), { apiKey: theirs, accountId: '' });
  assert.equal(questions.length, 1);
  assert.match(questions[0] ?? '', /another API key, …2222.*the key of this tab, …1111/);
});

test('after a no, key and account stay', () => {
  const { ask } = asked(false);
  assert.deepEqual(adopt({ apiKey: theirs, accountId: 'account_2' }, mine, ask, en), mine);
});

test('a question shows no key', () => {
  const { ask, questions } = asked(false);
  adopt({ apiKey: theirs }, mine, ask, en);
  adopt({ apiKey: 'tiny' }, mine, ask, en);
  for (const question of questions) {
    assert.doesNotMatch(question, /troupe_mine|troupe_theirs|tiny/);
  }
});

test('the question is in the language of the person', () => {
  const { ask, questions } = asked(false);
  adopt({ apiKey: theirs }, mine, ask, de);
  assert.match(questions[0] ?? '', /einen anderen API-Schlüssel mit, …2222.*den Schlüssel dieses Tabs, …1111/);
});

test('another account for the same key is asked about too', () => {
  const { ask, questions } = asked(false);
  assert.deepEqual(adopt({ accountId: 'account_2' }, mine, ask, en), mine);
  assert.match(questions[0] ?? '', /account_2/);
});

test('the same key, or none, changes nothing and asks nothing', () => {
  const { ask, questions } = asked(false);
  for (const link of [{}, { query: '{ viewer }' }, { apiKey: '' }, { apiKey: mine.apiKey }]) {
    assert.deepEqual(adopt(link, mine, ask, en), mine);
  }
  assert.deepEqual(questions, []);
});
