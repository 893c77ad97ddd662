// The public audits of GraphQL over HTTP, from npm `graphql-http`: all of them pass, without a notice.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';

import { serverAudits } from 'graphql-http';

import { authorization, url } from './server.js';

const fetchFn = (target, init) => fetch(target, { ...init, headers: { ...init?.headers, authorization } });
const audits = serverAudits({ url, fetchFn });

test('there are 61 audits', () => assert.equal(audits.length, 61));

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    assert.equal(result.status, 'ok', result.reason);
  });
}
