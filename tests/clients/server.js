// The URL and API key of the server under test, from the environment.
import { strict as assert } from 'node:assert';

assert(process.env.TROUPE_URL, 'TROUPE_URL is not set: scripts/clients.sh starts a server and runs these checks');
assert(process.env.TROUPE_API_KEY, 'TROUPE_API_KEY is not set');

export const url = new URL('/graphql', process.env.TROUPE_URL).href;
export const socketUrl = url.replace(/^http/, 'ws');
export const authorization = `Bearer ${process.env.TROUPE_API_KEY}`;
