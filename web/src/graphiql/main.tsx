// Starts the GraphiQL page: its workers and styles first, then what the link asks for, then the page itself.
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './style.css';

import { createRoot } from 'react-dom/client';

import { link as strings } from '../console/strings/en/link';
import { adopt } from '../credentials/adopt';
import { App } from './App';
import { loadCredentials, saveCredentials } from '../credentials/credentials';
import { followNewLinks, takeLink } from '../credentials/link';

const link = takeLink();
const credentials = adopt(link, loadCredentials(), (question) => confirm(question), strings);
saveCredentials(credentials);
followNewLinks();

const root = document.getElementById('root');
if (root) createRoot(root).render(<App credentials={credentials} link={link} />);
