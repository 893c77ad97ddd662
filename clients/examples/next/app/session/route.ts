// Begins a session for the person at the page. The API key stays on this server.
import { TroupeClient } from '@troupe/client';
import { cookies } from 'next/headers';

const CREATE_SESSION = `mutation CreateSession($endUser: String!) {
  createSession(input: { endUser: $endUser }) { token session { expiresAt } }
}`;

interface Created {
  readonly createSession: { readonly token: string; readonly session: { readonly expiresAt: string } };
}

export async function POST(): Promise<Response> {
  const troupe = new TroupeClient({ url: `${process.env.TROUPE_URL}/graphql`, token: process.env.TROUPE_API_KEY!, transport: 'sse' });
  const { createSession } = await troupe.execute<Created, object>(CREATE_SESSION, { endUser: await person() });
  return Response.json({ token: createSession.token, expiresAt: createSession.session.expiresAt });
}

/** The person who is logged in. Ask your own login here; this example knows a person by a cookie only. */
async function person(): Promise<string> {
  const jar = await cookies();
  const known = jar.get('person')?.value;
  if (known) return known;
  const created = crypto.randomUUID();
  jar.set('person', created, { httpOnly: true, sameSite: 'strict', secure: process.env.NODE_ENV === 'production' });
  return created;
}
