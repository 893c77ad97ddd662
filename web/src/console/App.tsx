// The console: signs in, then shows the page that the address names.
import { type TroupeClient, TroupeError } from '@troupe/client';
import { print } from 'graphql';
import { useCallback, useEffect, useState } from 'react';
import { I18nProvider } from 'react-aria-components';
import { Provider } from 'urql';

import { type Credentials, saveCredentials } from '../credentials/credentials';
import { type Connection, connect } from './api/connection';
import { ViewerDocument } from './api/operations.generated';
import { SessionContext, type Viewer } from './api/session';
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
  const [signedIn, setSignedIn] = useState<SignedIn | null>(null);
  const [isSigningIn, setIsSigningIn] = useState(initial.apiKey !== '');
  const [refusal, setRefusal] = useState<TroupeError | null>(null);

  const signOut = useCallback((reason: TroupeError | null = null) => {
    saveCredentials(NOBODY);
    setRefusal(reason);
    setSignedIn((known) => {
      known?.connection.close();
      return null;
    });
  }, []);

  const signIn = useCallback(
    async (credentials: Credentials) => {
      setIsSigningIn(true);
      setRefusal(null);
      const connection = connect(credentials, signOut);
      try {
        const viewer = await viewerOf(connection.troupe, credentials);
        saveCredentials(credentials);
        setSignedIn({ connection, credentials, viewer });
      } catch (thrown) {
        connection.close();
        setRefusal(TroupeError.from(thrown));
      } finally {
        setIsSigningIn(false);
      }
    },
    [signOut],
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
        <ToastProvider>
          {signedIn ? (
            <SessionContext.Provider
              value={{ credentials: signedIn.credentials, viewer: signedIn.viewer, troupe: signedIn.connection.troupe, signOut: () => signOut() }}
            >
              <Provider value={signedIn.connection.urql}>
                <Shell onLanguage={choose} />
              </Provider>
            </SessionContext.Provider>
          ) : isSigningIn && refusal === null && initial.apiKey ? (
            <SplashScreen />
          ) : (
            <SignIn error={refusal} isPending={isSigningIn} onSignIn={signIn} initial={initial} />
          )}
        </ToastProvider>
      </I18nProvider>
    </LanguageContext.Provider>
  );
}

async function viewerOf(troupe: TroupeClient, { apiKey }: Credentials): Promise<Viewer> {
  if (apiKey.startsWith('ts_')) throw new TroupeError('forbidden', 'this is the token of an end user’s session, not an API key');
  const { viewer } = await troupe.execute<{ viewer: Viewer }, object>(print(ViewerDocument), {}, { repeat: true });
  if (!viewer.account) throw new TroupeError('bad-input', 'an operator acts in an account: name its id below the key');
  return viewer;
}
