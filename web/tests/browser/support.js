// The console in headless Chromium, against the server under test.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { after } from 'node:test';

import { launch } from '../../../clients/tests/support/browser.js';
import { apiKey, origin } from '../../../clients/tests/support/server.js';

export { admin, agentId, createSession, operatorKey } from '../../../clients/tests/support/server.js';
export { apiKey, origin };

const AXE = readFileSync(new URL('../../../clients/node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

let browser;
/** One browser for each file of tests. */
async function theBrowser() {
  browser ??= launch();
  return browser;
}
after(async () => (await browser)?.close());

/**
 * Opens a page of the console, signed in unless `key` is null. `problems` has what a test must not see: errors, violations of
 * the policy, and requests to other origins.
 */
export async function open(path = '/', { key = apiKey, base = origin, ...context } = {}) {
  const owner = await (await theBrowser()).newContext({ locale: 'en-US', viewport: { width: 1280, height: 860 }, ...context });
  const page = await owner.newPage();
  page.setDefaultTimeout(20_000);
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.host !== new URL(base).host && url.protocol !== 'data:') problems.push(`request to ${request.url()}`);
  });
  await page.goto(`${base}${path}${key ? `#key=${key}` : ''}`);
  return { page, problems, context: owner };
}

/** No serious or critical violation of accessibility: of all rules, or of these. */
export async function assertAccessible(page, name, rules) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) };
  // what React Aria reads aloud once, and takes away after seconds, may name a button that is gone
  const { violations } = await page.evaluate((given) => globalThis.axe.run({ exclude: ['[data-live-announcer]'] }, given), options);
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const found = serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ''}`).join(' | ')}`);
  assert.deepEqual(found, [], name);
}

export const ANSWER = 'li[data-role=ASSISTANT]';
export const DONE = `${ANSWER}[data-status=complete]`;

/** Chooses the agent of a new chat. */
export async function chooseAgent(page, name) {
  await page.locator('.composer .select').click();
  await page.getByRole('option', { name, exact: true }).click();
}

export async function send(page, text) {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
}

/** Waits until this many answers are finished. */
export async function answered(page, count = 1) {
  await page.locator(DONE).nth(count - 1).waitFor();
}
