// The examples that are pages, in headless Chromium: two messages of one conversation, with a cut in the middle of an answer.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { addressed, launch, serveChat, servePage } from './support/browser.js';
import { counted, word } from './support/model.js';
import { startNext } from './support/next.js';
import { startProxy } from './support/proxy.js';
import { apiKey, conversationsOf, createSession, storedMessages } from './support/server.js';

const PAGES = {
  'fetch and Server-Sent Events, without packages': ({ url }, endUser) => {
    const page = addressed(readFileSync(new URL('../examples/browser.html', import.meta.url), 'utf8'), url);
    return servePage({ page, session: () => createSession({ endUser }) });
  },
  Relay: ({ url }, endUser) => serveChat({ troupe: url, endUser, source: "import './main.tsx';", folder: 'examples/relay' }),
  'Next.js': ({ origin }) => startNext({ TROUPE_URL: origin, TROUPE_API_KEY: apiKey }),
};

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** Sends a message, and waits until exactly this is its answer. */
async function ask(page, message, answer) {
  await page.getByLabel('Message').fill(message);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.waitForFunction(
    ([message, answer]) => {
      const shown = [...document.querySelectorAll('[data-role]')].slice(-2).map(({ textContent }) => textContent);
      return shown[0] === message && shown[1] === answer;
    },
    [message, answer],
  );
}

describe('pages', { concurrency: true }, () => {
  for (const [name, start] of Object.entries(PAGES)) {
    test(name, async () => {
      const proxy = await startProxy([word(20)]);
      const person = randomUUID();
      const site = await start(proxy, person);
      const context = await browser.newContext();
      after(async () => (await context.close(), proxy.close(), await site.close()));
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      const [problems, received] = [[], []];
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('response', (response) => received.push(response.text().catch(() => '')));
      await page.goto(site.url);
      await ask(page, 'count 60', counted(60));
      await ask(page, 'count 5', counted(5));
      assert.equal(proxy.cuts, 1, 'the connection was cut');
      // the example for Next.js knows its people by a cookie
      const endUser = (await context.cookies()).find((cookie) => cookie.name === 'person')?.value ?? person;
      const conversations = await conversationsOf(endUser);
      assert.equal(conversations.length, 1);
      const stored = await storedMessages(conversations[0]);
      assert.deepEqual(stored.map(({ text }) => text), ['count 60', counted(60), 'count 5', counted(5)]);
      assert.deepEqual(problems, []);
      const texts = await Promise.all(received);
      assert.ok(texts.length > 0 && texts.every((text) => !text.includes(apiKey)), 'the page does not get the API key');
    });
  }
});
