// What holds for every page: accessible, light and dark, and no wider than a narrow screen.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';

import { answered, assertAccessible, open, send } from './support.js';

const PAGES = ['chat', 'agents', 'agents/sales', 'agents/sales/settings', 'agents/sales/configuration', 'agents/sales/version', 'agents/sales/vectors', 'agents/digital-expert/persona', 'agents/new', 'knowledge', 'tools', 'approvals', 'people', 'runs', 'usage', 'audit', 'settings', 'nothing'];

/** Goes to a page as a link does, by way of one that is there at once, and waits until it has its contents. */
async function visit(page, path) {
  await page.evaluate(() => history.pushState(null, '', '/console/nothing'));
  await page.waitForFunction(() => document.title.startsWith('Page not found'));
  if (path === 'nothing') return;
  await page.evaluate((to) => history.pushState(null, '', `/console/${to}`), path);
  await page.waitForFunction(() => !document.title.startsWith('Page not found') && document.querySelector('main :is(h1, h2)') && !document.querySelector('.skeleton'));
}

// what differs in the dark are the colours
for (const [colorScheme, rules] of [['light'], ['dark', ['color-contrast']]]) {
  test(`every page is accessible in ${colorScheme}`, async () => {
    const { page } = await open('/console/chat', { colorScheme });
    await send(page, 'count 3');
    await answered(page);
    await page.locator('details[data-kind=route] summary').click();
    await assertAccessible(page, 'a conversation', rules);
    for (const path of PAGES) {
      await visit(page, path);
      await assertAccessible(page, path, rules);
    }
  });
}

test('no page is wider than a narrow screen, and the menu leads to each', async () => {
  const { page } = await open('/console/chat', { viewport: { width: 360, height: 740 } });
  for (const path of PAGES) {
    await visit(page, path);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth && document.querySelector('.content').scrollWidth <= innerWidth), path);
  }
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('link', { name: 'Usage' }).click();
  await page.getByRole('heading', { name: 'Usage', level: 1 }).waitFor();
  await page.waitForFunction(() => document.activeElement?.id === 'main');
});
