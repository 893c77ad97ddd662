// The page: its server gives the token of a session, never an API key.
import { createRoot } from 'react-dom/client';

import { App } from './Chat';
import { createEnvironment } from './environment';

const token = async () => {
  const response = await fetch('/session', { method: 'POST' });
  return (await response.json()).token as string;
};

createRoot(document.body).render(<App environment={createEnvironment('https://troupe.example.com/graphql', token)} />);
