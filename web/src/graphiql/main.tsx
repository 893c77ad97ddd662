// Starts the GraphiQL page: its workers and styles first, then what the link asks for, then the page itself.
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './style.css';

import { createRoot } from 'react-dom/client';

import { App } from './App';
import { loadCredentials, saveCredentials } from './credentials';
import { followNewLinks, takeLink } from './link';

const link = takeLink();
const remembered = loadCredentials();
const credentials = {
  apiKey: link.apiKey ?? remembered.apiKey,
  // An account belongs to the key that it was entered with: a link with another key starts without it.
  accountId: link.accountId ?? (link.apiKey ? '' : remembered.accountId),
};
saveCredentials(credentials);
followNewLinks();

const root = document.getElementById('root');
if (root) createRoot(root).render(<App credentials={credentials} link={link} />);
