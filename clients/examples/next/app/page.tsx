import { connection } from 'next/server';

import { Chat } from './chat';

export default async function Page() {
  await connection(); // reads the address when the page is asked for, and not when the app is built
  return <Chat url={`${process.env.TROUPE_URL}/graphql`} />;
}
