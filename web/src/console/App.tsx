// The console: signs in, then shows the page that the address names.
import { type TroupeClient, TroupeError } from '@troupe/client';
import { print } from 'graphql';
import { useCallback, useEffect, useState } from 'react';
import { I18nProvider } from 'react-aria-components';
import { Provider } from 'urql';

import { type Credentials, saveCredentials } from '../credentials/credentials';
import { type Connection, connect } from './api/connection';
import { ViewerDocument } from './api/operations.generated';
import { type Session, SessionContext, type Viewer } from './api/session';
import { Shell } from './shell/Shell';
import { SignIn } from './shell/SignIn';
import { type Language, LanguageContext, type LanguageCode, loadLanguage, saveLanguage } from './strings';
import { ToastProvider } from './ui/Toasts';
import { SplashScreen } from './ui/Status';

const NOBODY: Credentials = { apiKey: '', accountId: '' };

interface SignedIn {
  readonly connection: Connection;
  readonly credentials: Credentials;
  readonly viewer: Viewer;
}

interface Props {
  readonly credentials: Credentials;
  readonly language: Language;
}

export function App({ credentials: initial, language: first }: Props) {
  const [language, setLanguage] = useState(first);
  // what the page was opened with, until somebody signs out
  const [opened, setOpened] = useState(initial);
  const [signedIn, setSignedIn] = useState<SignedIn | null>(null);
  const [isSigningIn, setIsSigningIn] = useState(initial.apiKey !== '');
  const [refusal, setRefusal] = useState<TroupeError | null>(null);

  const signOut = useCallback((reason: TroupeError | null = null) => {
    saveCredentials(NOBODY);
    setOpened(NOBODY);
    setRefusal(reason);
    setSignedIn((known) => {
      known?.connection.close();
      return null;
    });
  }, []);

  /** Speaks with these credentials from now on, if the server takes them. */
  const enter = useCallback(
    async (credentials: Credentials) => {
      const connection = connect(credentials, signOut);
      try {
        const viewer = await viewerOf(connection.troupe, credentials);
        saveCredentials(credentials);
        setSignedIn((known) => {
          known?.connection.close();
          return { connection, credentials, viewer };
        });
      } catch (thrown) {
        connection.close();
        throw thrown;
      }
    },
    [signOut],
  );

  const signIn = useCallback(
    async (credentials: Credentials) => {
      setIsSigningIn(true);
      setRefusal(null);
      try {
        await enter(credentials);
      } catch (thrown) {
        setRefusal(TroupeError.from(thrown));
      } finally {
        setIsSigningIn(false);
      }
    },
    [enter],
  );

  useEffect(() => {
    if (initial.apiKey) void signIn(initial);
  }, [initial, signIn]);

  const choose = useCallback((code: LanguageCode) => {
    saveLanguage(code);
    void loadLanguage(code).then(setLanguage);
  }, []);

  return (
    <LanguageContext.Provider value={language}>
      <I18nProvider locale={language.code === 'de' ? 'de-DE' : 'en-US'}>
        {signedIn ? (
          <SessionContext.Provider value={sessionOf(signedIn, signOut, enter)}>
            {/* another account is another page */}
            <Provider key={signedIn.credentials.accountId} value={signedIn.connection.urql}>
              <ToastProvider>
                <Shell onLanguage={choose} />
              </ToastProvider>
            </Provider>
          </SessionContext.Provider>
        ) : isSigningIn && refusal === null && opened.apiKey ? (
          <SplashScreen />
        ) : (
          <SignIn error={refusal} isPending={isSigningIn} onSignIn={signIn} account={opened.accountId} />
        )}
      </I18nProvider>
    </LanguageContext.Provider>
  );
}

function sessionOf({ connection, credentials, viewer }: SignedIn, signOut: () => void, enter: (credentials: Credentials) => Promise<void>): Session {
  const { apiKey } = credentials;
  return { credentials, viewer, troupe: connection.troupe, signOut: () => signOut(), actIn: (accountId) => enter({ apiKey, accountId: accountId ?? '' }) };
}

async function viewerOf(troupe: TroupeClient, { apiKey }: Credentials): Promise<Viewer> {
  if (apiKey.startsWith('ts_')) throw new TroupeError('forbidden', 'this is the token of an end user’s session, not an API key');
  const { viewer } = await troupe.execute<{ viewer: Viewer }, object>(print(ViewerDocument), {}, { repeat: true });
  return viewer;
}
