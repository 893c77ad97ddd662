// What holds for every page: accessible, light and dark, and no wider than a narrow screen.
import { test } from 'node:test';

import { answered, assertAccessible, assertGood, LOOKS, open, send, visit } from './support.js';

const PAGES = [
  ...['agents', 'agents/sales', 'agents/sales/settings', 'agents/sales/configuration', 'agents/sales/version', 'agents/sales/vectors', 'agents/digital-expert/persona'],
  ...['agents/new', 'knowledge', 'tools', 'approvals', 'people', 'runs', 'usage', 'audit', 'settings', 'nothing'],
];

for (const look of LOOKS) {
  test(`every page is accessible and fits on the screen, ${look.look}`, async () => {
    const { page } = await open('/console/chat', look);
    await send(page, 'count 3');
    await answered(page);
    await page.locator('details[data-kind=route] summary').click();
    await assertGood(page, 'a conversation', look);
    for (const path of PAGES) {
      await visit(page, path);
      await assertGood(page, path, look, 'main');
    }
  });
}

test('the navigation and the list of conversations are accessible in the dark', async () => {
  const { page } = await open('/console/chat', { colorScheme: 'dark' });
  await page.locator('.suggestions button').first().waitFor();
  await assertAccessible(page, 'a new chat', { rules: ['color-contrast'] });
});

test('on a narrow screen the menu leads to each page', async () => {
  const { page } = await open('/console/chat', { viewport: { width: 360, height: 740 } });
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('link', { name: 'Usage' }).click();
  await page.getByRole('heading', { name: 'Usage', level: 1 }).waitFor();
  await page.waitForFunction(() => document.activeElement?.id === 'main');
});
