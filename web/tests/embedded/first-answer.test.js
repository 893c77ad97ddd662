// What a newcomer sees at `make run`, with the model on the CPU: one click from the printed address to an answer with its source.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';

import { answered, open } from '../browser/support.js';

test('one click on a suggestion gives an answer, and its citation opens the passage', async () => {
  const { page, problems } = await open('/');
  await page.locator('.suggestions button').filter({ hasText: 'Price list' }).click();
  await answered(page);
  await page.getByText('Demo model').waitFor();
  await page.getByRole('button', { name: 'Open source 1' }).click();
  await page.getByRole('dialog', { name: 'Price list 2026' }).waitFor();
  assert.deepEqual(problems, []);
});
