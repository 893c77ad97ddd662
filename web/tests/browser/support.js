// The console in headless Chromium, against the server under test.
import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { launch, launchWithProfile } from '../../../clients/tests/support/browser.js';
import { apiKey, origin } from '../../../clients/tests/support/server.js';

export { admin, agentId, createSession, operatorKey } from '../../../clients/tests/support/server.js';
export { apiKey, origin };

const AXE = readFileSync(new URL('../../../clients/node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

const USUAL = { locale: 'en-US', viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce' };

let browser;
let shared;
let profile;
const pages = [];

/** A profile of its own, or the one that the tests of this process share. */
async function contextOf(isAlone) {
  if (isAlone) {
    browser ??= launch();
    return (await browser).newContext(USUAL);
  }
  profile ??= mkdtempSync(join(tmpdir(), 'troupe-browser-'));
  shared ??= launchWithProfile(profile, USUAL);
  return shared;
}

// a page that stays open goes on reading and listening
afterEach(async () => {
  await Promise.all(pages.splice(0).map((page) => page.close()));
});
after(async () => {
  await (await shared)?.close();
  await (await browser)?.close();
  if (profile) rmSync(profile, { recursive: true, force: true });
});

/**
 * Opens a page of the console, signed in unless `key` is null. A test that changes what the browser keeps, or its network, is
 * `isAlone`. `problems` has what a test must not see: errors, violations of the policy, and requests to other origins.
 */
export async function open(path = '/', { key = apiKey, base = origin, isAlone = false, viewport, colorScheme } = {}) {
  const context = await contextOf(isAlone);
  const page = await context.newPage();
  pages.push(page);
  page.setDefaultTimeout(20_000);
  if (viewport) await page.setViewportSize(viewport);
  if (colorScheme) await page.emulateMedia({ colorScheme });
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.host !== new URL(base).host && url.protocol !== 'data:') problems.push(`request to ${request.url()}`);
  });
  await page.goto(`${base}${path}${key ? `#key=${key}` : ''}`);
  return { page, problems, context };
}

/** No serious or critical violation of accessibility in the page, or in a part of it: of all rules, or of these. */
export async function assertAccessible(page, name, { rules, part } = {}) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) };
  // what React Aria reads aloud once, and takes away after seconds, may name a button that is gone
  // rows after the fourth look like those before
  const where = { ...(part && { include: [part] }), exclude: ['[data-live-announcer]', 'tr:nth-child(n + 5)', '.agent-card:nth-child(n + 5)', '.templates > :nth-child(n + 5)'] };
  const { violations } = await page.evaluate(([where, options]) => globalThis.axe.run(where, options), [where, options]);
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const found = serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ''}`).join(' | ')}`);
  assert.deepEqual(found, [], name);
}

/** How each page is looked at: in the light, and in the dark, where only the colours differ, on a narrow screen. */
export const LOOKS = [
  { look: 'light' },
  { look: 'dark and narrow', colorScheme: 'dark', viewport: { width: 360, height: 740 }, rules: ['color-contrast'] },
];

/** A page is accessible, and no wider than the screen. */
export async function assertGood(page, name, { look, rules }, part) {
  await assertAccessible(page, `${name}, ${look}`, { part, rules });
  const fits = () => document.documentElement.scrollWidth <= innerWidth && document.querySelector('.content').scrollWidth <= innerWidth;
  assert.ok(await page.evaluate(fits), `${name} is too wide, ${look}`);
}

/** Goes to a page as a link does, by way of one that is there at once, and waits until it has its contents. */
export async function visit(page, path) {
  await page.evaluate(() => history.pushState(null, '', '/console/nothing'));
  await page.waitForFunction(() => document.title.startsWith('Page not found'));
  if (path === 'nothing') return;
  await page.evaluate((to) => history.pushState(null, '', `/console/${to}`), path);
  await page.waitForFunction(() => !document.title.startsWith('Page not found') && document.querySelector('main :is(h1, h2)') && !document.querySelector('.skeleton'));
}

export const ANSWER = 'li[data-role=ASSISTANT]';
export const DONE = `${ANSWER}[data-status=complete]`;

/** Reads a status until it is this one. */
export async function reached(wanted, read) {
  for (;;) {
    const status = await read();
    if (status === wanted) return;
    assert.ok(!['FAILED', 'CANCELLED'].includes(status), `${status} instead of ${wanted}`);
    await pause(100);
  }
}

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
