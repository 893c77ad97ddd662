// Starts the console: the key of the link or of this tab, the language and the theme, then the page itself.
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/overlays.css';
import './styles/parts.css';
import './styles/shell.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { adopt } from '../credentials/adopt';
import { loadCredentials, saveCredentials } from '../credentials/credentials';
import { followNewLinks, takeLink } from '../credentials/link';
import { App } from './App';
import { startLanguage } from './strings';
import { applyTheme, loadTheme } from './theme';

// at once, so that its key does not stay in the address
const link = takeLink();
followNewLinks();
applyTheme(loadTheme());

const root = document.getElementById('root');
if (root) {
  const language = await startLanguage();
  const credentials = adopt(link, loadCredentials(), (question) => confirm(question), language.strings.link);
  saveCredentials(credentials);
  createRoot(root).render(
    <StrictMode>
      <App credentials={credentials} language={language} />
    </StrictMode>,
  );
}
